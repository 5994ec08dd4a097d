"""Whose left and right name a body part: those of the viewer or those of the person."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Sides = Literal["viewer", "person"]
"""``viewer``: the right hand is the one on the right of the picture, as directions are said; the official questions do
so (docs/audit.md). ``person``: it is the person's own, on the left of a picture that they face."""

SIDES: Mapping[Sides, Mapping[str, int]] = MappingProxyType(
    {
        "viewer": MappingProxyType({"left": -1, "right": 1}),
        "person": MappingProxyType({"left": 1, "right": -1}),
    }
)
"""Sides -> side -> where it is on the picture of a person who faces the camera: -1 left, 1 right of the midline."""
