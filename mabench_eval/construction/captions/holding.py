"""What a fact holds, in the smallest pieces: what one part does, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mabench_eval.construction.captions.facts import Fact, fact_of
from mabench_eval.construction.questions import Statement


@dataclass(frozen=True, slots=True)
class Atom:
    """One part does something."""

    kind: str
    """As words claim it (``claims.yaml``)."""
    part: str
    value: str | None = None
    when: str | None = None
    """A phase or moment."""
    parts: tuple[str, ...] = ()
    """All that the fact is about."""


_OF_STATEMENTS = {
    "repetition": "repetition",
    "stillness": "still",
    "busiest": "busiest",
    "at once": "together",
    "starts": "begins",
    "settles": "settles",
    "approach": "approach",
    "apart": "apart",
}
"""Family -> what each of its parts does; what captions do not say is not among them."""
_OF_FACTS = {"heads": "direction", "net": "direction", "leads": "lead"}
_MANNERS = {
    "one-way": ("once",),
    "return": ("once", "return", "turns"),
    "swings": ("repetition", "return", "turns"),
    "repeated": ("repetition", "return", "turns"),
}


@lru_cache(maxsize=16384)
def atoms_of(id: str) -> tuple[Atom, ...]:
    """All that the fact of an id holds. Raises ValueError for what is no id."""
    fact = fact_of(id)
    pieces = _of_statement(fact) if isinstance(fact, Statement) else _of_fact(fact)
    return tuple(Atom(kind, part, value, when, fact.parts) for kind, part, value, when in pieces)


Piece = tuple[str, str, str | None, str | None]


def _of_statement(statement: Statement) -> Iterator[Piece]:
    first, last, phase = statement.parts[0], statement.parts[-1], statement.phase
    if statement.family in ("direction", "together"):
        for part, direction in zip(statement.parts, statement.directions, strict=True):
            yield "direction", part, direction, phase
            if statement.family == "together":
                yield "together", part, None, phase
    elif statement.family in ("larger", "before"):
        yield "lead" if statement.family == "larger" else "before", first, None, None
        yield "follow", last, None, None
    elif statement.family in _OF_STATEMENTS:
        for part in statement.parts:
            yield _OF_STATEMENTS[statement.family], part, None, phase


def _of_fact(fact: Fact) -> Iterator[Piece]:
    for part in fact.parts:
        if fact.family == "manner":
            for kind in _MANNERS[str(fact.value)]:
                yield kind, part, None, None
        elif fact.family == "rank":
            yield "lead" if fact.value == "1" else "follow", part, None, None
        else:
            yield _OF_FACTS.get(fact.family, fact.family), part, fact.value, fact.when
            if fact.family == "turns":
                yield "repetition" if int(fact.value or 0) > 1 else "return", part, None, None
            if fact.family == "near" and fact.when:
                yield "near", part, None, None
