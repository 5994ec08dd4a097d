"""How far two movement descriptions agree: on the core action, in space, in time, in all that was observed.

Every agreement lies in [0, 1]; a description agrees with itself with 1. Each error is meant to be charged once: a wrong
leading part costs the core action and no more, since elsewhere the answer's parts are first matched to the reference's;
a movement that is mirrored as a whole costs space and no more, since time is compared after turning it back.

``expected`` is the reference, ``given`` the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

from .facts import Description, Part
from .words import LIMBS, OPPOSITES

PHASES = ("start", "change", "then", "end")
"""In order of time."""


class Agreement(NamedTuple):
    """How far an answer agrees with the reference."""

    value: float
    """0-1."""
    reason: str
    """One line: what matched, what is missing."""


def core_agreement(expected: Description, given: Description) -> Agreement:
    """Which part leads (0.45), what it does (0.3), which others follow or keep still (0.15), how often or fast (0.1).

    Without sides, which belong to space. What the reference leaves open has no weight.
    """
    aspects = {
        "leading part": (0.45, same_parts(expected.leads, given.leads)),
        "motion": (0.3, overlap(lead_motions(expected), lead_motions(given))),
        "other parts": (0.15, overlap(_others(expected), _others(given))),
        "pace": (0.1, overlap(_pace(expected), _pace(given))),
    }
    known = {name: (weight, value) for name, (weight, value) in aspects.items() if value is not None}
    total = sum(weight for weight, _ in known.values())
    value = sum(weight * value for weight, value in known.values()) / total if total else 1.0

    names = ", ".join(f"{name} {value:.2f}" for name, (_, value) in known.items())
    return Agreement(value, f"agreement: {names}; leading in the answer: {listed(part.name for part in given.leads)}")


def space_agreement(expected: Description, given: Description) -> Agreement:
    """F2 of the facts (part, direction or place or side), leading parts twice, less half the share contradicted."""
    wanted = spatial_facts(expected, {}, expected.leads)
    found = spatial_facts(given, matching(expected, given), expected.leads)
    if not wanted:
        core = core_agreement(expected, given)
        return core._replace(reason="the reference tells nothing of space; core action instead")

    against = contradicted(wanted, found)
    missing = [f"{part.name} {value}" for part, value in wanted if (part, value) not in found]
    value = max(0.0, f2(wanted, found) - 0.5 * sum(wanted[key] for key in against) / sum(wanted.values()))
    met = f"{len(wanted) - len(missing)} of {len(wanted)} facts of space, {len(against)} contradicted"
    return Agreement(value, f"{met}; missing: {listed(missing)}")


def time_agreement(expected: Description, given: Description) -> Agreement:
    """F2 of what happens in which phase (the next phase counts half) and of turns (up before down).

    Turns and facts of a named phase (start, then, end) weigh three times as much as the rest.
    """
    given = unmirrored(expected, given)
    wanted, found = _moments(expected, {}), _moments(given, matching(expected, given))
    if not wanted:
        core = core_agreement(expected, given)
        return core._replace(reason="the reference tells nothing of time; core action instead")

    missing = [f"{moment.value} ({moment.phase})" for moment in wanted if not moment.met_by(found)]
    reason = f"{len(wanted) - len(missing)} of {len(wanted)} facts of time; missing: {listed(missing)}"
    return Agreement(f2(wanted, found, Moment.met_by), reason)


def observation_agreement(expected: Description, given: Description) -> Agreement:
    """F2 of everything observed: (part, fact) of any kind, and roles; 0 where the answer observes nothing."""
    wanted, found = _observed(expected, {}), _observed(given, matching(expected, given))
    if not found:
        return Agreement(0.0, "no observation is given")
    met = sum(key in found for key in wanted)
    return Agreement(f2(wanted, found) if wanted else 1.0, f"{met} of {len(wanted)} observations")


# -- facts to compare


def same_parts(expected: Iterable[Part], given: Iterable[Part]) -> float | None:
    """F1 of two sets of parts, sides aside; another part of the same limb counts half. None if the first is empty."""
    wanted, found = {part.name for part in expected}, {part.name for part in given}
    if not wanted or not found:
        return 0.0 if wanted else None
    recall = sum(max(_kinship(a, b) for b in found) for a in wanted) / len(wanted)
    precision = sum(max(_kinship(a, b) for a in wanted) for b in found) / len(found)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def lead_motions(text: Description) -> set[Hashable]:
    """The definite kinds of motion (not ``move``) of the leading parts."""
    leads = {part.name for part in text.leads}
    return {
        fact.value
        for fact in text.facts
        if fact.kind in ("motion", "touch") and fact.part.name in leads and not _vague(fact.value)
    }


def spatial_facts(
    text: Description, same: Mapping[Part, Part], leads: frozenset[Part]
) -> dict[tuple[Part, str], float]:
    """(part, fact) -> weight, parts renamed by ``same``; the side of a part is a fact of its own (``left one``)."""
    weights: dict[tuple[Part, str], float] = {}
    for fact in text.facts:
        part = same.get(fact.part, fact.part)
        weight = 2.0 if part in leads else 1.0
        if fact.kind in ("direction", "place", "touch"):
            weights[part, fact.value] = weight
        if fact.part.side and fact.part.name != "others":
            weights[part, f"{fact.part.side} one"] = weight
    return weights


def contradicted(expected: Iterable[tuple[Part, str]], given: Container[tuple[Part, str]]) -> list[tuple[Part, str]]:
    """The expected facts that are not given while their opposite is."""
    return [(p, v) for p, v in expected if (p, v) not in given and (p, OPPOSITES.get(v, "")) in given]


class Moment(NamedTuple):
    """Something that happens in a phase, or a turn from one thing to its opposite."""

    part: Part | None
    value: str
    phase: str

    def met_by(self, others: Container[Moment]) -> float:
        """1 if it happens among the others in the same phase, 0.5 in the one before or after, 0 if in neither."""
        if self in others:
            return 1.0
        place = PHASES.index(self.phase) if self.phase in PHASES else -2
        near = [phase for number, phase in enumerate(PHASES) if abs(number - place) == 1]
        return 0.5 * any(self._replace(phase=phase) in others for phase in near)


def _moments(text: Description, same: Mapping[Part, Part]) -> dict[Moment, float]:
    """What happens when -> weight; parts renamed by ``same``."""
    weights: dict[Moment, float] = {}
    before: dict[Part, set[str]] = {}
    for fact in sorted(text.facts, key=lambda fact: PHASES.index(fact.phase)):
        part = same.get(fact.part, fact.part)
        opposite = OPPOSITES.get(fact.value, "")
        if opposite in before.setdefault(part, set()):
            weights[Moment(part, f"{opposite} before {fact.value}", "turn")] = 3.0
        before[part].add(fact.value)

        if fact.kind == "pace":
            weights[Moment(None, fact.value, "pace")] = 1.0
        elif not _vague(fact.value):
            weights[Moment(part, fact.value, fact.phase)] = 1.0 if fact.phase == "change" else 3.0
    return weights


def _observed(text: Description, same: Mapping[Part, Part]) -> dict[Hashable, float]:
    facts: list[Hashable] = [
        (same.get(fact.part, fact.part), fact.value) for fact in text.facts if not _vague(fact.value)
    ]
    roles: list[Hashable] = [(same.get(part, part), role) for part, role in text.roles]
    return dict.fromkeys(facts + roles, 1.0)


def _vague(value: str) -> bool:
    return value.endswith("move")


def _pace(text: Description) -> set[Hashable]:
    return {fact.value for fact in text.facts if fact.kind == "pace"}


def _others(text: Description) -> set[Hashable]:
    leads = {part.name for part in text.leads}
    others = [(part.name, role) for part, role in text.roles if role != "lead" and part.name not in leads]
    return {(LIMBS.get(name, name), role) for name, role in others}


# -- which part of the answer is which of the reference


def matching(expected: Description, given: Description) -> dict[Part, Part]:
    """Part of the answer -> part of the reference it stands for, the most alike first, each taken once if it can be."""
    names = _stand_ins(expected, given)
    meant = {part: part._replace(name=names.get(part.name, part.name)) for part in _parts(given)}
    pairs = sorted(
        (
            (_likeness(a, meant[b]), b in given.leads and a in expected.leads, a, b)
            for a in _parts(expected)
            for b in meant
        ),
        key=lambda pair: (-pair[0], not pair[1], pair[2], pair[3]),
    )

    # first one to one, then what remains to whatever it is most like
    same: dict[Part, Part] = {}
    for shared in (False, True):
        for likeness, _, a, b in pairs:
            if likeness > 0 and b not in same and (shared or a not in same.values()):
                same[b] = a
    return same


def unmirrored(expected: Description, given: Description) -> Description:
    """The answer, or the mirror image of it (left-right, up-down, both) that fits the reference's space better."""
    wanted = spatial_facts(expected, {}, expected.leads)

    def fit(image: Description) -> float:
        return f2(wanted, spatial_facts(image, matching(expected, image), expected.leads))

    images = [given.mirrored(*flips) for flips in product((False, True), repeat=2)]
    return max(images, key=fit)  # the first, unmirrored one where nothing is gained


def _stand_ins(expected: Description, given: Description) -> dict[str, str]:
    """Name -> name: a leading part of the answer that the reference never names stands for a leading part left out."""
    wanted, found = ({part.name for part in _parts(text)} for text in (expected, given))
    wrong = sorted({part.name for part in given.leads} - wanted)
    left_out = sorted({part.name for part in expected.leads}, key=lambda name: (name in found, name))
    return dict(zip(wrong, left_out, strict=False))


def _parts(text: Description) -> set[Part]:
    return {fact.part for fact in text.facts} | {part for part, _ in text.roles}


def _likeness(one: Part, other: Part) -> float:
    """2 for the same part, 1 for the same limb, and up to 1 for the side; 0 for different limbs."""
    kinship = 2 * _kinship(one.name, other.name)
    if not kinship:
        return 0.0
    return kinship + (1.0 if one.side == other.side else 0.5 if not (one.side and other.side) else 0.0)


def _kinship(one: str, other: str) -> float:
    if one == other:
        return 1.0
    return 0.5 if one in LIMBS and LIMBS[one] == LIMBS.get(other) else 0.0


# -- measures


def overlap(expected: set[Hashable], given: set[Hashable]) -> float | None:
    """F2 of two sets; None when the reference's is empty."""
    return f2(dict.fromkeys(expected, 1.0), dict.fromkeys(given, 1.0)) if expected else None


def f2(
    expected: Mapping[Any, float],
    given: Mapping[Any, float],
    met: Callable[[Any, Container[Any]], float] = lambda key, others: float(key in others),
) -> float:
    """Weighted F-measure, beta = 2 (van Rijsbergen 1979): what is left out costs more than what is added.

    Both map facts to weights; ``met`` says how far (0-1) a fact of one side is among those of the other.
    """
    recall = sum(weight * met(key, given) for key, weight in expected.items()) / (sum(expected.values()) or 1.0)
    precision = sum(weight * met(key, expected) for key, weight in given.items()) / (sum(given.values()) or 1.0)
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0


def listed(names: Iterable[str]) -> str:
    """The names for one line, sorted; ``none`` where there are none."""
    return ", ".join(sorted(set(names))) or "none"
