"""What a caption may say besides the statements that are asked for: facts, each true, false or open of a clip.

A fact has an id of the same grammar as a statement's, ``CAP/family/part+part/when/value``, and the same truth: open
unless all sources say the same, each of them with a margin. Parts that are hardly seen, clips with a second person or
without one in some frames, decide nothing; of what stays below the noise floor nothing but its stillness is said.

===========  ====================================================================================================
``moves``    the part moves clearly
``extent``   how far: ``slight``, ``moderate``, ``wide``
``leads``    it moves clearly farther than every other limb; of two parts: both do, about equally far
``rank``     place of its limb by amplitude, counted from 1, with a gap on either side
``manner``   ``one-way``, ``return`` (there and back), ``swings`` (turns back twice or three times), ``repeated``
``turns``    how often it turns back
``axis``     ``vertical`` or ``horizontal``: most of its way is along it
``heads``    it gets that way on in a phase, be it slantwise
``net``      where it ends is that way from where it began
``side``     at the start or the end it is ``left`` or ``right`` of the torso's middle, or on the ``midline``
``height``   at the start or the end it is as high as ``head``, ``shoulder``, ``chest``, ``belly``, ``lap`` or ``leg``
``reach``    at the start or the end it is sideways ``away`` from the torso, or ``close`` to its middle line
``rests``    it hardly moves in a phase
``pace``     ``quick`` or ``slow`` while it moves
``alike``    two parts go the ``same`` way, ``opposite`` ways, or ``mirrored`` at the midline
``near``     two parts are near each other, some time or in a phase
``clear``    two parts are never near each other
===========  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from mabench_eval.construction.captions import families
from mabench_eval.construction.captions.margins import EXTENTS, HEIGHTS, MANNERS, View
from mabench_eval.construction.descriptors import Descriptor
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.questions import DIRECTIONS, Statement, statement_of, statements, truth, truths
from mabench_eval.construction.questions.statements import FOUND, SHAKY, Truth

TASK = "CAP"
"""Stands in a fact's id where the task stands in a statement's."""
MOMENTS = ("start", "end")
"""Of a clip: its first and last frame."""
_TRUTHS: dict[int, Truth] = {1: True, 0: None, -1: False}
REFERENCE = "torso"
"""The part that places are relative to."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a caption may say of a clip."""

    family: str
    parts: tuple[str, ...]
    when: str | None = None
    """A phase, or one of ``MOMENTS``."""
    value: str | None = None

    @property
    def id(self) -> str:
        """All that it says: ``CAP/side/left hand/start/midline``."""
        return "/".join(word for word in (TASK, self.family, "+".join(self.parts), self.when, self.value) if word)


@dataclass(frozen=True, slots=True)
class Family:
    """The facts of one kind."""

    says: Callable[[Fact, View], Truth]
    """Of one source."""
    parts: tuple[int, ...] = (1,)
    """Of how many parts it speaks."""
    when: tuple[str | None, ...] = (None,)
    values: tuple[str, ...] = ()
    relative: bool = False
    """Whether places relative to the torso count, which must be seen then."""

    def has(self, fact: Fact) -> bool:
        """Whether it is one of them."""
        value = fact.value in self.values if self.values else fact.value is None
        return len(fact.parts) in self.parts and fact.when in self.when and value


NUMBERS = tuple(map(str, range(1, 100)))
FAMILIES: dict[str, Family] = {
    "moves": Family(families.moves),
    "extent": Family(families.extent, values=tuple(EXTENTS)),
    "leads": Family(families.leads, parts=(1, 2)),
    "rank": Family(families.rank, values=NUMBERS[:6]),
    "manner": Family(families.manner, values=MANNERS),
    "turns": Family(families.turns, values=NUMBERS),
    "axis": Family(families.axis, values=("vertical", "horizontal")),
    "heads": Family(families.heads, when=PHASES, values=DIRECTIONS),
    "net": Family(families.net, values=DIRECTIONS),
    "side": Family(families.side, when=MOMENTS, values=("left", "right", "midline"), relative=True),
    "height": Family(families.height, when=MOMENTS, values=tuple(HEIGHTS), relative=True),
    "reach": Family(families.reach, when=MOMENTS, values=("away", "close"), relative=True),
    "rests": Family(families.rests, when=PHASES),
    "pace": Family(families.pace, values=("quick", "slow")),
    "alike": Family(families.alike, parts=(2,), values=("same", "opposite", "mirrored")),
    "near": Family(families.near, parts=(2,), when=(None, *PHASES)),
    "clear": Family(families.clear, parts=(2,)),
}


@lru_cache(maxsize=16384)
def fact_of(id: str) -> Fact | Statement:
    """The fact or statement of an id. Raises ValueError for what is none."""
    task, *words = id.split("/")
    if task != TASK:
        return statement_of(id)
    family = FAMILIES.get(words[0]) if len(words) >= 2 else None
    if family is not None:
        parts, rest = tuple(words[1].split("+")), words[2:]
        when = rest.pop(0) if rest and rest[0] in (*PHASES, *MOMENTS) else None
        fact = Fact(words[0], parts, when, rest.pop(0) if rest else None)
        if not rest and {*parts} <= {*PARTS} and len({*parts}) == len(parts) and family.has(fact):
            return fact
    raise ValueError(f"{id!r} is no id of a fact or statement")


class Known:
    """What is known of one clip: the truth of every fact and statement, worked out when it is asked for."""

    def __init__(self, descriptor: Descriptor, *, draft: bool = False) -> None:
        """``draft``: its tracker gives a first look alone, on which nothing should rest."""
        quality = descriptor.quality
        self.descriptor = descriptor
        self.why_nothing = "its tracker is a draft" if draft else _why_nothing(descriptor)
        """Why nothing at all can be said of the clip; None: something may be."""
        self.parts = tuple(part for part in PARTS if part not in quality.hidden and self.why_nothing is None)
        """The parts that are seen."""
        sources = next(iter(descriptor.parts.values())).sources
        self._views = [
            View({part: descriptor.parts[part].sources[source] for part in self.parts}, descriptor)
            for source in sources
        ]
        self._said = truths(descriptor)
        self._truths: dict[Fact | Statement, Truth] = {}

    def truth(self, fact: Fact | Statement) -> Truth:
        """True, false, or open (None)."""
        if fact not in self._truths:
            self._truths[fact] = self._truth(fact)
        return self._truths[fact]

    def holds(self, fact: Fact | Statement) -> bool:
        """Whether it is true."""
        return self.truth(fact) is True

    def first(self, facts: Iterable[Fact]) -> Fact | None:
        """The first of them that is true."""
        return next((fact for fact in facts if self.holds(fact)), None)

    def _truth(self, fact: Fact | Statement) -> Truth:
        if self.why_nothing is not None:
            return None
        if isinstance(fact, Statement):
            place = _places().get(fact)
            return truth(fact, self.descriptor) if place is None else _TRUTHS[int(self._said[place])]
        family = FAMILIES[fact.family]
        if not {*fact.parts, *((REFERENCE,) if family.relative else ())} <= {*self.parts}:
            return None
        said = {family.says(fact, view) for view in self._views}
        return said.pop() if len(said) == 1 else None


@cache
def _places() -> dict[Statement, int]:
    """Statement -> its place among all."""
    return {statement: place for place, statement in enumerate(statements())}


def _why_nothing(descriptor: Descriptor) -> str | None:
    quality = descriptor.quality
    if quality.found < FOUND:
        return f"a person is found in {quality.found:.0%} of the frames"
    if (quality.persons or 1) > 1:
        return f"{quality.persons} persons are in the picture"
    if (quality.camera or 0.0) > SHAKY:
        return "the camera moves"
    if len(quality.hidden) == len(PARTS):
        return "no part is seen well"
    return None
