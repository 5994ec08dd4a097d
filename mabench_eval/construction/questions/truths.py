"""Which statements are true of a clip, which are false, and which stay open.

A statement is open unless all sources say the same and each of them with a margin: what is near the boundary of true
and false is no question. Parts that are hardly seen, clips with a second person or without one in some frames, decide
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction.descriptors import Descriptor, Measure
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.questions.families import FAMILIES, Rows, rows_of
from mabench_eval.construction.questions.figures import Figures, figures_of
from mabench_eval.construction.questions.statements import FOUND, SHAKY, Statement, Truth
from mabench_eval.types import Json


def statements() -> Iterator[Statement]:
    """Everything that may be said, in a fixed order."""
    yield from all_statements()


@cache
def all_statements() -> tuple[Statement, ...]:
    """The same, to be counted."""
    return tuple(statement for family in FAMILIES.values() for statement in family.statements())


def truth(statement: Statement, descriptor: Descriptor) -> Truth:
    """Whether it is so."""
    if not _is_usable(descriptor) or not {*descriptor.quality.hidden}.isdisjoint(statement.parts):
        return None
    parts = tuple(dict.fromkeys(statement.parts))
    rows = rows_of([statement], parts)
    said = {int(_say(statement.family, figures, rows)[0]) for figures in _sources(descriptor, parts)}
    return {1: True, -1: False}.get(said.pop()) if len(said) == 1 else None


def truths(descriptor: Descriptor) -> NDArray[np.int8]:
    """(statements,) in their order: 1 true, -1 false, 0 open."""
    found = np.zeros(len(all_statements()), np.int8)
    if not _is_usable(descriptor):
        return found
    sources = _sources(descriptor, PARTS)
    hidden = np.array([part in descriptor.quality.hidden for part in PARTS])
    begin = 0
    for name, rows in _all_rows().items():
        said = np.stack([_say(name, figures, rows) for figures in sources])
        agreed = np.where((said == said[0]).all(axis=0) & ~hidden[rows.parts].any(axis=1), said[0], 0)
        found[begin : begin + len(agreed)] = agreed
        begin += len(agreed)
    return found


def evidence(statement: Statement, descriptor: Descriptor) -> Json:
    """Source -> part -> the figures that decide; of a phase where the statement is of one, else of all three."""
    sources = next(iter(descriptor.parts.values())).sources
    return {
        source: {part: _evidence(statement, descriptor.parts[part].sources[source]) for part in statement.parts}
        for source in sources
    }


def _evidence(statement: Statement, measure: Measure) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in FAMILIES[statement.family].evidence:
        if hasattr(measure, name):
            found[name] = _rounded(getattr(measure, name))
        else:
            phases = [_rounded(getattr(phase, name)) for phase in measure.phases]
            compares = statement.phase is None or statement.family == "busiest"
            found[name] = phases if compares else phases[PHASES.index(str(statement.phase))]
    return found


def _rounded(value: Any) -> Any:
    """Three decimals: a hundredth of what is clear to see."""
    if isinstance(value, tuple):
        return [_rounded(each) for each in value]
    return None if value is None else round(value, 3)


def _say(family: str, figures: Figures, rows: Rows) -> NDArray[np.int8]:
    """(N,): 1 true, -1 false, 0 neither."""
    so, not_so = FAMILIES[family].rule(figures, rows)
    return so.astype(np.int8) - not_so.astype(np.int8)


def _sources(descriptor: Descriptor, parts: tuple[str, ...]) -> list[Figures]:
    """The figures of these parts by each source."""
    measured = [descriptor.parts[part].sources for part in parts]
    return [figures_of([sources[name] for sources in measured], descriptor.seconds) for name in measured[0]]


@cache
def _all_rows() -> dict[str, Rows]:
    return {name: rows_of(list(family.statements()), PARTS) for name, family in FAMILIES.items()}


def _is_usable(descriptor: Descriptor) -> bool:
    quality = descriptor.quality
    return quality.found >= FOUND and (quality.persons or 1) <= 1 and (quality.camera or 0.0) <= SHAKY
