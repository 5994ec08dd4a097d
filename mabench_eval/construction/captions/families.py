"""What one source says of a clip, a function a family of facts: true, false, or None where it is near the boundary."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot
from typing import TYPE_CHECKING

from mabench_eval.construction.captions.margins import (
    ASIDE,
    AWAY,
    BACK,
    BUSY,
    CLEARANCE,
    CLOSE,
    EXTENTS,
    FARTHER,
    GAP,
    HEIGHTS,
    MIDDLE,
    QUICK,
    REST,
    SLANT,
    SLOW,
    STRAIGHT,
    STROKES,
    WITHIN,
    View,
    ends_of,
)
from mabench_eval.construction.descriptors import CONTACT, FLOOR, Measure, Phase, Point
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


def moves(fact: Fact, view: View) -> Truth:
    """It goes farther than is clear to see; false below the noise floor."""
    far = view.measure(fact).amplitude
    return True if far >= CLEAR else False if far <= FLOOR else None


def extent(fact: Fact, view: View) -> Truth:
    """Of what moves."""
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
    """One of ``MANNERS``; of a movement that fits none of them clearly nothing is said."""
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
    """Within a phase, as far as is clear to see."""
    return _along(_phase(view.measure(fact), fact.when).move, fact.value)


def net(fact: Fact, view: View) -> Truth:
    """From the first to the last frame, as far as is clear to see."""
    begins, ends = ends_of(view.measure(fact))
    return _along((ends[0] - begins[0], ends[1] - begins[1]), fact.value)


def side(fact: Fact, view: View) -> Truth:
    """By the viewer's left and right, as directions are."""
    x, _ = view.at(fact.parts[0], fact.when)
    found = "midline" if abs(x) <= MIDDLE else None if abs(x) < ASIDE else "left" if x < 0 else "right"
    return None if found is None else found == fact.value


def height(fact: Fact, view: View) -> Truth:
    """Within one of ``HEIGHTS``, which leave room between each other."""
    return _among(view.at(fact.parts[0], fact.when)[1], HEIGHTS, fact.value)


def reach(fact: Fact, view: View) -> Truth:
    """Sideways alone: depth is not seen."""
    x, _ = view.at(fact.parts[0], fact.when)
    found = "away" if abs(x) >= AWAY else "close" if abs(x) <= CLOSE else None
    return None if found is None else found == fact.value


def rests(fact: Fact, view: View) -> Truth:
    """All its ways within the phase together are short."""
    way = sum(_phase(view.measure(fact), fact.when).four)
    return True if way <= REST else False if way >= BUSY else None


def pace(fact: Fact, view: View) -> Truth:
    """Mean speed from onset to settling."""
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
    begins, ends = ends_of(measure)
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
