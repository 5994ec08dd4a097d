"""The margins that keep what is clear apart from what is not; and one source's view of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mabench_eval.construction.descriptors import Descriptor, Measure, Point
from mabench_eval.construction.parts import limb
from mabench_eval.construction.questions.statements import CLEAR

if TYPE_CHECKING:
    from mabench_eval.construction.captions.facts import Fact

EXTENTS: Mapping[str, tuple[float, float]] = {
    "slight": (CLEAR, 0.15),
    "moderate": (0.2, 0.45),
    "wide": (0.55, float("inf")),
}
"""Torso lengths of an amplitude; between them nothing is said."""
FARTHER = 1.25
"""Times that the leading part's amplitude exceeds that of every other limb, at least; those of two that lead differ by
less."""
GAP = 1.15
"""Times between two amplitudes of which one ranks above the other."""
MANNERS = ("one-way", "return", "swings", "repeated")
STRAIGHT, BACK = 0.75, 0.3
"""Share of the amplitude by which it ends apart from where it began: of a way in one direction at least, of a way there
and back at most."""
STROKES = 0.7
"""Amplitudes that are gone both ways on one axis, at least, for each pair of turns."""
SLANT = 0.5
"""Share of the way across that must be gone along a direction for it to be worth a word."""
MIDDLE, ASIDE = 0.1, 0.18
"""Torso lengths from the torso's middle line: on it, and beside it."""
HEIGHTS: Mapping[str, tuple[float, float]] = {
    "head": (-9.0, -0.7),
    "shoulder": (-0.65, -0.42),
    "chest": (-0.38, -0.08),
    "belly": (-0.02, 0.26),
    "lap": (0.32, 0.7),
    "leg": (0.78, 9.0),
}
"""Torso lengths below the torso's middle; shoulders are half a length above it, hips half a length below."""
CLOSE, AWAY = 0.3, 0.55
"""Torso lengths sideways from the torso's middle line."""
REST, BUSY = 0.04, 0.12
"""Torso lengths of way within a phase: it rests; it clearly does not."""
QUICK, SLOW = 1.2, 0.4
"""Torso lengths a second, from onset to settling."""
WITHIN = 0.5
"""Share of a phase, or of the contact, for which the contact lasts in it."""
CLEARANCE = 0.1
"""Torso lengths beyond ``CONTACT`` that parts keep which are never near."""


@dataclass(frozen=True)
class View:
    """One source's word on a clip."""

    parts: Mapping[str, Measure]
    """Of the parts that are seen."""
    clip: Descriptor

    @cached_property
    def ranking(self) -> list[tuple[str, str, float]]:
        """(limb, its part that moves farthest, amplitude), the farthest first."""
        best: dict[str, tuple[str, float]] = {}
        for part, measure in self.parts.items():
            if measure.amplitude > best.get(limb(part), ("", -1.0))[1]:
                best[limb(part)] = part, measure.amplitude
        return sorted(((name, part, far) for name, (part, far) in best.items()), key=lambda each: (-each[2], each[0]))

    def measure(self, fact: Fact) -> Measure:
        """Of the fact's first part."""
        return self.parts[fact.parts[0]]

    def at(self, part: str, when: str | None) -> Point:
        """Where a part is at the start or the end, relative to the torso's middle."""
        (x, y), (middle, level) = (ends_of(self.parts[each])[when == "end"] for each in (part, "torso"))
        return x - middle, y - level


def ends_of(measure: Measure) -> tuple[Point, Point]:
    """Where a part is at the first and at the last frame."""
    return measure.phases[0].begins, measure.phases[-1].ends
