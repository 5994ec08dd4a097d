"""The builds that other tests start from."""

from __future__ import annotations

from math import hypot
from pathlib import Path

import pytest

from demo.motions import CLIPS
from mabench_eval.construction import Statement, truth
from tests.support.construction import demo_build, drawn_build, drawn_clips


def test_the_demo_is_described_by_what_is_drawn(tmp_path: Path) -> None:
    build = demo_build(tmp_path / "mine")
    clips, descriptors = build.clips(), list(build.descriptors())
    assert [row.fine for row in clips] == [clip.action for clip in CLIPS]
    assert [each.clip for each in descriptors] == [row.clip for row in clips]
    assert build.left_out() == []
    # "Rising up": the torso, and the head on it, go 2 right and 20 up of 84 pixels; the right hand leaves at 1.1 s.
    rising = descriptors[1]
    assert rising.parts["head"].sources["pose"].amplitude == pytest.approx(hypot(2, 20) / 84, abs=0.01)
    assert truth(Statement("MAS", "before", ("head", "right hand")), rising) is True
    assert truth(Statement("MAS", "before", ("right hand", "head")), rising) is False


def test_drawn_clips_are_the_same_every_time_and_make_a_build(tmp_path: Path) -> None:
    clips = list(drawn_clips(3))
    assert [clip.descriptor for clip in drawn_clips(3)] == [clip.descriptor for clip in clips]
    build = drawn_build(tmp_path / "mine", clips)
    assert build.clips() == [clip.row for clip in clips]
    assert list(build.descriptors()) == [clip.descriptor for clip in clips]
