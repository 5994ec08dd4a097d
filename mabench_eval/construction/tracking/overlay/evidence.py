"""What tracks rest on, drawn into a frame: the outline of the mask, the joints, and where the flow goes."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from mabench_eval.construction.tracking.overlay.figure import FINE
from mabench_eval.construction.tracks import Evidence, TrackedClip

MASK, JOINT, FLOW = "#FFFFFF", "#FFE14D", "#E5484D"
"""White, yellow and red: none of them is a source's colour."""
NEAR = 0.06
"""Seconds that the evidence shown in a frame may be away from it."""
AHEAD = 0.2
"""Seconds: an arrow ends where a part would be so much later, at the speed that its flow has."""
AROUND = 2
"""Frames before and after, over which that speed is taken."""
LEAST = 4.0
"""Pixels: shorter arrows say nothing."""

Corner = tuple[float, float]


def draw_evidence(image: Image.Image, tracked: TrackedClip, frame: int, scale: float, corner: Corner) -> Image.Image:
    """The picture with mask and joints, where the clip has them at about that frame, and arrows of the flow.

    ``scale``: from the tracked picture to the shown one; ``corner``: where the former's is in the latter.
    """
    evidence = tracked.evidence
    if evidence is not None and len(evidence.frames):
        place = int(np.abs(tracked.times[evidence.frames] - tracked.times[frame]).argmin())
        if abs(tracked.times[evidence.frames[place]] - tracked.times[frame]) <= NEAR:
            image = _with_outline(image, tracked, evidence, place, scale, corner)
            image = _with_joints(image, evidence, place, scale, corner)
    return _with_arrows(image, tracked, frame, scale, corner)


def _with_outline(
    image: Image.Image, tracked: TrackedClip, evidence: Evidence, place: int, scale: float, corner: Corner
) -> Image.Image:
    mask = evidence.masks[place]
    if not mask.any():
        return image
    width, height = tracked.size or (mask.shape[1], mask.shape[0])
    whole = Image.fromarray(mask.astype(np.uint8) * 255)

    # the part of the coarse mask that is shown, in its own points
    points = mask.shape[1] / (width * scale), mask.shape[0] / (height * scale)
    left, top = -corner[0] * points[0], -corner[1] * points[1]
    affine = (points[0], 0.0, left - 0.5 + points[0] / 2, 0.0, points[1], top - 0.5 + points[1] / 2)
    shown = whole.transform(image.size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
    inside = shown.point(lambda value: 255 * (value > 127))
    edge = ImageChops.difference(inside.filter(ImageFilter.MaxFilter(3)), inside.filter(ImageFilter.MinFilter(3)))
    return Image.composite(Image.new("RGB", image.size, MASK), image, edge.point(lambda value: value * 3 // 4))


def _with_joints(image: Image.Image, evidence: Evidence, place: int, scale: float, corner: Corner) -> Image.Image:
    large, draw = _enlarged(image)
    radius = FINE * max(1.2, image.width / 130)
    for x, y in evidence.joints[place] * scale + corner:
        if np.isfinite(x + y):
            box = (FINE * x - radius, FINE * y - radius, FINE * x + radius, FINE * y + radius)
            draw.ellipse(box, fill=JOINT, outline="black", width=max(1, round(radius / 4)))
    return large.resize(image.size, Image.Resampling.LANCZOS)


def _with_arrows(image: Image.Image, tracked: TrackedClip, frame: int, scale: float, corner: Corner) -> Image.Image:
    large, draw = _enlarged(image)
    for start, end in arrows_at(tracked, frame, scale, corner):
        along = np.subtract(end, start) / np.hypot(*np.subtract(end, start))
        aside = np.array([-along[1], along[0]])
        tip, foot, size = FINE * np.array(end), FINE * np.array(start), FINE * max(2.0, image.width / 60)
        draw.line([tuple(foot), tuple(tip - size * along)], fill=FLOW, width=round(size / 2))
        head = [tip, tip - 1.6 * size * along + size * aside, tip - 1.6 * size * along - size * aside]
        draw.polygon([tuple(map(float, point)) for point in head], fill=FLOW)
    return large.resize(image.size, Image.Resampling.LANCZOS)


def arrows_at(
    tracked: TrackedClip, frame: int, scale: float, corner: Corner
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Start and end of an arrow for each part that the source ``flow`` sees moving, pixels of the shown picture."""
    first, last = max(frame - AROUND, 0), min(frame + AROUND, len(tracked.times) - 1)
    arrows = []
    for tracks in tracked.sources:
        if tracks.source == "flow" and last > first:
            seconds = tracked.times[last] - tracked.times[first]
            ways = (tracks.positions[last] - tracks.positions[first]) / seconds * AHEAD * tracked.torso * scale
            starts = tracks.positions[frame] * tracked.torso * scale + corner
            arrows += [
                ((float(x), float(y)), (float(x + right), float(y + down)))
                for (x, y), (right, down) in zip(starts, ways, strict=True)
                if np.hypot(right, down) >= LEAST
            ]
    return arrows


def _enlarged(image: Image.Image) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    large = image.resize((image.width * FINE, image.height * FINE), Image.Resampling.BILINEAR)
    return large, ImageDraw.Draw(large)
