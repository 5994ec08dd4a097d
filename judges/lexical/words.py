"""The word lists of ``words.yaml``: patterns for what is said, and what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml


class Entry(NamedTuple):
    """One line of the lists."""

    kind: str
    """``part``, ``place``, ``direction``, ``motion``, ``touch``, ``pace``, ``role``, ``phase`` or ``negation``."""
    meaning: str
    """One word for all synonyms; empty for a negation that ends."""
    pattern: str
    """Regular expression for whole words in lower case."""


def _entries(lists: Mapping[str, Any]) -> Iterator[Entry]:
    fragments = list(reversed(lists["fragments"].items()))  # a fragment may hold those above it

    def pattern(forms: str | list[str]) -> str:
        text = forms if isinstance(forms, str) else "|".join(forms)
        for name, fragment in fragments:
            text = text.replace(f"{{{name}}}", fragment)
        return text

    for part, forms in lists["parts"].items():
        yield Entry("part", part, pattern(forms))
    for word in lists["words"]:
        ((name, forms),) = word.items()
        kind, _, meaning = name.partition(" ")
        yield Entry(kind, meaning, pattern(forms))


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where PyYAML has it: several times as fast."""
_TEXT = Path(__file__).with_name("words.yaml").read_text("utf-8")
_LISTS = yaml.load(_TEXT, Loader=_LOADER)  # noqa: S506 - either loader builds plain values alone

ENTRIES: tuple[Entry, ...] = tuple(_entries(_LISTS))
"""Parts first, so that ``lower arm`` is not read as ``lower``; of the others, too, the one further up counts."""
OPPOSITES: Mapping[str, str] = MappingProxyType(
    {**dict(_LISTS["opposites"]), **{b: a for a, b in _LISTS["opposites"]}, "touch": "no touch"}
)
"""Meaning -> the meaning that contradicts it."""
LEFT_RIGHT = MappingProxyType({"left": "right", "right": "left"})
UP_DOWN = MappingProxyType({"up": "down", "down": "up", "high": "low", "low": "high"})
LIMBS: Mapping[str, str] = MappingProxyType({part: limb for limb, parts in _LISTS["limbs"].items() for part in parts})
"""Part -> the region of the body it belongs to."""
TARGETS = frozenset(_LISTS["targets"])
"""Parts that are touched or approached and never move by themselves."""
