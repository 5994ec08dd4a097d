"""One clip as a contact sheet, or as a clip with everything drawn into it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mabench_eval.construction.descriptors import Descriptor
from mabench_eval.construction.tracking.overlay.evidence import draw_joints_and_flow, draw_outline
from mabench_eval.construction.tracking.overlay.figure import draw_parts, shown_at
from mabench_eval.construction.tracking.overlay.graph import draw_graph, draw_title, mark_time
from mabench_eval.construction.tracks import TrackedClip
from mabench_eval.video import clip_facts, each_frame

VERSION = 2
"""Raised when pictures come to look otherwise: they are drawn anew."""
WIDTH, TILES = 960, 6
"""Of a sheet, pixels; and its frames."""
MARGIN = 0.6
"""Torso lengths around the person that are shown."""
CLIP_WIDTH = 480
"""Of a clip with overlay, pixels."""


def draw_overlay(form: str, path: Path, tracked: TrackedClip, descriptor: Descriptor, label: str) -> bytes:
    """The content of a file. ``form``: one of ``FORMS``. Raises ClipError."""
    return _DRAW[form](path, tracked, descriptor, label)


def _sheet(path: Path, tracked: TrackedClip, descriptor: Descriptor, label: str) -> bytes:
    """Frames at equal steps of time, side by side, and the graph below."""
    wanted = [float(tracked.times[-1]) * (2 * place + 1) / (2 * TILES) for place in range(TILES)]
    shown: list[tuple[float, Image.Image]] = []
    for time, picture in each_frame(path):
        while len(shown) < TILES and time >= wanted[len(shown)] - 1e-6:  # a short clip shows some twice
            shown.append((time, _drawn(picture, tracked, time, WIDTH // TILES)))
    shown += [shown[-1]] * (TILES - len(shown))

    title = draw_title(descriptor, label, WIDTH)
    graph = draw_graph(tracked, descriptor, WIDTH, [time for time, _ in shown])
    height = shown[0][1].height
    sheet = Image.new("RGB", (WIDTH, title.height + height + graph.height), "white")
    sheet.paste(title, (0, 0))
    for place, (_, image) in enumerate(shown):
        sheet.paste(image, (place * WIDTH // TILES, title.height))
    sheet.paste(graph, (0, title.height + height))
    content = io.BytesIO()
    sheet.save(content, "PNG", optimize=True)
    return content.getvalue()


def _clip(path: Path, tracked: TrackedClip, descriptor: Descriptor, label: str) -> bytes:
    """All frames, each above the graph with a line that runs along it."""
    import av

    title = draw_title(descriptor, label, CLIP_WIDTH)
    graph = draw_graph(tracked, descriptor, CLIP_WIDTH, [])
    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(clip_facts(path).fps).limit_denominator(1001))
        stream.pix_fmt, stream.thread_count = "yuv420p", 1
        for time, picture in each_frame(path):
            image = _drawn(picture, tracked, time, CLIP_WIDTH)
            height = title.height + image.height + graph.height
            page = Image.new("RGB", (CLIP_WIDTH, height + height % 2), "white")
            page.paste(title, (0, 0))
            page.paste(image, (0, title.height))
            page.paste(mark_time(graph, tracked, time), (0, title.height + image.height))
            if not stream.codec_context.is_open:
                stream.width, stream.height = page.size
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(page), format="rgb24")))
        container.mux(stream.encode())
    return content.getvalue()


def _drawn(pixels: NDArray[np.uint8], tracked: TrackedClip, time: float, width: int) -> Image.Image:
    """A frame, cut around the person, ``width`` wide, with the parts where they are at its time."""
    picture = Image.fromarray(pixels)
    pixel = picture.width / (tracked.size or picture.size)[0]  # of the tracked picture, in this one
    left, top, right, bottom = _around(tracked, pixel, picture.size)
    scale = width / (right - left)
    shape = width, max(1, round((bottom - top) * scale))
    image = picture.resize(shape, Image.Resampling.BOX, (left, top, right, bottom))
    nearest = int(np.abs(tracked.times - time).argmin())  # skeletons may have a rate of their own
    shown, corner = pixel * scale, (-left * scale, -top * scale)
    image = draw_outline(image, tracked, nearest, shown, corner)
    image = draw_parts(image, shown_at(tracked, nearest, shown, corner))
    return draw_joints_and_flow(image, tracked, nearest, shown, corner)


def _around(tracked: TrackedClip, pixel: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of where the person is throughout, with a margin; no narrower than 3:4."""
    places = np.concatenate([tracks.positions.reshape(-1, 2) for tracks in tracked.sources])
    most = np.array(size, float)
    low = np.clip((places.min(axis=0) - MARGIN) * tracked.torso * pixel, 0, most)
    high = np.clip((places.max(axis=0) + MARGIN) * tracked.torso * pixel, 0, most)
    if (high - low < 1).any():  # all of it is outside the picture
        return 0, 0, *size
    width = min(most[0], max(high[0] - low[0], 0.75 * (high[1] - low[1])))
    left = float(np.clip((low[0] + high[0] - width) / 2, 0, most[0] - width))
    return int(left), int(low[1]), min(size[0], round(left + width) + 1), min(size[1], round(float(high[1])) + 1)


_DRAW: Mapping[str, Callable[[Path, TrackedClip, Descriptor, str], bytes]] = {"sheets": _sheet, "clips": _clip}
FORMS: Mapping[str, str] = MappingProxyType({"sheets": ".png", "clips": ".mp4"})
"""What can be drawn -> its suffix."""
