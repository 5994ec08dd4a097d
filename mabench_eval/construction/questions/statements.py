"""Statements about a clip that its descriptor decides: true, false, or open.

A statement is open unless all sources say the same and each of them with a margin: what is near the boundary of true
and false is no question. Parts that are hardly seen, clips with a second person or without one in some frames, decide
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations, product
from math import hypot
from typing import Literal, get_args

from mabench_eval.construction.descriptors import Descriptor, Measure, Point
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.parts import PARTS, limb

STILL = 0.024
"""Torso lengths: what moves no farther is still ..."""
CLEAR = 0.06
"""... and what goes so far, within a phase or in all, is clear to see."""
ALONG = 2.0
"""Times that a direction exceeds the one across it to be the main one."""
LARGER = 1.8
"""Times that an amplitude exceeds another to be clearly larger."""
APART = 0.3
"""Seconds between two onsets of which one is clearly first."""
CLOSER = 2 * CLEAR
"""Torso lengths by which two parts come clearly closer, or go apart."""
REPEATED, ONCE = 4, 1
"""Reversals of a movement that is repeated, at least, and of one that is not, at most."""
FOUND = 0.9
"""Share of the frames in which a person must have been found."""
SHAKY = 0.05
"""Torso lengths: a camera that moves farther makes everything move."""

Direction = Literal["upward", "downward", "leftward", "rightward"]
DIRECTIONS: tuple[Direction, ...] = ("upward", "downward", "leftward", "rightward")
OPPOSITE: dict[Direction, Direction] = {
    "upward": "downward",
    "downward": "upward",
    "leftward": "rightward",
    "rightward": "leftward",
}
Task = Literal["SAD", "MAD", "MAS", "PPR"]
Truth = bool | None
"""None: open."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What may be said of a clip."""

    task: Task
    family: str
    parts: tuple[str, ...]
    phase: str | None = None
    directions: tuple[Direction, ...] = ()
    """Of the parts, in their order."""

    @property
    def id(self) -> str:
        """All that it says, as words with slashes between: ``MAD/together/left hand+head/early/upward+downward``."""
        words = (self.task, self.family, "+".join(self.parts), self.phase, "+".join(self.directions))
        return "/".join(word for word in words if word)


def statement_of(id: str) -> Statement:
    """The statement of an id. Raises ValueError for what is no id; families are not looked up."""
    task, family, parts, *rest = (*id.split("/"), "", "")[: max(id.count("/") + 1, 3)]
    phase = rest.pop(0) if rest and rest[0] in PHASES else None
    directions = rest.pop(0).split("+") if rest else []
    statement = Statement(task, family, tuple(parts.split("+")), phase, tuple(directions))  # type: ignore[arg-type]
    known = task in get_args(Task) and set(statement.parts) <= {*PARTS} and {*directions} <= {*DIRECTIONS}
    if not known or statement.id != id:
        raise ValueError(f"{id!r} is no id of a statement")
    return statement


def truth(statement: Statement, descriptor: Descriptor) -> Truth:
    """Whether it is so."""
    quality = descriptor.quality
    if quality.found < FOUND or (quality.persons or 1) > 1 or (quality.camera or 0.0) > SHAKY:
        return None
    parts = [descriptor.parts[name] for name in statement.parts]
    if any(name in quality.hidden for name in statement.parts):
        return None
    says = _SAYS[statement.family]
    return _agreed(says(statement, tuple(part.sources[source] for part in parts)) for source in parts[0].sources)


def statements() -> Iterator[Statement]:
    """Everything that may be said, in a fixed order."""
    for part in PARTS:
        for phase, direction in product(PHASES, DIRECTIONS):
            yield Statement("SAD", "direction", (part,), phase, (direction,))
        yield Statement("SAD", "repetition", (part,))
        yield Statement("SAD", "stillness", (part,))
    for pair in permutations(PARTS, 2):
        if limb(pair[0]) == limb(pair[1]):
            continue  # they move together
        for phase, first, second in product(PHASES, DIRECTIONS, DIRECTIONS):
            yield Statement("MAD", "together", pair, phase, (first, second))
        yield Statement("MAD", "larger", pair)
        yield Statement("MAS", "before", pair)
        for phase in PHASES:
            yield Statement("PPR", "approach", pair, phase)
            yield Statement("PPR", "apart", pair, phase)


def direction_of(move: Point) -> Direction | None:
    """The main direction of a displacement; None where none is clear."""
    across, along = sorted(map(abs, move))
    if along < CLEAR or along < ALONG * across:
        return None
    right, down = move
    if abs(right) > abs(down):
        return "rightward" if right > 0 else "leftward"
    return "downward" if down > 0 else "upward"


def _agreed(truths: Iterable[Truth]) -> Truth:
    said = set(truths)
    return said.pop() if len(said) == 1 else None


def _goes(measure: Measure, phase: str | None, direction: Direction) -> Truth:
    """False for the opposite alone: of one that goes across, or hardly, nothing is said."""
    seen = direction_of(measure.phases[PHASES.index(str(phase))].move)
    return True if seen == direction else False if seen == OPPOSITE[direction] else None


def _direction(statement: Statement, measures: tuple[Measure, ...]) -> Truth:
    return _goes(measures[0], statement.phase, statement.directions[0])


def _repetition(_: Statement, measures: tuple[Measure, ...]) -> Truth:
    (part,) = measures
    if part.amplitude < CLEAR:
        return None
    return True if part.reversals >= REPEATED else False if part.reversals <= ONCE else None


def _stillness(_: Statement, measures: tuple[Measure, ...]) -> Truth:
    (part,) = measures
    return True if part.amplitude <= STILL else False if part.amplitude >= 2 * CLEAR else None


def _together(statement: Statement, measures: tuple[Measure, ...]) -> Truth:
    """Of the first part the direction is given: where it does not go so there is no question."""
    first, second = measures
    if not _goes(first, statement.phase, statement.directions[0]):
        return None
    return _goes(second, statement.phase, statement.directions[1])


def _larger(_: Statement, measures: tuple[Measure, ...]) -> Truth:
    first, second = (measure.amplitude for measure in measures)
    if first >= max(CLEAR, LARGER * second):
        return True
    return False if second >= max(CLEAR, LARGER * first) else None


def _before(_: Statement, measures: tuple[Measure, ...]) -> Truth:
    first, second = measures
    if min(first.amplitude, second.amplitude) < CLEAR or first.onset is None or second.onset is None:
        return None
    apart = second.onset - first.onset
    return True if apart >= APART else False if apart <= -APART else None


def _approach(statement: Statement, measures: tuple[Measure, ...]) -> Truth:
    first, second = (measure.phases[PHASES.index(str(statement.phase))] for measure in measures)
    closer = _distance(first.begins, second.begins) - _distance(first.ends, second.ends)
    return True if closer >= CLOSER else False if closer <= -CLOSER else None


def _apart(statement: Statement, measures: tuple[Measure, ...]) -> Truth:
    nearing = _approach(statement, measures)
    return None if nearing is None else not nearing


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


_SAYS: dict[str, Callable[[Statement, tuple[Measure, ...]], Truth]] = {
    "direction": _direction,
    "repetition": _repetition,
    "stillness": _stillness,
    "together": _together,
    "larger": _larger,
    "before": _before,
    "approach": _approach,
    "apart": _apart,
}
"""Family -> what one source says."""
