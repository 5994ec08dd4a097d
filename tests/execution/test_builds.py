"""Clips tracked by workers on Ray: the files of one process, to the byte, whatever becomes of workers and nodes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.construction import BuildFolder, TrackReport, open_build, open_tracker, track_clips
from mabench_eval.errors import InputError, ModelError
from mabench_eval.execution import ClusterChoice, scheduler
from mabench_eval.journal import FILE
from tests.construction.scripted import write_clips, write_tracker
from tests.execution.nodes import NODE, released, wait_for

NAMES = ("a", "b", "boom", "c", "d", "morning/e", "nobody")


class Listener:
    """Keeps what a build says; calls ``on_clip`` with the number of clips that are tracked or have failed."""

    def __init__(self, on_clip: Callable[[int], None] = lambda count: None) -> None:
        self.notes: list[str] = []
        self._count, self._on_clip = 0, on_clip

    def stage(self, name: str, total: int, done: int) -> None: ...

    def retried(self, stage: str, times: int) -> None: ...

    def advance(self, stage: str, error: str | None = None) -> None:
        if stage == "tracking":
            self._count += 1
            self._on_clip(self._count)

    def note(self, line: str) -> None:
        self.notes.append(line)


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the tracker, whose code is imported once a process."""
    folder = write_tracker(tmp_path_factory.mktemp("code"))
    open_tracker(load_catalogue([folder]).check().tracker("scripted"), {})
    return folder


@pytest.fixture
def start(tmp_path: Path, code: Path) -> Callable[..., Path]:
    """Make a folder under construction, of clips with these names."""

    def begin(*names: str) -> Path:
        clips, labels = write_clips(tmp_path, names or NAMES)
        words = ["init", "--clips", str(clips), "--labels", str(labels)]
        assert main(["build", str(tmp_path / "mine"), *words]) == 0
        return tmp_path / "mine"

    return begin


def track(folder: Path, code: Path, *words: str) -> int:
    tracker = ["--tracker", "scripted", "--include", str(code), "--overlay", "sheets"]
    return main(["build", str(folder), "track", *tracker, *words])


def on_cluster(
    folder: Path, code: Path, cluster: ClusterChoice, listener: Listener | None = None, **settings: Any
) -> TrackReport:
    """The same by the API, which tells of the workers; ``settings`` are the tracker's."""
    made = replace(open_build(folder).settings, tracker="scripted", tracker_settings=settings, include=(str(code),))
    build = BuildFolder(folder, made)
    return track_clips(build, load_catalogue([code]), None, "sheets", listener or Listener(), cluster)


def files(folder: Path) -> dict[str, bytes]:
    """All that is made, but the journal, whose times differ."""
    made = [file for file in folder.rglob("*") if file.is_file() and file.name not in (FILE, "lock", "workers.log")]
    return {str(file.relative_to(folder)): file.read_bytes() for file in made}


@pytest.mark.parametrize("choice", [(), ("--ship-clips",)])
def test_workers_make_the_files_of_one_process(
    tmp_path: Path,
    code: Path,
    cluster: Any,
    start: Callable[..., Path],
    choice: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    spread = start()
    alone = shutil.copytree(spread, tmp_path / "alone")
    capsys.readouterr()
    assert track(alone, code, "--jobs", "1") == 3
    said = capsys.readouterr()
    assert track(spread, code, "--workers", "3", *choice) == 3
    also = capsys.readouterr()
    assert files(spread) == files(alone)
    assert len([name for name in files(spread) if name.startswith("overlays/")]) == 5
    assert also.out == said.out.replace(str(alone), str(spread))
    for line in ("boom: clip boom: tracker 'scripted' broke off", "nobody: clip nobody: no person is found"):
        assert line in also.err and line in said.err
    wait_for(released)


def test_a_node_that_dies_costs_nothing_but_what_it_has_in_hand(
    tmp_path: Path, code: Path, cluster: Any, start: Callable[..., Path]
) -> None:
    names = [f"clip{number:02}" for number in range(20)]
    spread = start(*names)
    alone = shutil.copytree(spread, tmp_path / "alone")
    assert track(alone, code, "--jobs", "1") == 0
    node = cluster.add_node(**NODE)
    cluster.wait_for_nodes()

    def kill(count: int) -> None:
        if count == 4:
            cluster.remove_node(node, allow_graceful=False)

    listener, log = Listener(kill), tmp_path / "log"
    report = on_cluster(spread, code, ClusterChoice(4), listener, log=str(log), speed=1.0)
    assert report.complete, listener.notes
    tracked = log.read_text().split()
    assert set(tracked) == set(names)
    assert len(tracked) <= len(names) + 3  # what it had, or had been sent, is tracked twice
    assert {**files(spread), "build.yaml": b""} == {**files(alone), "build.yaml": b""}


def test_a_clip_that_kills_workers_is_marked_failed_and_tried_again(
    tmp_path: Path, code: Path, cluster: Any, start: Callable[..., Path]
) -> None:
    folder, log, listener = start("a", "b", "killer", "c"), tmp_path / "log", Listener()
    report = on_cluster(folder, code, ClusterChoice(2), listener, log=str(log))
    assert dict(report.tracks.errors) == {"killer": "clip killer killed 2 workers and was marked failed"}
    assert (report.tracks.done, report.descriptors.done) == (3, 3)
    assert sum("is lost" in line for line in listener.notes) == 2
    Path(f"{log}.mended").touch()
    assert on_cluster(folder, code, ClusterChoice(2), log=str(log)).complete
    wait_for(released)


def test_what_is_missing_on_nodes_is_one_clear_error(
    tmp_path: Path, code: Path, cluster: Any, start: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = start("a", "b")
    with pytest.raises(ModelError, match=r"worker \d on .* cannot open the tracker: tracker scripted cannot run here"):
        on_cluster(folder, code, ClusterChoice(1, ray="auto"), speed=10)
    monkeypatch.setattr(scheduler, "clip_sizes", lambda files: {str(file): 1 for file in files})
    with pytest.raises(InputError, match="not all nodes see the clips that this one sees; nothing was begun") as caught:
        on_cluster(folder, code, ClusterChoice(2))
    assert any("a.mp4 has" in line for line in caught.value.problems)
