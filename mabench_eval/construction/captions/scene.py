"""Who does what in a clip: the leading parts, those that move with them, those that keep still."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from mabench_eval.construction.captions.facts import Fact, Known
from mabench_eval.construction.folder import ClipRow
from mabench_eval.construction.parts import PARTS, limb
from mabench_eval.construction.questions import Statement

_NAMED_BY = {
    "head": r"head|face|nod|nose|\bears?\b|eye|hair|mouth|neck|gaz|look|glasses|hindbrain",
    "torso": r"\bbody\b(?!-)|torso|trunk|\bback\b|\bsit|\bris(e|ing)|turning around|chest|shrug|shoulder",
    "upper arm": r"\barms?\b|shoulder|shrug|upper limb",
    "lower arm": r"\barms?\b|upper limb",
    "hand": r"hand|finger|fist|\barms?\b|upper limb|wav|point|clap|touch|scratch|rub|play",
    "upper leg": r"\blegs?\b|lower limb|thigh|knee",
    "lower leg": r"\blegs?\b|lower limb|knee|calf|tiptoe",
    "foot": r"foot|feet|lower limb|\blegs?\b|toe|heel",
}
"""Part -> what a label says that is about it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of a clip, and which parts play which role. Roles are a choice; what is said of them is a fact."""

    known: Known
    row: ClipRow
    focus: tuple[str, ...]
    """The part that the texts are about in the first place, or two that move alike far; empty: none moves clearly."""
    leads: Fact | None
    """That it leads, where that is so."""
    followers: tuple[str, ...]
    """The part of each other limb that moves farthest, the farthest first."""
    along: tuple[str, ...]
    """Other parts of the leading limbs that move."""
    still: tuple[str, ...]
    """Parts that keep still, without those that the label is about: trackers may be too coarse for what these do."""


def scene_of(known: Known, row: ClipRow) -> Scene:
    """Give every part of a clip its role."""

    def least(part: str) -> float:
        return min(measure.amplitude for measure in known.descriptor.parts[part].sources.values())

    moving = sorted((part for part in known.parts if known.holds(Fact("moves", (part,)))), key=least, reverse=True)
    leads = known.first(
        [Fact("leads", (part,)) for part in moving] + [Fact("leads", pair) for pair in combinations(moving, 2)]
    )
    focus = tuple(sorted(leads.parts if leads else moving[:1], key=PARTS.index))
    limbs, about = {limb(part) for part in focus}, named_parts(row.coarse, row.fine)
    followers: dict[str, str] = {}
    for part in moving:
        if limb(part) not in limbs:
            followers.setdefault(limb(part), part)
    return Scene(
        known,
        row,
        focus,
        leads,
        tuple(followers.values()),
        tuple(part for part in moving if limb(part) in limbs and part not in focus),
        tuple(part for part in known.parts if known.holds(stillness(part)) and part not in about),
    )


def stillness(part: str) -> Statement:
    """That a part keeps still."""
    return Statement("SAD", "stillness", (part,))


def at_once(part: str, other: str) -> Statement:
    """That two parts begin to move together; named in the order of the body."""
    first, second = sorted((part, other), key=PARTS.index)
    return Statement("MAS", "at once", (first, second))


@cache
def named_parts(coarse: str, fine: str) -> frozenset[str]:
    """The parts that a label is about, as far as its words tell."""
    words = f"{coarse} {fine}".lower()
    kinds = {kind for kind, pattern in _NAMED_BY.items() if re.search(pattern, words)}
    return frozenset(part for part in PARTS if {part, part.partition(" ")[2]} & kinds)


def ids(facts: Sequence[Fact | Statement]) -> tuple[str, ...]:
    """Of facts and statements."""
    return tuple(fact.id for fact in facts)
