"""What tracks rest on, drawn into a frame: the outline of the mask, the joints, and where the flow goes."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from mabench_eval.construction.tracking.overlay.figure import FINE
from mabench_eval.construction.tracks import TrackedClip

MASK, JOINT, FLOW = "#FFFFFF", "#FFE14D", "#E5484D"
"""White, yellow and red: none of them is a source's colour."""
NEAR = 0.06
"""Seconds that the evidence shown in a frame may be away from it."""
AHEAD = 0.5
"""Seconds: an arrow ends where a part would be so much later, at the speed that its flow has."""
AROUND = 2
"""Frames before and after, over which that speed is taken."""
LEAST = 3.0
"""Pixels: shorter arrows say nothing."""

Corner = tuple[float, float]


def draw_outline(image: Image.Image, tracked: TrackedClip, frame: int, scale: float, corner: Corner) -> Image.Image:
    """The picture with the edge of the mask, where the clip has one at about that frame.

    ``scale``: from the tracked picture to the shown one; ``corner``: where the former's is in the latter.
    """
    evidence = tracked.evidence
    place = _place(tracked, frame)
    if evidence is None or place is None or not evidence.masks[place].any():
        return image
    mask = evidence.masks[place]
    width, height = tracked.size or (mask.shape[1], mask.shape[0])
    whole = Image.fromarray(mask.astype(np.uint8) * 255)

    # the part of the coarse mask that is shown, in its own points, and its steps smoothed away
    points = mask.shape[1] / (width * scale), mask.shape[0] / (height * scale)
    left, top = -corner[0] * points[0], -corner[1] * points[1]
    affine = (points[0], 0.0, left, 0.0, points[1], top)
    shown = whole.transform(image.size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
    inside = shown.filter(ImageFilter.GaussianBlur(0.7 / points[0])).point(lambda value: 255 * (value > 127))
    edge = ImageChops.difference(inside, inside.filter(ImageFilter.MinFilter(3)))
    return Image.composite(Image.new("RGB", image.size, MASK), image, edge)


def draw_joints_and_flow(
    image: Image.Image, tracked: TrackedClip, frame: int, scale: float, corner: Corner
) -> Image.Image:
    """The picture with the joints, where the clip has them at about that frame, and arrows of the flow."""
    large = image.resize((image.width * FINE, image.height * FINE), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(large)
    place = _place(tracked, frame)
    radius = FINE * max(1.0, image.width / 160)
    joints = [] if tracked.evidence is None or place is None else tracked.evidence.joints[place] * scale + corner
    for x, y in joints:
        if np.isfinite(x + y):
            box = (FINE * x - radius, FINE * y - radius, FINE * x + radius, FINE * y + radius)
            draw.ellipse(box, fill=JOINT)

    for start, end in arrows_at(tracked, frame, scale, corner):
        along = np.subtract(end, start) / np.hypot(*np.subtract(end, start))
        aside = np.array([-along[1], along[0]])
        tip, foot = FINE * np.array(end), FINE * np.array(start)
        draw.line([tuple(foot), tuple(tip - 2 * radius * along)], fill=FLOW, width=round(1.2 * radius))
        head = [tip, tip - 3 * radius * along + 2 * radius * aside, tip - 3 * radius * along - 2 * radius * aside]
        draw.polygon([(float(x), float(y)) for x, y in head], fill=FLOW)
    return large.resize(image.size, Image.Resampling.LANCZOS)


def _place(tracked: TrackedClip, frame: int) -> int | None:
    """Number of the evidence at about a frame."""
    evidence = tracked.evidence
    if evidence is None or not len(evidence.frames):
        return None
    apart = np.abs(tracked.times[evidence.frames] - tracked.times[frame])
    return int(apart.argmin()) if apart.min() <= NEAR else None


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
