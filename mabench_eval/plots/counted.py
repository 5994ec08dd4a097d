"""What panels of counts show, as data: it can be made without matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Counts:
    """Bars, from the top."""

    bars: Mapping[str, Sequence[int]]
    """Name -> its parts, stacked; a plain bar has one."""
    unit: str
    """What is counted."""
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name -> what its parts are called; empty: they have no names."""


@dataclass(frozen=True, slots=True)
class Values:
    """A histogram."""

    groups: Mapping[str, Sequence[float]]
    """Name -> values; "" where there is one group."""
    unit: str
    """Of the values."""
    counted: str
    """What has them."""
    whole: bool = False
    """Whether they are whole numbers."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of a figure."""

    title: str
    content: Counts | Values
