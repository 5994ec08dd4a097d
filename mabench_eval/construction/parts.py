"""The fourteen body parts that questions name, and the joints that they lie between."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mabench_eval.construction.sides import SIDES, Sides

MIDDLE_PARTS = ("head", "torso")
SIDED_PARTS = ("upper arm", "lower arm", "hand", "upper leg", "lower leg", "foot")
PARTS = (*MIDDLE_PARTS, *(f"{side} {part}" for side in ("left", "right") for part in SIDED_PARTS))
"""Body parts of the official questions, in the order of all arrays."""

JOINTS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "head": ("nose", "left eye", "right eye", "left ear", "right ear", "head top"),
        "torso": ("left shoulder", "right shoulder", "left hip", "right hip"),
        "upper arm": ("shoulder", "elbow"),
        "lower arm": ("elbow", "wrist"),
        "hand": ("wrist", "thumb", "index", "pinky"),
        "upper leg": ("hip", "knee"),
        "lower leg": ("knee", "ankle"),
        "foot": ("ankle", "heel", "toe"),
    }
)
"""Part -> the joints whose mean is its place, as far as a layout has them; those of a sided part belong to its side."""


def limb(part: str) -> str:
    """The limb that a part belongs to: ``head``, ``torso``, ``left arm``, ... Parts of one limb move together."""
    side, _, name = part.partition(" ")
    if not name:
        return part
    return f"{side} {'leg' if name in ('upper leg', 'lower leg', 'foot') else 'arm'}"


def part_joints(sides: Sides) -> dict[str, tuple[str, ...]]:
    """Part -> joints, named by the person's own side as all layouts name them.

    Args:
        sides: Whose left and right name the parts. By the viewer's the left hand is the person's right one: everybody
            is taken to face the camera, as in all clips of the benchmark.
    """
    found = {part: JOINTS_OF[part] for part in MIDDLE_PARTS}
    own = {place: side for side, place in SIDES["person"].items()}
    for side, place in SIDES[sides].items():
        for part in SIDED_PARTS:
            found[f"{side} {part}"] = tuple(f"{own[place]} {joint}" for joint in JOINTS_OF[part])
    return {part: found[part] for part in PARTS}
