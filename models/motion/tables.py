"""The tables of ``tables.yaml``: zones of the picture, what micro-actions look like, and the words for directions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import yaml


class Sign(NamedTuple):
    """What distinguishes a micro-action from the others of its body part."""

    direction: str
    """Of the leading part: ``up``, ``down``, ``in``, ``out``, ``horizontal``, ``vertical`` or ``any``."""
    place: tuple[float, float]
    """Where it happens: distance from the midline, from the top of the head; body heights."""
    repeated: bool = False
    """Whether it goes back and forth."""
    both: bool = False
    """Whether both sides take part alike."""


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where PyYAML has it: several times as fast."""
_TEXT = Path(__file__).with_name("tables.yaml").read_text("utf-8")
_TABLES = yaml.load(_TEXT, Loader=_LOADER)  # noqa: S506 - either loader builds plain values alone

ZONES: Mapping[str, tuple[float, float, float, float]] = MappingProxyType(
    {name: tuple(edges) for name, edges in _TABLES["zones"].items()}
)
"""Zones that cover the whole picture: top, bottom, nearest to and farthest from the midline, in body heights."""
PROFILES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {part: tuple(shares) for part, shares in _TABLES["profiles"].items()}
)
"""Body part -> percent of the energy in each zone."""
SIGNS: Mapping[str, Sign] = MappingProxyType(
    {action: Sign(**{**sign, "place": tuple(sign["place"])}) for action, sign in _TABLES["signs"].items()}
)
"""Micro-action -> its sign."""
DIRECTIONS: tuple[tuple[str, str], ...] = tuple(
    (direction, words if isinstance(words, str) else "|".join(words))
    for entry in _TABLES["directions"]
    for direction, words in entry.items()
)
"""(direction, regular expression for lower case); of two that match at one place the first counts."""
