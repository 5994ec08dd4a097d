"""Families of statements: what each says of which parts, and when one source finds it true, false, or neither.

What lies near the boundary of true and false is neither. A rule gets the figures of a source and the statements of its
family as rows of numbers, and says of each row whether it is true, and whether it is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product
from types import MappingProxyType

import numpy as np

from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.parts import PARTS, SIDED_PARTS, limb
from mabench_eval.construction.questions.figures import NOWHERE, Bools, Figures, Floats, Ints
from mabench_eval.construction.questions.statements import (
    APART,
    AT_ONCE,
    BACK,
    CLEAR,
    CLOSER,
    DIRECTIONS,
    INSIDE,
    LARGER,
    NEARER,
    ONCE,
    ONE_WAY,
    OPPOSITE,
    REPEATED,
    STILL,
    Direction,
    Statement,
    Task,
)

Rule = Callable[["Figures", "Rows"], tuple[Bools, Bools]]
Slots = tuple[tuple[str, ...], str | None, tuple[Direction, ...]]
"""Parts, phase and directions of a statement."""
_AGAINST = np.array([DIRECTIONS.index(OPPOSITE[direction]) for direction in DIRECTIONS])
"""Place of a direction -> that of its opposite."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Statements of one family, as numbers."""

    parts: Ints
    """(N, parts of a statement): places in the figures."""
    phase: Ints
    """(N,): place in ``PHASES``; 0 where there is none."""
    ways: Ints
    """(N, directions of a statement): places in ``DIRECTIONS``."""


@dataclass(frozen=True, slots=True)
class Family:
    """Statements that say the same of different parts, phases and directions."""

    task: Task
    name: str
    rule: Rule
    slots: Callable[[], Iterator[Slots]]
    """Of all its statements, in a fixed order."""
    evidence: tuple[str, ...]
    """Fields of a measure, or of its phases, that decide."""

    def statements(self) -> Iterator[Statement]:
        """All of them, in a fixed order."""
        for parts, phase, directions in self.slots():
            yield Statement(self.task, self.name, parts, phase, directions)


def rows_of(statements: Sequence[Statement], parts: Sequence[str]) -> Rows:
    """Statements of one family as numbers; ``parts``: those of the figures, in their order."""
    places = {part: place for place, part in enumerate(parts)}
    return Rows(
        np.array([[places[part] for part in each.parts] for each in statements], np.int64),
        np.array([PHASES.index(each.phase) if each.phase else 0 for each in statements], np.int64),
        np.array([[DIRECTIONS.index(way) for way in each.directions] for each in statements], np.int64),
    )


# What one part does


def _direction(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """False for the opposite alone: of one that goes across, or hardly, nothing is said."""
    return _goes(figures, rows, 0)


def _throughout(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """It goes that way in all, and never clearly back; false where it clearly goes the other way, too or alone.

    A way is the sum of all steps: of a part that keeps still it is its trembling, of which nothing is said.
    """
    there, back = _there_and_back(figures, rows)
    goes = figures.way[rows.parts[:, 0]] == rows.ways[:, 0]
    return goes & _hardly(back, there), _all_move(figures, rows) & (back >= CLEAR) & (back >= BACK * there)


def _transition(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """First one way, in a later phase the other; false the other way about, and where it never clearly turns back."""
    seen = figures.ways[rows.parts[:, 0]]
    there, back = seen == rows.ways[:, :1], seen == rows.ways[:, 1:]
    first, then = _place(there), _place(back)
    gone, gone_back = _there_and_back(figures, rows)
    turns = there.any(axis=1) & back.any(axis=1)
    never = there.any(axis=1) & ~back.any(axis=1) & _hardly(gone_back, gone)
    return turns & (first < then), (turns & (then < first)) | never


def _repetition(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    part = rows.parts[:, 0]
    moves, turns = figures.amplitude[part] >= CLEAR, figures.reversals[part]
    return moves & (turns >= REPEATED), moves & (turns <= ONCE)


def _stillness(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    amplitude = figures.amplitude[rows.parts[:, 0]]
    return amplitude <= STILL, amplitude >= 2 * CLEAR


def _busiest(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """A part that moves does so in that phase more than in either other; false where another phase has clearly more."""
    speed = figures.speed[rows.parts[:, 0]]
    here = np.take_along_axis(speed, rows.phase[:, None], axis=1)[:, 0]
    others = np.where(np.arange(len(PHASES)) == rows.phase[:, None], 0.0, speed).max(axis=1)
    moves = figures.amplitude[rows.parts[:, 0]] >= CLEAR
    return moves & (here >= LARGER * others), moves & (others >= LARGER * here)


# What two parts do at the same time


def _together(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """Of the first part the direction is given: where it does not go so there is no question."""
    given, _ = _goes(figures, rows, 0)
    so, not_so = _goes(figures, rows, 1)
    return given & so, given & not_so


def _same_way(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """Of parts that go across each other nothing is said."""
    first, second = (figures.ways[rows.parts[:, place], rows.phase] for place in (0, 1))
    both = (first != NOWHERE) & (second != NOWHERE)
    return both & (first == second), both & (first == _AGAINST[second])


def _while_still(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """Of the first part it is given that it moves in the phase."""
    first, second = rows.parts.T
    moved = np.hypot(*np.moveaxis(figures.moves(), -1, 0))
    given = moved[first, rows.phase] >= CLEAR
    return given & (figures.amplitude[second] <= STILL), given & (moved[second, rows.phase] >= 2 * CLEAR)


def _larger(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    first, second = figures.amplitude[rows.parts.T]
    return first >= np.maximum(CLEAR, LARGER * second), second >= np.maximum(CLEAR, LARGER * first)


# When parts move


def _before(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    return _first(figures.onset, figures.onset, figures, rows)


def _settles_before(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    return _first(_rests(figures), _rests(figures), figures, rows)


def _over_before(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """The first has come to rest when the second begins."""
    return _first(_rests(figures), figures.onset, figures, rows)


def _at_once(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    first, second = figures.onset[rows.parts.T]
    moves, apart = _all_move(figures, rows), np.abs(first - second)
    return moves & (apart <= AT_ONCE), moves & (apart >= APART)


def _starts(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    return _within(figures.onset, figures, rows)


def _settles(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    return _within(_rests(figures), figures, rows)


# Where parts are to each other


def _approach(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    before = _distance(figures.begins, rows.parts, rows.phase)
    closer = before - _distance(figures.ends, rows.parts, rows.phase)
    return closer >= CLOSER, closer <= -CLOSER


def _apart(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    nearing, parting = _approach(figures, rows)
    return parting, nearing


def _ends_nearer(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    before = _distance(figures.begins, rows.parts, np.zeros_like(rows.phase))
    closer = before - _distance(figures.ends, rows.parts, np.full_like(rows.phase, len(PHASES) - 1))
    return closer >= CLOSER, closer <= -CLOSER


def _ends_farther(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    nearer, farther = _ends_nearer(figures, rows)
    return farther, nearer


def _closer_than(figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """When the phase ends, the first part is nearer to the third than the second is."""
    one, other, to = rows.parts.T
    first = _distance(figures.ends, np.stack([one, to], axis=1), rows.phase)
    second = _distance(figures.ends, np.stack([other, to], axis=1), rows.phase)
    return second - first >= NEARER, first - second >= NEARER


# What rules share


def _goes(figures: Figures, rows: Rows, place: int) -> tuple[Bools, Bools]:
    """Whether the part at that place of a statement goes its way in the phase, and whether it goes the opposite one."""
    seen, said = figures.ways[rows.parts[:, place], rows.phase], rows.ways[:, place]
    return seen == said, seen == _AGAINST[said]


def _there_and_back(figures: Figures, rows: Rows) -> tuple[Floats, Floats]:
    """How far the first part goes the first direction over the clip, and how far the opposite one."""
    four = figures.four.sum(axis=1)
    return four[rows.parts[:, 0], rows.ways[:, 0]], four[rows.parts[:, 0], _AGAINST[rows.ways[:, 0]]]


def _hardly(back: Floats, there: Floats) -> Bools:
    return back <= np.maximum(STILL, ONE_WAY * there)


def _place(held: Bools) -> Ints:
    """(N,): the first phase that holds; any where none does."""
    return np.asarray(held.argmax(axis=1))


def _all_move(figures: Figures, rows: Rows) -> Bools:
    return np.asarray((figures.amplitude[rows.parts] >= CLEAR).all(axis=1))


def _first(one: Floats, other: Floats, figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """Whether a moment of the first part lies clearly before one of the second, or clearly after it."""
    apart = other[rows.parts[:, 1]] - one[rows.parts[:, 0]]
    moves = _all_move(figures, rows)
    return moves & (apart >= APART), moves & (apart <= -APART)


def _within(moments: Floats, figures: Figures, rows: Rows) -> tuple[Bools, Bools]:
    """Whether a moment of the part lies clearly within the phase, or clearly outside."""
    third = figures.seconds / len(PHASES)
    after = moments[rows.parts[:, 0]] - rows.phase * third
    # Before the first phase and after the last there is nothing that a moment could be mistaken for.
    low = np.where(rows.phase == 0, -np.inf, INSIDE)
    high = np.where(rows.phase == len(PHASES) - 1, np.inf, third - INSIDE)
    inside, outside = (after >= low) & (after <= high), (after <= -INSIDE) | (after >= third + INSIDE)
    moves = _all_move(figures, rows)
    return moves & inside, moves & outside & ~inside


def _rests(figures: Figures) -> Floats:
    """(P,) when each part comes to rest; a movement that is repeated fades, so that nobody can say when."""
    return np.where(figures.reversals <= ONCE, figures.settle, np.nan)


def _distance(where: Floats, parts: Ints, phase: Ints) -> Floats:
    """(N,) between two parts. ``where``: (P, 3, 2)."""
    return np.asarray(np.hypot(*(where[parts[:, 0], phase] - where[parts[:, 1], phase]).T))


# Which statements there are


def _parts() -> Iterator[Slots]:
    return (((part,), None, ()) for part in PARTS)


def _parts_in_phases() -> Iterator[Slots]:
    return (((part,), phase, ()) for part, phase in product(PARTS, PHASES))


def _parts_in_directions() -> Iterator[Slots]:
    return (((part,), None, (way,)) for part, way in product(PARTS, DIRECTIONS))


def _pairs() -> Iterator[Slots]:
    """Ordered; parts of one limb move together, and are not compared."""
    return ((pair, None, ()) for pair in permutations(PARTS, 2) if limb(pair[0]) != limb(pair[1]))


def _pairs_in_phases() -> Iterator[Slots]:
    return ((pair, phase, ()) for (pair, _, _), phase in product(_pairs(), PHASES))


def _both() -> Iterator[Slots]:
    """What is said of both alike names them in one order."""
    return ((pair, None, ()) for pair in combinations(PARTS, 2) if limb(pair[0]) != limb(pair[1]))


def _both_in_phases() -> Iterator[Slots]:
    return ((pair, phase, ()) for (pair, _, _), phase in product(_both(), PHASES))


def _twins_and_a_third() -> Iterator[Slots]:
    """The left and the right one of a part, and one in the middle."""
    for part, middle, phase in product(SIDED_PARTS, ("head", "torso"), PHASES):
        for first, second in permutations(("left", "right")):
            yield (f"{first} {part}", f"{second} {part}", middle), phase, ()


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            Family(
                "SAD",
                "direction",
                _direction,
                lambda: (((part,), phase, (way,)) for part, phase, way in product(PARTS, PHASES, DIRECTIONS)),
                ("move",),
            ),
            Family("SAD", "throughout", _throughout, _parts_in_directions, ("begins", "ends", "four")),
            Family(
                "SAD",
                "transition",
                _transition,
                lambda: (((part,), None, (way, OPPOSITE[way])) for part, way in product(PARTS, DIRECTIONS)),
                ("move", "four"),
            ),
            Family("SAD", "repetition", _repetition, _parts, ("amplitude", "reversals")),
            Family("SAD", "stillness", _stillness, _parts, ("amplitude",)),
            Family("SAD", "busiest", _busiest, _parts_in_phases, ("amplitude", "speed")),
            Family(
                "MAD",
                "together",
                _together,
                lambda: (
                    (pair, phase, ways)
                    for (pair, phase, _), ways in product(_pairs_in_phases(), product(DIRECTIONS, repeat=2))
                ),
                ("move",),
            ),
            Family("MAD", "same way", _same_way, _both_in_phases, ("move",)),
            Family("MAD", "opposite ways", lambda f, r: _same_way(f, r)[::-1], _both_in_phases, ("move",)),
            Family("MAD", "while still", _while_still, _pairs_in_phases, ("amplitude", "move")),
            Family("MAD", "larger", _larger, _pairs, ("amplitude",)),
            Family("MAS", "before", _before, _pairs, ("onset",)),
            Family("MAS", "settles before", _settles_before, _pairs, ("settle",)),
            Family("MAS", "over before", _over_before, _pairs, ("onset", "settle")),
            Family("MAS", "at once", _at_once, _both, ("onset",)),
            Family("MAS", "starts", _starts, _parts_in_phases, ("onset",)),
            Family("MAS", "settles", _settles, _parts_in_phases, ("settle",)),
            Family("PPR", "approach", _approach, _pairs_in_phases, ("begins", "ends")),
            Family("PPR", "apart", _apart, _pairs_in_phases, ("begins", "ends")),
            Family("PPR", "ends nearer", _ends_nearer, _pairs, ("begins", "ends")),
            Family("PPR", "ends farther", _ends_farther, _pairs, ("begins", "ends")),
            Family("PPR", "closer than", _closer_than, _twins_and_a_third, ("ends",)),
        )
    }
)
"""Name -> family, in the order of ``statements``. True and false occur in every one of them."""
