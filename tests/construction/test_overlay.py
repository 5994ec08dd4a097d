"""Pictures of what was found: the parts are drawn where they are, and the graph says what the descriptor says."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mabench_eval.construction import PARTS, Evidence, TrackedClip, Tracks, describe
from mabench_eval.construction.tracking.overlay import draw_overlay
from mabench_eval.construction.tracking.overlay.draw import CLIP_WIDTH, TILES, WIDTH
from mabench_eval.construction.tracking.overlay.evidence import (
    FLOW,
    JOINT,
    arrows_at,
    draw_joints_and_flow,
    draw_outline,
)
from mabench_eval.construction.tracking.overlay.figure import COLORS, draw_parts, shown_at
from tests.support.benchmarks import write_clip

TRACKER = {"name": "scripted", "version": "1", "licence": "MIT"}


def tracked(frames: int, sources: int = 2) -> TrackedClip:
    """Parts in a row from (8, 8) to (60, 8) pixels; the last one goes down."""
    positions = np.zeros((frames, len(PARTS), 2))
    positions[..., 0] = np.linspace(8, 60, len(PARTS)) / 20
    positions[..., 1] = 8 / 20
    positions[:, -1, 1] += np.linspace(0, 1, frames)
    seen = np.ones((frames, len(PARTS)))
    names = ("pose", "flow", "skeleton")[:sources]
    found = (Tracks(name, positions * (1 - 0.2 * place), seen) for place, name in enumerate(names))
    return TrackedClip(np.arange(frames) / 30, "viewer", 20.0, 1.0, tuple(found))


def drawn(form: str, folder: Path, frames: int, sources: int = 2) -> bytes:
    clip = write_clip(folder / "a.mp4", frames=frames)
    found = tracked(frames, sources)
    return draw_overlay(form, clip, found, describe(found, "a", None, TRACKER), "Nodding")


def near(pixels: NDArray[np.uint8], color: str) -> NDArray[np.bool_]:
    """Where a picture has about this colour."""
    wanted = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)])
    return np.asarray(np.abs(pixels.astype(int) - wanted).max(axis=-1) < 40)


@pytest.mark.parametrize(("frames", "sources"), [(1, 1), (2, 2), (12, 3)])
def test_a_sheet_has_frames_and_a_graph(tmp_path: Path, frames: int, sources: int) -> None:
    content = drawn("sheets", tmp_path, frames, sources)
    assert content == drawn("sheets", tmp_path, frames, sources)
    image = Image.open(io.BytesIO(content)).convert("RGB")
    assert image.width == WIDTH
    pixels = np.asarray(image)
    tiles, graph = pixels[36:-428], pixels[-428:]
    for color in COLORS[:sources]:
        assert near(graph, color).any(), "a line in the graph"
        assert all(near(tiles[:, at : at + 160], color).any() for at in range(0, WIDTH, WIDTH // TILES))


def test_mask_joints_and_flow_are_drawn_where_they_are() -> None:
    """A picture of 64x48 in which the person is the right half, with one joint; shown twice as large.

    The flow of the last part goes down by a torso (20 pixels) in 11 frames of 1/30 s: an arrow of half a second ends
    30 / 11 / 2 = 1.36 torsos lower, 54.5 pixels as shown; it begins at (120, 16), where its part is in frame 0.
    """
    masks = np.zeros((1, 24, 32), bool)
    masks[:, :, 16:] = True
    evidence = Evidence(np.array([0]), np.array([[[10.0, 30.0]]]), masks)
    found = replace(tracked(12, 1), size=(64, 48), evidence=evidence)
    found = replace(found, sources=(replace(found.sources[0], source="flow"),))
    white = Image.new("RGB", (128, 96), "black")
    edge = np.argwhere(near(np.asarray(draw_outline(white, found, 0, 2.0, (0.0, 0.0))), "#FFFFFF"))
    assert abs(edge[:, 1].min() - 64) <= 3
    assert {row for row, column in edge if abs(column - edge[:, 1].min()) <= 1} >= set(range(10, 86))

    shown = np.asarray(draw_joints_and_flow(white, found, 0, 2.0, (0.0, 0.0)))
    assert np.argwhere(near(shown, JOINT)).mean(axis=0) == pytest.approx((60, 20), abs=1)
    ((start, end),) = arrows_at(found, 0, 2.0, (0.0, 0.0))
    assert start == pytest.approx((120, 16))
    assert end == pytest.approx((120, 16 + 54.5), abs=0.1)
    assert near(shown, FLOW)[20:60, 117:123].any(axis=1).all()
    late = np.asarray(draw_joints_and_flow(white, found, 6, 2.0, (0.0, 0.0)))
    assert not near(late, JOINT).any(), "0.2 s later nobody knows where it is"


def test_parts_are_drawn_where_they_are() -> None:
    found = tracked(12, 1)
    image = draw_parts(Image.new("RGB", (64, 48), "white"), shown_at(found, 11, 1.0))
    blue = np.argwhere(near(np.asarray(image), COLORS[0]))
    assert abs(blue[:, 0].max() - 28) <= 3  # the last part, 20 pixels below the others at 8
    assert abs(blue[:, 1].min() - 8) <= 3
    small = shown_at(replace(found, size=(128, 96)), 11, 64 / 128)
    assert small["pose"][-1] == pytest.approx((30, 14, True))


def test_a_clip_shows_every_frame_with_the_graph_below(tmp_path: Path) -> None:
    import av

    content = drawn("clips", tmp_path, 12)
    with av.open(io.BytesIO(content), "r") as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 12
    assert frames[0].shape[1] == CLIP_WIDTH


def test_skeletons_at_a_rate_of_their_own_are_drawn_by_time(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", frames=13)
    fine, coarse = tracked(13, 1), tracked(7, 1)
    coarse = replace(coarse, times=coarse.times * 2)
    sheets = [draw_overlay("sheets", clip, each, describe(each, "a", None, TRACKER), "") for each in (fine, coarse)]
    one, other = (np.asarray(Image.open(io.BytesIO(sheet)).convert("RGB"))[36:-428] for sheet in sheets)
    assert (near(one, COLORS[0]) != near(other, COLORS[0])).mean() < 0.02
