"""How far two movement descriptions agree: on the core action, in space, in time, in all that was observed.

Every agreement lies in [0, 1]; a description agrees with itself with 1. Each error is meant to be charged once: a wrong
leading part costs the core action and no more, since elsewhere the answer's parts are first matched to the reference's;
a movement that is mirrored as a whole costs space and no more, since time is compared after turning it back.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from dataclasses import replace
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


def core_agreement(told: Description, said: Description) -> Agreement:
    """Which part leads (0.45), what it does (0.3), which others follow or keep still (0.15), how often or fast (0.1).

    Without sides, which belong to space. What the reference (``told``) leaves open has no weight.
    """
    parts = {
        "leading part": (0.45, same_parts(told.leads, said.leads)),
        "motion": (0.3, overlap(lead_motions(told), lead_motions(said))),
        "other parts": (0.15, overlap(_others(told), _others(said))),
        "pace": (0.1, overlap(_pace(told), _pace(said))),
    }
    present = {name: (weight, value) for name, (weight, value) in parts.items() if value is not None}
    total = sum(weight for weight, _ in present.values())
    value = sum(weight * value for weight, value in present.values()) / total if total else 1.0
    names = ", ".join(f"{name} {value:.2f}" for name, (_, value) in present.items())
    return Agreement(value, f"agreement: {names}; leading in the answer: {listed(part.name for part in said.leads)}")


def space_agreement(told: Description, said: Description) -> Agreement:
    """F2 of the facts (part, direction or place or side), leading parts twice, less half the share contradicted."""
    ours, theirs = spatial_facts(told, {}, told.leads), spatial_facts(said, matching(told, said), told.leads)
    if not ours:
        return core_agreement(told, said)._replace(reason="the reference tells nothing of space; core action instead")
    against = contradicted(ours, theirs)
    missing = [f"{part.name} {value}" for part, value in ours if (part, value) not in theirs]
    value = max(0.0, f2(ours, theirs) - 0.5 * sum(ours[key] for key in against) / sum(ours.values()))
    met = f"{len(ours) - len(missing)} of {len(ours)} facts of space, {len(against)} contradicted"
    return Agreement(value, f"{met}; missing: {listed(missing)}")


def time_agreement(told: Description, said: Description) -> Agreement:
    """F2 of what happens in which phase (the next phase counts half) and of turns (up before down).

    Turns and facts of a named phase (start, then, end) weigh three times as much as the rest.
    """
    said = unmirrored(told, said)
    ours, theirs = _moments(told, {}), _moments(said, matching(told, said))
    if not ours:
        return core_agreement(told, said)._replace(reason="the reference tells nothing of time; core action instead")
    missing = [f"{moment.value} ({moment.phase})" for moment in ours if not moment.met_by(theirs)]
    reason = f"{len(ours) - len(missing)} of {len(ours)} facts of time; missing: {listed(missing)}"
    return Agreement(f2(ours, theirs, Moment.met_by), reason)


def observation_agreement(told: Description, said: Description) -> Agreement:
    """F2 of everything observed: (part, fact) of any kind, and roles; 0 where the answer observes nothing."""
    ours, theirs = _observed(told, {}), _observed(said, matching(told, said))
    if not theirs:
        return Agreement(0.0, "no observation is given")
    met = sum(key in theirs for key in ours)
    return Agreement(f2(ours, theirs) if ours else 1.0, f"{met} of {len(ours)} observations")


# -- facts to compare


def same_parts(told: Iterable[Part], said: Iterable[Part]) -> float | None:
    """F1 of two sets of parts, sides aside; another part of the same limb counts half. None if the first is empty."""
    ours, theirs = {part.name for part in told}, {part.name for part in said}
    if not ours or not theirs:
        return 0.0 if ours else None
    recall = sum(max(_kinship(a, b) for b in theirs) for a in ours) / len(ours)
    precision = sum(max(_kinship(a, b) for a in ours) for b in theirs) / len(theirs)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def lead_motions(text: Description) -> set[Hashable]:
    """The definite kinds of motion (not ``move``) of the leading parts."""
    leads = {part.name for part in text.leads}
    return {
        f.value for f in text.facts if f.kind in ("motion", "touch") and f.part.name in leads and not _vague(f.value)
    }


def spatial_facts(
    text: Description, same: Mapping[Part, Part], leads: frozenset[Part]
) -> dict[tuple[Part, str], float]:
    """(part, fact) -> weight, parts renamed by ``same``; the side of a part is a fact of its own (``left one``)."""
    found: dict[tuple[Part, str], float] = {}
    for fact in text.facts:
        part = same.get(fact.part, fact.part)
        weight = 2.0 if part in leads else 1.0
        if fact.kind in ("direction", "place", "touch"):
            found[part, fact.value] = weight
        if fact.part.side and fact.part.name != "others":
            found[part, f"{fact.part.side} one"] = weight
    return found


def contradicted(ours: Iterable[tuple[Part, str]], theirs: Container[tuple[Part, str]]) -> list[tuple[Part, str]]:
    """The facts that are missing among theirs while their opposite is there."""
    return [(p, v) for p, v in ours if (p, v) not in theirs and (p, OPPOSITES.get(v, "")) in theirs]


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
    found: dict[Moment, float] = {}
    seen: dict[Part, set[str]] = {}
    for fact in sorted(text.facts, key=lambda fact: PHASES.index(fact.phase)):
        part = same.get(fact.part, fact.part)
        turned = OPPOSITES.get(fact.value, "")
        if turned in seen.setdefault(part, set()):
            found[Moment(part, f"{turned} before {fact.value}", "turn")] = 3.0
        seen[part].add(fact.value)
        if fact.kind == "pace":
            found[Moment(None, fact.value, "pace")] = 1.0
        elif not _vague(fact.value):
            found[Moment(part, fact.value, fact.phase)] = 1.0 if fact.phase == "change" else 3.0
    return found


def _observed(text: Description, same: Mapping[Part, Part]) -> dict[Hashable, float]:
    facts: list[Hashable] = [(same.get(f.part, f.part), f.value) for f in text.facts if not _vague(f.value)]
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


# -- who is who


def matching(told: Description, said: Description) -> dict[Part, Part]:
    """Part of the answer -> part of the reference it stands for, the most alike first, each taken once if it can be."""
    ours, names = _parts(told), _stand_ins(told, said)
    meant = {part: replace(part, name=names.get(part.name, part.name)) for part in _parts(said)}
    pairs = sorted(
        ((_likeness(a, meant[b]), b in said.leads and a in told.leads, a, b) for a in ours for b in meant),
        key=lambda pair: (-pair[0], not pair[1], pair[2], pair[3]),
    )
    same: dict[Part, Part] = {}
    for spare in (False, True):  # first one to one, then what is left over to whatever it is most like
        for likeness, _, a, b in pairs:
            if likeness > 0 and b not in same and (spare or a not in same.values()):
                same[b] = a
    return same


def unmirrored(told: Description, said: Description) -> Description:
    """The answer, or the mirror image of it (left-right, up-down, both) that fits the reference's space better."""

    def fit(image: Description) -> float:
        return f2(spatial_facts(told, {}, told.leads), spatial_facts(image, matching(told, image), told.leads))

    images = [said.mirrored(*flips) for flips in product((False, True), repeat=2)]
    return max(images, key=fit)  # the first, unmirrored one where nothing is gained


def _stand_ins(told: Description, said: Description) -> dict[str, str]:
    """Name -> name: a leading part of the answer that the reference never names stands for a leading part left out."""
    ours, theirs = ({part.name for part in _parts(text)} for text in (told, said))
    wrong = sorted({part.name for part in said.leads} - ours)
    left_out = sorted({part.name for part in told.leads}, key=lambda name: (name in theirs, name))
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


def overlap(ours: set[Hashable], theirs: set[Hashable]) -> float | None:
    """F2 of two sets; None when the reference's is empty."""
    return f2(dict.fromkeys(ours, 1.0), dict.fromkeys(theirs, 1.0)) if ours else None


def f2(
    ours: Mapping[Any, float],
    theirs: Mapping[Any, float],
    met: Callable[[Any, Container[Any]], float] = lambda key, others: float(key in others),
) -> float:
    """Weighted F-measure, beta = 2 (van Rijsbergen 1979): what is left out costs more than what is added.

    Both map facts to weights; ``met`` says how far (0-1) a fact of one side is among those of the other.
    """
    recall = sum(weight * met(key, theirs) for key, weight in ours.items()) / (sum(ours.values()) or 1.0)
    precision = sum(weight * met(key, ours) for key, weight in theirs.items()) / (sum(theirs.values()) or 1.0)
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0


def listed(names: Iterable[str]) -> str:
    """The names for one line, sorted; ``none`` where there are none."""
    return ", ".join(sorted(set(names))) or "none"
