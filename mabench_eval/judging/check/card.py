"""A judge card to read: Markdown, and rows for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mabench_eval.tables import (
    Markdown,
    escape_markdown,
    markdown_heading,
    markdown_list,
    markdown_page,
    markdown_table,
    one_line,
)
from mabench_eval.text import decimals

KIND_HEADER = ("task", "case", "n", "L1", "L2", "L3", "Δ L1", "Δ L2", "Δ L3", "sensitive", "specific")
CHECK_HEADER = ("check", "target", "value", "ok")
OTHER_HEADER = ("task", "figure", "L1", "L2", "L3")
_NONE = "-"
_EXPLAINED = Markdown(
    "Δ: mean change against the reference as its own answer; for `other clip, ...` against `other clip`. Sensitive: "
    "share of cases in which the level aimed at falls by 1 or more. Specific: share in which no other level does."
)


def card_markdown(card: Mapping[str, Any]) -> str:
    """The card as a page: checks first, then the figures of every kind of case, repeats, length, and what it took."""
    data, usage, settings = card["data"], card["usage"], card["settings"]
    references = ", ".join(f"{count} {escape_markdown(task)}" for task, count in data["references"].items())
    cost = "" if usage["cost_usd"] is None else f"; ${usage['cost_usd']:.2f}"
    parts = [
        markdown_heading(1, f"Judge card: {one_line(card['judge']['name'] or 'unnamed')}"),
        Markdown(
            f"{escape_markdown(data['name'])}, {data['clips']} clips, reference texts: {references}"
            f" (`{data['sha256'][:12]}`); seed {settings['seed']}, every case asked {settings['repeats']} time(s)."
        ),
        markdown_heading(2, "Checks"),
        markdown_table(CHECK_HEADER, check_rows(card), text_columns=2),
        markdown_heading(2, "Cases"),
        markdown_table(KIND_HEADER, kind_rows(card), text_columns=2),
        _EXPLAINED,
        markdown_heading(2, "Asked again, and length"),
        markdown_table(OTHER_HEADER, other_rows(card), text_columns=2),
        f"{usage['requests']} requests, {usage['without_score']} without a score (counted, in no mean);"
        f" {usage['calls']} model calls, {usage['prompt_tokens']} prompt tokens ({usage['cached_tokens']} cached),"
        f" {usage['output_tokens']} output tokens{cost}.",
    ]
    errors = [f"{count} x {one_line(error)}" for error, count in usage["errors"].items()]
    return markdown_page([*parts, *([markdown_list(errors)] if errors else [])])


def check_rows(card: Mapping[str, Any]) -> list[list[str]]:
    """One row a check, under ``CHECK_HEADER``."""
    verdicts = {True: "yes", False: "NO", None: _NONE}
    return [
        [check["name"], check["target"], _number(check["value"]), verdicts[check["ok"]]] for check in card["passes"]
    ]


def kind_rows(card: Mapping[str, Any]) -> list[list[str]]:
    """One row a task and kind of case, under ``KIND_HEADER``; ``n`` is how many texts it applies to."""
    rows = []
    for entry in sorted(card["kinds"], key=lambda entry: str(entry["task"])):
        aimed = f" ({entry['level']})" if "level" in entry else ""
        shares = [_share(entry.get("sensitivity")), _share(entry.get("specificity"))]
        changes = _levels(entry["change"], signed=True) if entry["kind"] != "reference" else [_NONE] * 3
        rows.append(
            [
                entry["task"],
                entry["kind"] + aimed,
                str(entry["n"]),
                *_levels(entry["mean"]),
                *changes,
                *shares,
            ]
        )
    return rows


def other_rows(card: Mapping[str, Any]) -> list[list[str]]:
    """Separation, repeats and length: task, figure, one cell a level."""
    rows = []
    for task, levels in card["separation"].items():
        again, length = card["retest"][task], card["length"][task]
        rows += [
            [task, "reference less other clip", *_levels(levels)],
            [task, "asked again: identical", *map(_share, _padded(again["identical"]))],
            [task, "asked again: mean difference", *_levels(again["difference"])],
            [task, "words and score, Spearman", *_levels(length["spearman"], signed=True)],
        ]
    return rows


def _padded(levels: Mapping[str, float | None]) -> Sequence[float | None]:
    """The first three levels, the number of columns; None where a task has fewer."""
    return [*levels.values(), None, None, None][:3]


def _levels(levels: Mapping[str, float | None], *, signed: bool = False) -> list[str]:
    return [_number(value, signed=signed) for value in _padded(levels)]


def _number(value: float | None, *, signed: bool = False) -> str:
    return _NONE if value is None else decimals(value, signed=signed)


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{100 * value:.0f} %"
