"""Motion in the pixels of a clip: where, when and in which direction a person moves, without any learned weights.

The frames are shrunk, the person is separated from a plain background, and between consecutive frames two things are
measured: how much each pixel changes beyond noise (energy), and where it goes (optical flow by least squares, Lucas and
Kanade 1981, coarse to fine as in Bouguet 2001). What moves the whole picture (camera shake, a change of exposure) is
estimated outside the person and subtracted from both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]

HEIGHT = 120
"""Rows of the shrunk frames, about: noise is averaged out, and a nod is still a pixel or two."""
NOISE_LEVELS = 3.0
"""Changes below so many standard deviations of the background's are noise."""
LEAST_NOISE = 0.7
"""Grey levels; the smallest standard deviation assumed, since rendered or well compressed walls have none."""
JITTER = 0.1
"""Pixels: smaller shifts are no motion; textured cloth flickers by so much in compressed video."""
MARGIN = 0.1
"""Share of the width, on either side, where the background is read; the person sits between."""
CONTRAST = 40.0
"""Levels in any colour channel by which the person differs from the background; shadows on a wall differ by less."""
WINDOW = 2
"""Radius of the flow's window in pixels: about the size of a fist in the shrunk frames."""
PYRAMID = 3
"""Levels of the flow's pyramid: displacements up to about 2 ** PYRAMID pixels between two frames are followed."""
RIDGE = 4.0
"""Squared grey levels a pixel, added to the flow's normal equations: windows with less texture do not move."""


@dataclass(frozen=True, slots=True)
class Box:
    """A person's bounding box in shrunk frames."""

    top: int
    bottom: int
    """First row below the person."""
    left: int
    right: int
    """First column to the right of the person."""
    middle: float
    """Column of the body's midline."""
    found: bool = True
    """False when no person stands out from the background: the box is the whole frame."""

    @property
    def height(self) -> int:
        """In rows."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What moves in a clip of T frames; shrunk frames have h rows and w columns."""

    energy: Array
    """(T-1, h, w): change between consecutive frames beyond noise, in grey levels, at least 0."""
    flow: Array
    """(T-1, h, w, 2): displacement (rightward, downward) as seen by the viewer, in body heights."""
    silhouette: NDArray[np.bool_]
    """(h, w): the person at rest."""
    box: Box


def measure(colours: Array) -> Motion:
    """Measure the motion in shrunk frames (T, h, w, 3), RGB, 0-255, in order of time. A frame alone has none."""
    silhouette, box = find_person(colours)
    grey = colours @ np.array([0.299, 0.587, 0.114], np.float32)  # luma, ITU-R BT.601
    outside = _outside(box, grey.shape[1:])
    steady = _without_shake(grey, outside)
    energy = _energy(steady, outside)
    flow = optical_flow(steady[:-1], steady[1:]) / np.float32(box.height)
    return Motion(energy, flow, silhouette, box)


def shrink(pixels: NDArray[np.uint8]) -> Array:
    """Frames (T, H, W, 3) reduced by block means to about HEIGHT rows (T, h, w, 3); of large blocks every k-th row."""
    count, height, width, _ = pixels.shape
    block = min(max(1, round(height / HEIGHT)), width)
    rows, columns = height // block, width // block
    used = range(0, block, max(1, block // 4))
    thin = np.zeros((count, rows, columns * block, 3), np.uint16)
    for row in used:
        thin += pixels[:, row : rows * block : block, : columns * block]
    sums = np.zeros((count, rows, columns, 3), np.float32)
    for column in range(block):
        sums += thin[:, :, column::block]
    return np.asarray(sums / (len(used) * block), np.float32)


def find_person(colours: Array) -> tuple[NDArray[np.bool_], Box]:
    """Silhouette (h, w) and box of the person at rest in shrunk frames (T, h, w, 3).

    Every row's background runs straight from its left to its right margin; what differs from it is the person. Where
    that is next to nothing or nearly everything, the background is not plain and the whole frame is taken.
    """
    rest = np.median(colours, axis=0)
    height, width = rest.shape[:2]
    margin = max(1, round(MARGIN * width))
    left, right = np.median(rest[:, :margin], axis=1), np.median(rest[:, -margin:], axis=1)
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    silhouette = np.abs(rest - left[:, None] * (1 - across) - right[:, None] * across).max(axis=2) > CONTRAST

    if not 0.02 < silhouette.mean() < 0.7:
        return np.ones((height, width), bool), Box(0, height, 0, width, width / 2, found=False)

    top, bottom = _extent(silhouette.sum(axis=1))
    left_edge, right_edge = _extent(silhouette[top:bottom].sum(axis=0))
    upper = silhouette[top : top + max(1, (bottom - top) // 2), left_edge:right_edge].sum(axis=0)
    middle = float(np.average(np.arange(left_edge, right_edge) + 0.5, weights=upper + 1e-6))
    return silhouette, Box(top, bottom, left_edge, right_edge, middle)


def optical_flow(before: Array, after: Array) -> Array:
    """Displacement (N, h, w, 2), rightward and downward in pixels, from ``before`` to ``after``, both (N, h, w)."""
    pairs = [(before, after)]
    while len(pairs) < PYRAMID and min(pairs[-1][0].shape[1:]) >= 16:
        pairs.append((_halved(pairs[-1][0]), _halved(pairs[-1][1])))
    flow = np.zeros((*pairs[-1][0].shape, 2), np.float32)
    for first, second in reversed(pairs):
        flow = _doubled(flow, first.shape) if flow.shape[:3] != first.shape else flow
        flow = flow + _step(first, _sampled(second, flow))
    return flow


def _step(first: Array, second: Array) -> Array:
    """One least-squares step: displacement in each pixel's window; nearly 0 where the window has no texture."""
    down, right = (np.asarray(g, np.float32) for g in np.gradient((first + second) / 2, axis=(1, 2)))
    change = second - first
    xx, yy, xy = _window(right * right) + RIDGE, _window(down * down) + RIDGE, _window(right * down)
    xt, yt = _window(right * change), _window(down * change)
    determinant = xx * yy - xy * xy
    step = np.stack([xy * yt - yy * xt, xy * xt - xx * yt], axis=-1) / determinant[..., None]
    limited: Array = np.clip(step, -2, 2).astype(np.float32)
    return limited


def _sampled(pictures: Array, flow: Array) -> Array:
    """The pictures (N, h, w) at the displaced positions, bilinear, the border repeated."""
    count, height, width = pictures.shape
    rows = np.clip(np.arange(height, dtype=np.float32)[:, None] + flow[..., 1], 0, height - 1.001)
    columns = np.clip(np.arange(width, dtype=np.float32) + flow[..., 0], 0, width - 1.001)

    top, left = rows.astype(np.intp), columns.astype(np.intp)
    down, right = rows - top, columns - left
    place = top * width + left + np.arange(count)[:, None, None] * (height * width)
    flat: Array = pictures.reshape(-1)
    upper = flat[place] * (1 - right) + flat[place + 1] * right
    lower = flat[place + width] * (1 - right) + flat[place + width + 1] * right
    return np.asarray(upper * (1 - down) + lower * down, np.float32)


def _window(picture: Array) -> Array:
    """Mean over a (2 * WINDOW + 1) square around each pixel, the border repeated."""
    size = 2 * WINDOW + 1
    _, height, width = picture.shape
    padded = np.pad(picture, ((0, 0), (WINDOW, WINDOW), (WINDOW, WINDOW)), mode="edge")
    rows = np.sum([padded[:, k : k + height] for k in range(size)], axis=0)
    return np.asarray(np.sum([rows[:, :, k : k + width] for k in range(size)], axis=0) / size**2, np.float32)


def _halved(pictures: Array) -> Array:
    """Every 2 x 2 block of (N, h, w) to its mean; an odd last row or column is dropped."""
    even = pictures[:, : pictures.shape[1] // 2 * 2, : pictures.shape[2] // 2 * 2]
    return (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / np.float32(4)


def _doubled(flow: Array, shape: tuple[int, ...]) -> Array:
    """A flow of half the resolution at full resolution: vectors repeated and doubled."""
    full = 2 * flow.repeat(2, axis=1).repeat(2, axis=2)
    pad = [(0, 0), (0, shape[1] - full.shape[1]), (0, shape[2] - full.shape[2]), (0, 0)]
    return np.pad(full, pad, mode="edge")


def _without_shake(grey: Array, outside: NDArray[np.bool_]) -> Array:
    """Frames (T, h, w) shifted and lightened so that their background stays as it is in the first frame."""
    steady = [grey[0]]
    for picture in grey[1:]:
        down, right = np.gradient(steady[0])
        terms = np.stack([right[outside], down[outside], np.ones(int(outside.sum()))], axis=1)
        change = (picture - steady[0])[outside]

        # least squares: a shift, and one change of brightness for the whole picture
        fit = terms.T @ terms + np.diag([RIDGE * len(change), RIDGE * len(change), 0.0])
        x, y, light = np.linalg.solve(fit, terms.T @ -change)
        shift = np.broadcast_to(np.array([x, y], np.float32), (1, *picture.shape, 2))
        steady.append(_sampled(picture[None], shift)[0] + np.float32(light))
    return np.stack(steady)


def _energy(steady: Array, outside: NDArray[np.bool_]) -> Array:
    """Change between consecutive frames (T-1, h, w) beyond the background's noise and the jitter of edges."""
    change = np.abs(np.diff(steady, axis=0))
    if not len(change):
        return change
    noise = 1.4826 * np.median(change[:, outside], axis=1)  # standard deviation from the median, for normal noise
    limit = NOISE_LEVELS * np.maximum(noise, LEAST_NOISE)
    slope = np.hypot(*np.gradient(steady.mean(axis=0)))
    beyond: Array = np.maximum(change - limit[:, None, None] - JITTER * slope, 0).astype(np.float32)
    return beyond


def _outside(box: Box, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where there is background only: all but the box and half its width around it, or the whole frame's rim."""
    outside = np.ones(shape, bool)
    rim = max(1, round(MARGIN * shape[1]))
    reach = (box.right - box.left) // 2
    left, right = max(rim, box.left - reach), min(shape[1] - rim, box.right + reach)
    outside[:, left:right] = False
    return outside


def _extent(counts: NDArray[np.intp]) -> tuple[int, int]:
    """First and last + 1 place of all but the outermost hundredths."""
    share = np.cumsum(counts) / counts.sum()
    return int(np.searchsorted(share, 0.01)), int(np.searchsorted(share, 0.99)) + 1
