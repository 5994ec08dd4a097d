"""The descriptor as a graph: a lane a part, how far it is from where it began over time, a line for every source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mabench_eval.construction import kinematics
from mabench_eval.construction.descriptors import FLOOR, Descriptor
from mabench_eval.construction.kinematics import Floats
from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.tracking.overlay.figure import COLORS, FINE
from mabench_eval.construction.tracks import TrackedClip

LANE = 26
"""Height of a lane, pixels."""
TOP, LEFT, RIGHT = 8, 104, 92
"""Margins; the outer ones for the parts' names and figures."""
BOTTOM = TOP + LANE * len(PARTS)
FOOT = 56
"""Below the lanes: times, and what the lines are."""
LETTERS = 11
WIDE = 700
"""Pixels from which on the foot has room for all its words."""
INK, GREY, FAINT = "#1C2128", "#59636E", "#D0D7DE"


def draw_title(descriptor: Descriptor, label: str, width: int) -> Image.Image:
    """Who and what: two lines."""
    quality, tracker = descriptor.quality, descriptor.tracker
    about = [f"person in {quality.found:.0%} of {descriptor.frames} frames", f"torso {descriptor.torso:g} pixels"]
    if quality.persons is not None and quality.persons > 1:
        about.append(f"{quality.persons} persons")
    if quality.camera is not None and quality.camera > FLOOR:
        about.append(f"the camera moves by {quality.camera:.2f} torso lengths")
    if quality.hidden:
        about.append(f"hardly seen: {', '.join(quality.hidden)}")
    page = _Page(width, 36)
    page.text((8, 4), f"{descriptor.clip}: {label}", INK, LETTERS + 1)
    page.text((8, 20), f"{tracker['name']} {tracker['version']} ({tracker['licence']}); {'; '.join(about)}", GREY)
    return page.image()


def draw_graph(tracked: TrackedClip, descriptor: Descriptor, width: int, marks: Sequence[float]) -> Image.Image:
    """The lanes; their common scale ends at the farthest way. ``marks``: times of frames that are shown, seconds."""
    page = _Page(width, BOTTOM + FOOT)
    seconds = max(float(tracked.times[-1]), 1e-6)
    ways = {tracks.source: _ways(tracks.positions, tracked.times) for tracks in tracked.sources}
    farthest = max(2 * FLOOR, *(float(way.max()) for way in ways.values()))

    for third in range(4):
        x = _across(seconds * third / 3, seconds, width)
        page.line([(x, TOP), (x, BOTTOM)], FAINT, 0.7)
    for place, part in enumerate(PARTS):
        base = TOP + LANE * (place + 1) - 3
        measures = descriptor.parts[part].sources
        color_of_words = INK if all(measure.onset is not None for measure in measures.values()) else GREY
        page.text((8, base - 13), part, color_of_words)
        page.text(
            (width - RIGHT + 8, base - 13),
            " ".join(f"{each.amplitude:.2f}" for each in measures.values()),
            color_of_words,
        )
        page.line([(LEFT, base), (width - RIGHT, base)], FAINT, 0.7)
        for color, (source, way) in zip(COLORS, ways.items(), strict=False):
            across = [_across(float(time), seconds, width) for time in tracked.times]
            page.line(list(zip(across, base - (LANE - 6) * way[:, place] / farthest, strict=True)), color, 1.4)
            if (onset := measures[source].onset) is not None:
                page.triangle((_across(onset, seconds, width), base + 1), color)

    for mark in marks:
        x = _across(mark, seconds, width)
        page.line([(x, BOTTOM - 1), (x, BOTTOM + 4)], GREY, 1)
    _draw_foot(page, tracked, width, farthest)
    return page.image()


def mark_time(graph: Image.Image, tracked: TrackedClip, time: float) -> Image.Image:
    """The graph with a line at a time."""
    marked = graph.copy()
    x = _across(time, max(float(tracked.times[-1]), 1e-6), graph.width)
    ImageDraw.Draw(marked).line([(x, TOP), (x, BOTTOM)], fill=INK, width=1)
    return marked


def _draw_foot(page: _Page, tracked: TrackedClip, width: int, farthest: float) -> None:
    """Names of the phases, what the lines are, and the scale."""
    seconds = float(tracked.times[-1])
    for third, name in enumerate(kinematics.PHASES):
        words = f"{name} {seconds * third / 3:.2f}-{seconds * (third + 1) / 3:.2f} s"
        page.text((_across(third + 0.5, 3, width) - 2.7 * len(words), BOTTOM + 5), words, GREY)
    x = 8.0
    for color, tracks in zip(COLORS, tracked.sources, strict=False):
        page.line([(x, BOTTOM + 28), (x + 18, BOTTOM + 28)], color, 2)
        page.text((x + 23, BOTTOM + 21), tracks.source, INK)
        x += 36 + 6.2 * len(tracks.source)
    scale = f"lane: {farthest:.2f} torso lengths"
    if width >= WIDE:
        scale = f"distance from where it began, {scale}; triangles: onset; right: amplitude"
    page.text((x + 6, BOTTOM + 21), scale, GREY)
    legend = ["in the frames: lines, the sources"]
    if tracked.evidence is not None:
        legend += ["white, edge of the mask", "yellow, joints"]
    if any(tracks.source == "flow" for tracks in tracked.sources):
        legend.append("red, half a second of flow")
    page.text((8, BOTTOM + 37), "; ".join(legend), GREY)


def _across(time: float, seconds: float, width: int) -> float:
    return LEFT + (width - LEFT - RIGHT) * time / seconds


def _ways(positions: Floats, times: Floats) -> Floats:
    """(T, 14): how far each part is from where it began, smoothed as descriptors are."""
    smooth = kinematics.smooth(positions, times)
    return np.asarray(np.hypot(*np.moveaxis(smooth - smooth[:1], -1, 0)))


class _Page:
    """A white picture, drawn larger than it is shown. Places are pixels as shown."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._image = Image.new("RGB", (width * FINE, height * FINE), "white")
        self._draw = ImageDraw.Draw(self._image)

    def text(self, at: tuple[float, float], words: str, color: str, size: int = LETTERS) -> None:
        """A line of text; ``at`` is its upper left."""
        font = ImageFont.load_default(size * FINE)
        self._draw.text((at[0] * FINE, at[1] * FINE), words, fill=color, font=font)

    def line(self, places: Sequence[tuple[float, float]], color: str, width: float) -> None:
        """A line through all places."""
        points = [(x * FINE, y * FINE) for x, y in places]
        self._draw.line(points, fill=color, width=max(1, round(width * FINE)), joint="curve")

    def triangle(self, tip: tuple[float, float], color: str) -> None:
        """A mark that points down on a lane's base line."""
        x, y = tip[0] * FINE, tip[1] * FINE
        self._draw.polygon([(x, y), (x - 3.2 * FINE, y - 6 * FINE), (x + 3.2 * FINE, y - 6 * FINE)], fill=color)

    def image(self) -> Image.Image:
        """As it is shown."""
        return self._image.resize(self._size, Image.Resampling.LANCZOS)
