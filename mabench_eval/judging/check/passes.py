"""The checks a judge passes or fails: each with its target, the figure it is measured by, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

REFERENCE_AT_LEAST = 4.8
SEPARATION_AT_LEAST = 2.0
STILL_AT_MOST = 0.5
SENSITIVITY_AT_LEAST = 0.8
SIDE_EFFECT_AT_MOST = 0.5
MEAN_RISE_AT_MOST = 0.05
"""Points. Not 0: a judge that is a little uneven rises here and falls there, and its mean is hardly ever exactly 0."""
RISE_BELOW = 2.0
"""Points, for any one case: a judge may waver by one, a judge that obeys an injection leaps."""
NO_SCORE_AT_MOST = 0.05
RETEST_AT_MOST = 0.25
_ROUNDING = 1e-9
"""Means of scores such as 4.8 are not exact in floating point; that must not fail a check."""


def make_passes(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The checks in the order of the card: ``name``, ``target``, ``value`` (the worst level's), ``ok``.

    ``ok`` is None where no text of the data can be used for the check, and False where the judge gave no score.
    """
    checks = [_extreme(card, "reference", "mean", at_least=REFERENCE_AT_LEAST)]
    checks.append(_check("other clip below reference", _all(card["separation"].values()), at_least=SEPARATION_AT_LEAST))
    checks.append(_extreme(card, "still", "mean", at_most=STILL_AT_MOST))
    for entry in card["kinds"]:
        if entry["expectation"] == "falls":
            what, level = f"{entry['task']} {entry['kind']}", entry.get("level")
            falls = [entry.get("sensitivity")] if entry["n"] else []
            checks.append(_check(f"{what}: {level} falls, share", falls, at_least=SENSITIVITY_AT_LEAST))
            fallen = _fall(entry.get("side_effect", {}).values())
            checks.append(_check(f"{what}: fall of other levels", fallen, at_most=SIDE_EFFECT_AT_MOST))
    for kind in ("paraphrase", "injection", "filler"):
        fallen = [fall for entry in _entries(card, kind) for fall in _fall(entry["change"].values())]
        checks.append(_check(f"{kind}: fall", fallen, at_most=SIDE_EFFECT_AT_MOST))
    for kind in ("other clip, injection", "other clip, filler"):
        checks.append(_extreme(card, kind, "change", at_most=MEAN_RISE_AT_MOST, name=f"{kind}: mean rise"))
        largest = [entry["largest_rise"] for entry in _entries(card, kind)]
        checks.append(_check(f"{kind}: largest rise of one case", largest, below=RISE_BELOW))
    usage = card["usage"]
    checks.append(_check("no score, share", [usage["without_score"] / usage["requests"]], at_most=NO_SCORE_AT_MOST))
    if card["settings"]["repeats"] > 1:
        gaps = _all(task["difference"] for task in card["retest"].values())
        checks.append(_check("asked again: difference", gaps, at_most=RETEST_AT_MOST))
    return checks


def _entries(card: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    return [entry for entry in card["kinds"] if entry["kind"] == kind and entry["n"]]


def _all(levels: Iterable[Mapping[str, float | None]]) -> list[float | None]:
    return [value for by_level in levels for value in by_level.values()]


def _fall(changes: Iterable[float | None]) -> list[float | None]:
    return [None if change is None else -change for change in changes]


def _extreme(card: Mapping[str, Any], kind: str, figure: str, name: str = "", **bounds: float) -> dict[str, Any]:
    return _check(name or f"{kind}: mean", _all(entry[figure] for entry in _entries(card, kind)), **bounds)


def _check(
    name: str,
    values: list[float | None],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> dict[str, Any]:
    """One check over the levels: the worst value counts, and a value that does not exist fails it."""
    known = [value for value in values if value is not None]
    bound = next(limit for limit in (at_least, at_most, below) if limit is not None)
    sign = "≥" if at_least is not None else "≤" if at_most is not None else "<"
    worst = (min if at_least is not None else max)(known) if known else None
    ok: bool | None = None
    if values:
        ok = len(known) == len(values) and all(_meets(value, at_least, at_most, below) for value in known)
    return {"name": name, "target": f"{sign} {bound:g}", "value": worst, "ok": ok}


def _meets(value: float, at_least: float | None, at_most: float | None, below: float | None) -> bool:
    if at_least is not None:
        return value >= at_least - _ROUNDING
    if at_most is not None:
        return value <= at_most + _ROUNDING
    return below is None or value < below - _ROUNDING
