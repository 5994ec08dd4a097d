"""Statements about a clip: what may be said of it, and the margins that keep true and false apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from mabench_eval.construction.descriptors import Point
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.parts import PARTS

STILL = 0.024
"""Torso lengths: what moves no farther is still ..."""
CLEAR = 0.06
"""... and what goes so far, within a phase or in all, is clear to see."""
ALONG = 2.0
"""Times that a direction exceeds the one across it to be the main one."""
LARGER = 1.8
"""Times that an amplitude, or a speed, exceeds another to be clearly larger."""
ONE_WAY, BACK = 0.15, 0.5
"""Share of the way in a direction that leads back: of a movement that never clearly goes back, at most; and of one that
does, at least."""
APART = 0.3
"""Seconds between two moments of which one is clearly first ..."""
AT_ONCE = 0.1
"""... and of two that are one."""
INSIDE = 0.1
"""Seconds from the boundary of two phases of a moment that clearly belongs to one of them."""
CLOSER = 2 * CLEAR
"""Torso lengths by which two parts come clearly closer, or go apart."""
NEARER = 0.3
"""Torso lengths by which a part is clearly nearer to another than a third is."""
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
STATEMENT_TASKS: tuple[Task, ...] = get_args(Task)
"""The tasks whose questions ask whether a statement is true."""
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
    """Of the parts, in their order; of one part: the ways that it goes one after the other."""

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
    known = task in STATEMENT_TASKS and set(statement.parts) <= {*PARTS} and {*directions} <= {*DIRECTIONS}
    if not known or statement.id != id:
        raise ValueError(f"{id!r} is no id of a statement")
    return statement


def direction_of(move: Point) -> Direction | None:
    """The main direction of a displacement; None where none is clear."""
    across, along = sorted(map(abs, move))
    if along < CLEAR or along < ALONG * across:
        return None
    right, down = move
    if abs(right) > abs(down):
        return "rightward" if right > 0 else "leftward"
    return "downward" if down > 0 else "upward"
