"""Tracks and descriptors in files: what is read is what was written, and equal tracks have equal bytes."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mabench_eval.construction import PARTS, Descriptor, Evidence, TrackedClip, Tracks, describe, read_tracks
from mabench_eval.construction.tracking.track_files import tracks_from_bytes, tracks_to_bytes
from mabench_eval.errors import InputError
from mabench_eval.runfiles import from_json, to_json


def tracked(frames: int = 20, seed: int = 0) -> TrackedClip:
    rng = np.random.default_rng(seed)
    way = np.cumsum(rng.normal(0, 0.02, (frames, len(PARTS), 2)), axis=0)
    seen = rng.uniform(0, 1, (frames, len(PARTS)))
    sources = (Tracks("pose", way, seen, {"head yaw": way[:, 0, 0]}), Tracks("flow", way * 0.8, seen))
    return TrackedClip(np.arange(frames) / 30, "viewer", 88.5, 0.95, sources, 2, 0.01, (240, 320))


def test_what_pictures_show_is_read_as_it_was_written_and_files_of_schema_1_have_none() -> None:
    rng = np.random.default_rng(0)
    joints = rng.uniform(0, 300, (3, 33, 2))
    joints[1] = np.nan
    before = Evidence(np.array([0, 7, 19]), joints, rng.uniform(size=(3, 45, 33)) > 0.5)
    content = tracks_to_bytes(replace(tracked(), evidence=before))
    after = tracks_from_bytes(content, "a.npz").evidence
    assert after is not None
    assert after.frames.tolist() == [0, 7, 19]
    assert np.array_equal(after.masks, before.masks)
    assert np.allclose(after.joints, before.joints, atol=0.13, equal_nan=True)  # float16 from 256 on: quarters
    assert len(content) - len(tracks_to_bytes(tracked())) < 3 * (45 * 33 / 8 + 33 * 2 * 2) + 1500

    with pytest.raises(InputError, match="masks of 13365 points in 557 bytes"):
        one, other = (f"[{count}, 45, 33]".encode("utf-32-le") for count in (3, 9))
        tracks_from_bytes(renamed(content, one, other), "a.npz")
    old = tracks_to_bytes(tracked())
    for now, then in (('"schema": 2', '"schema": 1'), (', "evidence": null', " " * 18)):
        old = renamed(old, now.encode("utf-32-le"), then.encode("utf-32-le"))
    assert tracks_from_bytes(old, "a.npz").evidence is None


@pytest.mark.parametrize("frames", [1, 2, 60])
def test_what_is_read_is_what_was_written(tmp_path: Path, frames: int) -> None:
    before = tracked(frames)
    (tmp_path / "a.npz").write_bytes(tracks_to_bytes(before))
    after = read_tracks(tmp_path / "a.npz")
    for name in ("sides", "torso", "found", "persons", "camera", "size"):
        assert getattr(after, name) == getattr(before, name)
    assert np.array_equal(after.times, before.times)
    for one, other in zip(after.sources, before.sources, strict=True):
        assert one.source == other.source
        assert np.allclose(one.positions, other.positions, atol=1e-6)
        assert np.allclose(one.visible, other.visible, atol=1e-6)
        assert one.rotation.keys() == other.rotation.keys()
    assert tracks_to_bytes(after) == (tmp_path / "a.npz").read_bytes()


def test_equal_tracks_have_equal_bytes_whenever_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    first = tracks_to_bytes(tracked())
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert tracks_to_bytes(tracked()) == first
    assert tracks_to_bytes(tracked(seed=1)) != first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_numpy_reads_the_file_without_pickle() -> None:
    with np.load(io.BytesIO(tracks_to_bytes(tracked())), allow_pickle=False) as arrays:
        assert json.loads(str(arrays["about"]))["sources"] == ["pose", "flow"]
        assert arrays["pose.positions"].shape == (20, 14, 2)
        assert sorted(arrays) == [
            "about",
            "flow.positions",
            "flow.visible",
            "pose.positions",
            "pose.rotation.head yaw",
            "pose.visible",
            "times",
        ]


def renamed(content: bytes, old: bytes, new: bytes) -> bytes:
    """An archive with other words in it, of the same length; the sum of the entry is made right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part.replace(old, new))
    return stream.getvalue()


@pytest.mark.parametrize("cut", [0, 10, 1000, -1])
def test_a_damaged_file_says_what_to_do(cut: int) -> None:
    with pytest.raises(InputError, match=r"a\.npz is no file of tracks") as error:
        tracks_from_bytes(tracks_to_bytes(tracked())[:cut], "a.npz")
    assert "track` makes it again" in error.value.hint


def test_a_later_schema_is_told() -> None:
    one, two = ('"schema": 2'.encode("utf-32-le"), '"schema": 7'.encode("utf-32-le"))
    with pytest.raises(InputError, match="schema 7 is of a later version"):
        tracks_from_bytes(renamed(tracks_to_bytes(tracked()), one, two), "a.npz")


@pytest.mark.parametrize("frames", [1, 2, 60])
def test_descriptors_go_to_json_and_back(frames: int) -> None:
    descriptor = describe(tracked(frames), "a", "0" * 64, {"name": "t", "version": "1", "licence": "MIT"})
    text = json.dumps(to_json(descriptor), allow_nan=False)
    again = from_json(Descriptor, json.loads(text), "a")
    assert json.dumps(to_json(again)) == text
    assert again == descriptor


BAD = {
    "no frame": {"times": np.zeros(0)},
    "times that stand still": {"times": np.zeros(20)},
    "no source": {"sources": ()},
    "two sources of one name": {"sources": (tracked().sources[0],) * 2},
    "a source of other length": {"sources": tracked(19).sources},
    "no torso": {"torso": 0.0},
    "a torso that is no number": {"torso": float("nan")},
    "more than all frames": {"found": 1.5},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_tracks_that_cannot_be_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(tracked(), **change)  # type: ignore[arg-type]


def test_every_field_of_a_descriptor_is_documented() -> None:
    """docs/descriptors.md names them all, each in a line of a table."""
    from tests.support.paths import ROOT

    text = (ROOT / "docs" / "descriptors.md").read_text(encoding="utf-8")
    row = to_json(describe(tracked(), "a", "0" * 64, {"name": "t", "version": "1", "licence": "MIT"}))
    part = row["parts"]["head"]
    measure = part["sources"]["pose"]
    names = [*row, *row["quality"], *part, *measure, *measure["phases"][0], *row["rotation"]["head yaw"]]
    names += ["begins", "ends", "gap", "name", "version", "licence"]
    assert [name for name in names if f"`{name}`" not in text] == []
