"""What a statement gives away by being asked, and what its answer is about: two questions of a clip must not tell.

"While the left hand moves upward, ..." says that it does; "does the left hand start before the head?" says that both
move. Who reads all questions of a clip would need no video for one that asks just that. So a clip is never asked two
statements of which one presumes what the other asks for, or which ask for the same thing in two ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from mabench_eval.construction.parts import limb
from mabench_eval.construction.questions.statements import Statement
from mabench_eval.construction.questions.truths import all_statements

Topics = frozenset[str]
_EVERY_WAY = ("{a} way early", "{a} way middle", "{a} way late")
_BOTH_MOVE = ("{a} moves", "{b} moves")
_BOTH_ACTIVE = (*_BOTH_MOVE, "{a} active {phase}", "{b} active {phase}")
_TOPICS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "direction": (("{a} way {phase}",), ("{a} moves", "{a} active {phase}")),
        "throughout": (_EVERY_WAY, ("{a} moves",)),
        "transition": (_EVERY_WAY, ("{a} moves",)),
        "repetition": (("{a} repeats",), ("{a} moves",)),
        "stillness": (("{a} moves",), ()),
        "busiest": (("{a} active early", "{a} active middle", "{a} active late"), ("{a} moves",)),
        "together": (("{b} way {phase}",), ("{a} way {phase}", "{a} leads {phase}", *_BOTH_ACTIVE)),
        "same way": (("{a} way {phase}", "{b} way {phase}"), _BOTH_ACTIVE),
        "opposite ways": (("{a} way {phase}", "{b} way {phase}"), _BOTH_ACTIVE),
        "while still": (("{b} moves",), ("{a} moves", "{a} active {phase}")),
        "larger": (("{pair} larger",), _BOTH_MOVE),
        "before": (("{pair} order",), _BOTH_MOVE),
        "at once": (("{pair} order",), _BOTH_MOVE),
        # Of a repeated movement nobody says when it comes to rest.
        "settles before": (("{pair} order",), (*_BOTH_MOVE, "{a} repeats", "{b} repeats")),
        "over before": (("{pair} order",), (*_BOTH_MOVE, "{a} repeats")),
        # What moves in a phase started no later, and comes to rest no earlier.
        "starts": (("{a} starts", "{a} active early"), ("{a} moves",)),
        "starts/late": (("{a} starts", "{a} active early", "{a} active middle"), ("{a} moves",)),
        "settles": (("{a} settles", "{a} active late"), ("{a} moves", "{a} repeats")),
        "settles/early": (("{a} settles", "{a} active middle", "{a} active late"), ("{a} moves", "{a} repeats")),
        "approach": (("{pair} distance", "{a} leads {phase}", "{b} leads {phase}"), _BOTH_MOVE),
        "apart": (("{pair} distance", "{a} leads {phase}", "{b} leads {phase}"), _BOTH_MOVE),
        "ends nearer": (("{pair} distance",), _BOTH_MOVE),
        "ends farther": (("{pair} distance",), _BOTH_MOVE),
        "closer than": (("{pair} nearer",), ()),
    }
)
"""Family, or family and phase -> what the answer is about; and what is presumed, whatever the answer. ``a`` and ``b``
are limbs, whose parts move together: ``active`` is that a limb moves in a phase, ``way`` where to, ``leads`` whether
that leads it to another part."""


def topics_of(statement: Statement) -> tuple[Topics, Topics]:
    """What its answer is about; and what it presumes, whatever the answer."""
    limbs = [limb(part) for part in statement.parts]
    words = {"a": limbs[0], "b": limbs[-1], "pair": "+".join(sorted(set(limbs))), "phase": statement.phase}
    tells, presumes = _TOPICS.get(f"{statement.family}/{statement.phase}") or _TOPICS[statement.family]
    return frozenset(each.format(**words) for each in tells), frozenset(each.format(**words) for each in presumes)


@cache
def topic_masks() -> tuple[tuple[int, int], ...]:
    """Of each statement, in their order, both sets of topics as bits."""
    numbers: dict[str, int] = {}

    def bits(topics: Topics) -> int:
        return sum(1 << numbers.setdefault(topic, len(numbers)) for topic in sorted(topics))

    return tuple((bits(tells), bits(presumes)) for tells, presumes in map(topics_of, all_statements()))


def conflict(tells: int, presumes: int, told: int, presumed: int) -> bool:
    """Whether a statement with these topics may not stand beside those that have told and presumed theirs."""
    return bool(tells & (told | presumed) or presumes & told)
