"""What one source says of a clip, a function a family of facts: true, false, or None where it is near the boundary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import hypot
from typing import TYPE_CHECKING

from mabench_eval.construction.descriptors import CONTACT, FLOOR, Descriptor, Measure, Phase, Point
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.parts import limb
from mabench_eval.construction.questions.statements import (
    CLEAR,
    DIRECTIONS,
    OPPOSITE,
    REPEATED,
    Direction,
    Truth,
    direction_of,
)

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
        (x, y), (middle, level) = (_ends(self.parts[each])[when == "end"] for each in (part, "torso"))
        return x - middle, y - level


def moves(fact: Fact, view: View) -> Truth:
    """It goes farther than is clear to see; false below the noise floor."""
    far = view.measure(fact).amplitude
    return True if far >= CLEAR else False if far <= FLOOR else None


def extent(fact: Fact, view: View) -> Truth:
    return _among(view.measure(fact).amplitude, EXTENTS, fact.value) if moves(fact, view) else None


def leads(fact: Fact, view: View) -> Truth:
    """Among the parts that are seen. A part of a limb leads where it goes farthest in its limb too."""
    ranking, own = view.ranking, {limb(part) for part in fact.parts}
    amplitudes = [view.parts[part].amplitude for part in fact.parts]
    others = max((far for name, _, far in ranking if name not in own), default=0.0)
    farthest = {part for name, part, _ in ranking if name in own}
    if len(own) < len(fact.parts) or max(amplitudes) < CLEAR or others > max(amplitudes):
        return False if others >= FARTHER * max(amplitudes) or len(own) < len(fact.parts) else None
    if farthest != {*fact.parts} or min(amplitudes) < max(CLEAR, FARTHER * others):
        return None
    return True if max(amplitudes) <= FARTHER * min(amplitudes) else None


def rank(fact: Fact, view: View) -> Truth:
    """Of limbs: the part is the one that goes farthest in its own."""
    place = next((n for n, (_, part, _) in enumerate(view.ranking) if part == fact.parts[0]), None)
    if place is None or view.measure(fact).amplitude < CLEAR:
        return None
    far = [0.0 if n < 0 else each for n, (_, _, each) in enumerate(view.ranking)]
    above = place == 0 or far[place - 1] >= GAP * far[place]
    below = place + 1 == len(far) or far[place] >= GAP * far[place + 1]
    return place + 1 == int(fact.value or 0) if above and below else None


def manner(fact: Fact, view: View) -> Truth:
    measure = view.measure(fact)
    found = _manner(measure)
    return None if found is None else found == fact.value


def turns(fact: Fact, view: View) -> Truth:
    """As counted, where it moves in a manner that is clear."""
    measure = view.measure(fact)
    return None if _manner(measure) is None else measure.reversals == int(fact.value or 0)


def axis(fact: Fact, view: View) -> Truth:
    """Twice as far along it as across, there and back counted each."""
    if not moves(fact, view):
        return None
    up, down, left, right = _ways(view.measure(fact))
    vertical, horizontal = up + down, left + right
    if max(vertical, horizontal) < 2 * min(vertical, horizontal):
        return None
    return (fact.value == "vertical") == (vertical > horizontal)


def heads(fact: Fact, view: View) -> Truth:
    return _along(_phase(view.measure(fact), fact.when).move, fact.value)


def net(fact: Fact, view: View) -> Truth:
    begins, ends = _ends(view.measure(fact))
    return _along((ends[0] - begins[0], ends[1] - begins[1]), fact.value)


def side(fact: Fact, view: View) -> Truth:
    """By the viewer's left and right, as directions are."""
    x, _ = view.at(fact.parts[0], fact.when)
    found = "midline" if abs(x) <= MIDDLE else None if abs(x) < ASIDE else "left" if x < 0 else "right"
    return None if found is None else found == fact.value


def height(fact: Fact, view: View) -> Truth:
    return _among(view.at(fact.parts[0], fact.when)[1], HEIGHTS, fact.value)


def reach(fact: Fact, view: View) -> Truth:
    x, _ = view.at(fact.parts[0], fact.when)
    found = "away" if abs(x) >= AWAY else "close" if abs(x) <= CLOSE else None
    return None if found is None else found == fact.value


def rests(fact: Fact, view: View) -> Truth:
    way = sum(_phase(view.measure(fact), fact.when).four)
    return True if way <= REST else False if way >= BUSY else None


def pace(fact: Fact, view: View) -> Truth:
    measure = view.measure(fact)
    if not moves(fact, view) or measure.onset is None or measure.settle is None or measure.settle <= measure.onset:
        return None
    speed = measure.path / (measure.settle - measure.onset)
    found = "quick" if speed >= QUICK else "slow" if speed <= SLOW else None
    return None if found is None else found == fact.value


def alike(fact: Fact, view: View) -> Truth:
    """In every phase in which both have a clear direction; there is one, and none in which one has and one has not."""
    one, other = (view.parts[part] for part in fact.parts)
    pairs = [(direction_of(a.move), direction_of(b.move)) for a, b in zip(one.phases, other.phases, strict=True)]
    found = {_kinship(a, b) for a, b in pairs if a or b}
    if len(found) > 1 and found <= {"same up", "opposite across"}:
        return fact.value == "mirrored"
    if len(found) != 1 or None in found:
        return None
    kinship = found.pop()
    # Left and right are told apart at the midline: what goes apart there is mirrored as well.
    return {"same": kinship in ("same up", "same across"), "mirrored": kinship == "opposite across"}.get(
        str(fact.value), kinship in ("opposite up", "opposite across")
    )


def near(fact: Fact, view: View) -> Truth:
    """Contacts are what all sources say together."""
    spans = [(each.begins, each.ends) for each in view.clip.contacts if {*each.parts} == {*fact.parts}]
    if fact.when is None:
        return True if spans else False if clear(fact, view) else None
    third = view.clip.seconds / len(PHASES)
    first = PHASES.index(fact.when) * third
    for begins_s, ends_s in spans:
        shared = min(ends_s, first + third) - max(begins_s, first)
        if shared > 0 and shared >= WITHIN * min(third, ends_s - begins_s):
            return True
    return False if clear(fact, view) else None


def clear(fact: Fact, view: View) -> Truth:
    """By the triangle: on ways of together L, from d apart to e apart, they are never nearer than (d + e - L) / 2."""
    one, other = (view.parts[part] for part in fact.parts)
    third = view.clip.seconds / len(PHASES)
    least = float("inf")
    for a, b in zip(one.phases, other.phases, strict=True):
        apart = _distance(a.begins, b.begins) + _distance(a.ends, b.ends)
        least = min(least, (apart - (a.speed + b.speed) * third) / 2)
    if any({*each.parts} == {*fact.parts} for each in view.clip.contacts):
        return False
    return True if least >= CONTACT + CLEARANCE else None


def _manner(measure: Measure) -> str | None:
    """How it moves, where that is clear."""
    far, count = measure.amplitude, measure.reversals
    if far < CLEAR:
        return None
    begins, ends = _ends(measure)
    apart = _distance(begins, ends) / far
    up, down, left, right = _ways(measure)
    both_ways = max(min(up, down), min(left, right))
    if count == 0:
        return "one-way" if apart >= STRAIGHT and both_ways < far / 4 else None
    if count == 1:
        return "return" if apart <= BACK else None
    # What turns back on an axis along which it hardly goes does not move to and fro.
    if both_ways < STROKES * far * (count // 2):
        return None
    return "repeated" if count >= REPEATED else "swings"


def _ways(measure: Measure) -> tuple[float, ...]:
    """How far it goes up, down, left and right in all."""
    return tuple(map(sum, zip(*(phase.four for phase in measure.phases), strict=True)))


def _phase(measure: Measure, when: str | None) -> Phase:
    return measure.phases[PHASES.index(str(when))]


def _ends(measure: Measure) -> tuple[Point, Point]:
    return measure.phases[0].begins, measure.phases[-1].ends


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _along(move: Point, value: str | None) -> Truth:
    right, down = move
    along, across = {
        "upward": (-down, right),
        "downward": (down, right),
        "leftward": (-right, down),
        "rightward": (right, down),
    }[str(value)]
    if abs(along) < max(CLEAR, SLANT * abs(across)):
        return None
    return along > 0


def _among(number: float, bands: Mapping[str, tuple[float, float]], value: str | None) -> Truth:
    found = next((name for name, (low, high) in bands.items() if low <= number <= high), None)
    return None if found is None else found == value


def _kinship(one: Direction | None, other: Direction | None) -> str | None:
    if one is None or other is None or other not in (one, OPPOSITE[one]):
        return None
    line = "up" if one in DIRECTIONS[:2] else "across"
    return f"{'same' if one == other else 'opposite'} {line}"
