"""One clip as a contact sheet, or as a clip with everything drawn into it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from mabench_eval.construction.descriptors import Descriptor
from mabench_eval.construction.overlay.figure import draw_parts, shown_at
from mabench_eval.construction.overlay.graph import draw_graph, draw_title, mark_time
from mabench_eval.construction.tracks import TrackedClip
from mabench_eval.errors import InputError
from mabench_eval.video import each_frame

VERSION = 1
"""Raised when pictures come to look otherwise: they are drawn anew."""
WIDTH, TILES = 960, 6
"""Of a sheet, pixels; and its frames."""
MARGIN = 0.6
"""Torso lengths around the person that are shown."""
CLIP_WIDTH = 480
"""Of a clip with overlay, pixels."""


def draw_overlay(form: str, path: Path, tracked: TrackedClip, descriptor: Descriptor, label: str) -> bytes:
    """The content of a file. ``form``: one of ``FORMS``. Raises ClipError; InputError for tracks of another clip."""
    return _DRAW[form](path, tracked, descriptor, label)


def _sheet(path: Path, tracked: TrackedClip, descriptor: Descriptor, label: str) -> bytes:
    """Frames at equal steps of time, side by side, and the graph below."""
    count = len(tracked.times)
    chosen = [(2 * place + 1) * count // (2 * TILES) for place in range(TILES)]  # a short clip shows some twice
    tiles = dict(_drawn_frames(path, tracked, WIDTH // TILES, set(chosen)))

    title = draw_title(descriptor, label, WIDTH)
    graph = draw_graph(tracked, descriptor, WIDTH, [float(tracked.times[number]) for number in chosen])
    height = tiles[chosen[0]].height
    sheet = Image.new("RGB", (WIDTH, title.height + height + graph.height), "white")
    sheet.paste(title, (0, 0))
    for place, number in enumerate(chosen):
        sheet.paste(tiles[number], (place * WIDTH // TILES, title.height))
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
        stream = container.add_stream("libx264", rate=_rate(tracked))
        stream.pix_fmt, stream.thread_count = "yuv420p", 1
        for number, image in _drawn_frames(path, tracked, CLIP_WIDTH, set(range(len(tracked.times)))):
            height = title.height + image.height + graph.height
            page = Image.new("RGB", (CLIP_WIDTH, height + height % 2), "white")
            page.paste(title, (0, 0))
            page.paste(image, (0, title.height))
            page.paste(mark_time(graph, tracked, float(tracked.times[number])), (0, title.height + image.height))
            if not stream.codec_context.is_open:
                stream.width, stream.height = page.size
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(page), format="rgb24")))
        container.mux(stream.encode())
    return content.getvalue()


def _drawn_frames(path: Path, tracked: TrackedClip, width: int, wanted: set[int]) -> Iterator[tuple[int, Image.Image]]:
    """Number and picture of the wanted frames, cut around the person, ``width`` wide, with the parts in them."""
    total = 0
    for number, (_, pixels) in enumerate(each_frame(path)):
        total += 1
        if number in wanted:
            picture = Image.fromarray(pixels)
            pixel = picture.width / (tracked.size or picture.size)[0]  # of the tracked picture, in this one
            left, top, right, bottom = _around(tracked, pixel, picture.size)
            scale = width / (right - left)
            shape = width, max(1, round((bottom - top) * scale))
            image = picture.resize(shape, Image.Resampling.BOX, (left, top, right, bottom))
            corner = (-left * scale, -top * scale)
            yield number, draw_parts(image, shown_at(tracked, number, pixel * scale, corner))
    if total != len(tracked.times):
        raise InputError(f"{path.name} has {total} frames, its tracks have {len(tracked.times)}")


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


def _rate(tracked: TrackedClip) -> Fraction:
    """Frames a second: by the usual step of time."""
    steps = [float(after - before) for before, after in pairwise(tracked.times)]
    return Fraction(1 / max(float(np.median(steps)), 1e-3) if steps else 30).limit_denominator(1001)


_DRAW: Mapping[str, Callable[[Path, TrackedClip, Descriptor, str], bytes]] = {"sheets": _sheet, "clips": _clip}
FORMS: Mapping[str, str] = MappingProxyType({"sheets": ".png", "clips": ".mp4"})
"""What can be drawn -> its suffix."""
