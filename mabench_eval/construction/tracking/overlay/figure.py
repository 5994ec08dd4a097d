"""The parts of a person, drawn into a frame: a line along each limb for every source, a dot for each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw

from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.tracks import SEEN, TrackedClip

LIMBS = (
    ("head", "torso"),
    *(("torso", *(f"{side} {part}" for part in ("upper arm", "lower arm", "hand"))) for side in ("left", "right")),
    *(("torso", *(f"{side} {part}" for part in ("upper leg", "lower leg", "foot"))) for side in ("left", "right")),
)
"""Parts that a line goes along."""
COLORS = ("#1F6FEB", "#F07818", "#0A8F63", "#B0279B")
"""Of the sources in their order: blue and orange also stay apart for those who do not tell red from green."""
FINE = 3
"""Drawn so many times as large, then reduced: lines without steps."""

Place = tuple[float, float, bool]
"""x and y in the shown picture, pixels; whether the part is seen."""


def shown_at(
    tracked: TrackedClip, frame: int, scale: float, corner: tuple[float, float] = (0.0, 0.0)
) -> Mapping[str, Sequence[Place]]:
    """Source -> place of each part.

    ``scale``: from the tracked picture to the shown one; ``corner``: where the former's is in the latter.
    """
    found = {}
    for tracks in tracked.sources:
        places = tracks.positions[frame] * tracked.torso * scale + corner
        seen = tracks.visible[frame] >= SEEN
        found[tracks.source] = [(float(x), float(y), bool(here)) for (x, y), here in zip(places, seen, strict=True)]
    return found


def draw_parts(image: Image.Image, sources: Mapping[str, Sequence[Place]]) -> Image.Image:
    """The picture with the parts in it; those that are hardly seen are rings."""
    large = image.resize((image.width * FINE, image.height * FINE), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(large)
    for number, (color, places) in enumerate(zip(COLORS, sources.values(), strict=False)):
        unit = (
            FINE * max(1.0, image.width / 160) * (1.3 - 0.4 * min(number, 2))
        )  # so that all are seen where they agree
        at = {name: (x * FINE, y * FINE) for name, (x, y, _) in zip(PARTS, places, strict=True)}
        for limb in LIMBS:
            draw.line([at[name] for name in limb], fill=color, width=round(unit), joint="curve")
        for (x, y), (_, _, seen) in zip(at.values(), places, strict=True):
            box = (x - 2.2 * unit, y - 2.2 * unit, x + 2.2 * unit, y + 2.2 * unit)
            fill, outline = (color, "white") if seen else ("white", color)
            draw.ellipse(box, fill=fill, outline=outline, width=round(unit / 2))
    return large.resize(image.size, Image.Resampling.LANCZOS)
