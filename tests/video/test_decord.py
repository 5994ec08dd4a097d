"""decord, where it is chosen: PyAV's frames of plain clips, PyAV for all others, and a run that says so."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval.cli import main
from mabench_eval.cli.parser import parse
from mabench_eval.cli.run_options import sweep_of
from mabench_eval.errors import ClipError, InputError
from mabench_eval.journal.journal import read_journal
from mabench_eval.planning.config import RunConfig
from mabench_eval.runfiles import read_record
from mabench_eval.runs.reading import config_of
from mabench_eval.types import Frames
from mabench_eval.video import Sampling, check_decoder, decode, decode_content, decoder_name, frames_identity
from mabench_eval.video.sampling import RULES
from tests.support.benchmarks import Ask, write_benchmark, write_clip
from tests.support.clips import add_sound, av1_film, film, place, turn
from tests.support.paths import DATA, SHARED
from tests.video.test_frames import needs_av1, needs_hevc

needs_decord = pytest.mark.skipif(not importlib.util.find_spec("decord"), reason="decord has no wheel for this machine")
ENCODINGS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "keyframes alone": {"options": {"g": "1"}},
    "short groups, B-frames": {"options": {"g": "5", "bf": "3", "b_strategy": "0"}},
    "open groups": {"options": {"g": "6", "bf": "3", "x264-params": "open-gop=1:b-pyramid=normal:b-adapt=0"}},
    "refreshed bit by bit": {"options": {"x264-params": "intra-refresh=1:keyint=5"}},
    "no edit list": {"container_options": {"use_editlist": "0"}},
    "negative offsets": {"container_options": {"movflags": "negative_cts_offsets"}},
    "with sound": {"before": add_sound},
    "one frame": {"count": 1},
    "three frames": {"count": 3},
    "40 frames in open groups": {"count": 40, "options": {"g": "12", "x264-params": "open-gop=1"}},
}


def same(one: Frames, other: Frames) -> bool:
    return np.array_equal(one.pixels, other.pixels) and all(
        getattr(one, name) == getattr(other, name) for name in ("indices", "timestamps", "fps", "total")
    )


@needs_decord
@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_plain_clips_have_the_same_frames(tmp_path: Path, encoding: str, rule: str) -> None:
    """Where decord seeks in open groups its frames are others: it is not let."""
    clip = place(film(tmp_path / "a.mp4", **ENCODINGS[encoding]))
    assert clip.frames is None
    frames = decode(clip, Sampling(rule, 5), "decord")
    assert frames.decoder == "decord 0.6.0"
    assert same(frames, decode(clip, Sampling(rule, 5)))
    assert not frames.pixels.flags.writeable


@needs_decord
def test_real_clips_have_the_same_frames() -> None:
    folders = [DATA.parents[1] / "demo" / "videos", SHARED / "clips"]
    for file in [file for folder in folders for file in sorted(folder.glob("*.mp4"))[:6]]:
        clip = place(file)
        frames = decode(clip, Sampling(), "decord")
        assert frames.decoder
        assert same(frames, decode(clip, Sampling()))


NOT_PLAIN: dict[str, Callable[[Path], Path]] = {
    "turned": lambda folder: turn(film(folder / "a.mp4"), (0, 1, -1, 0)),
    "10 bit": lambda folder: film(folder / "a.mp4", pix_fmt="yuv420p10le"),
    "Matroska": lambda folder: film(folder / "a.mkv"),
}


@pytest.mark.parametrize("kind", NOT_PLAIN)
def test_what_is_not_plain_is_decoded_by_pyav(tmp_path: Path, kind: str) -> None:
    clip = place(NOT_PLAIN[kind](tmp_path))
    frames = decode(clip, Sampling(), "decord")
    assert frames.decoder is None
    assert same(frames, decode(clip, Sampling()))
    assert clip.frames == frames_identity()


@needs_av1
def test_so_is_av1(tmp_path: Path) -> None:
    clip = place(av1_film(tmp_path / "a.mp4"))
    assert same(decode(clip, Sampling(), "decord"), decode(clip, Sampling()))


@needs_hevc
def test_so_is_hevc_of_10_bits(tmp_path: Path) -> None:
    options = {"x265-params": "log-level=none"}
    clip = place(film(tmp_path / "a.mp4", codec="libx265", pix_fmt="yuv420p10le", options=options))
    assert same(decode(clip, Sampling(), "decord"), decode(clip, Sampling()))


@needs_decord
@pytest.mark.parametrize("failure", ["cannot open", "other count", "no import"])
def test_what_decord_fails_on_is_decoded_by_pyav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str) -> None:
    fail(monkeypatch, failure)
    clip = place(film(tmp_path / "a.mp4"))
    frames = decode(clip, Sampling(), "decord")
    assert frames.decoder is None
    assert same(frames, decode(clip, Sampling()))


def fail(monkeypatch: pytest.MonkeyPatch, failure: str, only: bytes = b"") -> None:
    """Have decord fail, on a clip of these bytes alone where they are given."""
    import decord

    from mabench_eval.video import with_decord

    real = decord.VideoReader

    def reader(stream: Any, **options: Any) -> Any:
        if only and stream.getvalue() != only:
            return real(stream, **options)
        if failure == "cannot open":
            raise decord.DECORDError("no such codec")
        return range(3)

    def package() -> Any:
        raise ImportError("libdecord.so: wrong architecture")

    monkeypatch.setattr(decord, "VideoReader", reader)
    if failure == "no import":
        monkeypatch.setattr(with_decord, "_decord", package)


@needs_decord
def test_a_clip_that_nobody_can_decode_is_an_error_in_pyavs_words(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    whole = path.read_bytes()
    start = whole.index(b"mdat") + 4
    path.write_bytes(whole[:start] + bytes(whole.index(b"moov") - 4 - start) + whole[whole.index(b"moov") - 4 :])
    clip = place(path)
    assert clip.frames is None
    with pytest.raises(ClipError) as by_pyav:
        decode(clip, Sampling())
    with pytest.raises(ClipError) as by_decord:
        decode(clip, Sampling(), "decord")
    assert by_decord.value.message == by_pyav.value.message


@needs_decord
def test_a_clip_that_was_replaced_is_never_decoded_under_its_old_hash(tmp_path: Path) -> None:
    clip = place(film(tmp_path / "a.mp4"))
    with pytest.raises(ClipError, match="was changed"):
        decode_content(film(tmp_path / "b.mp4", 10).read_bytes(), clip, Sampling(), "decord")


# Runs


def without_decord(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: None if name == "decord" else real(name, *more))


def test_without_decord_a_run_does_not_start(
    tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_decord(monkeypatch)
    check_decoder("pyav")
    with pytest.raises(InputError, match=r"decord is not installed: pip install -e"):
        check_decoder("decord")
    data = write_benchmark(tmp_path / "data", 1, videos=True)
    words = ["--model", "fixed", "--data", str(data), "--output", str(tmp_path), "--decoder", "decord"]
    assert main(words) == 2
    assert "--decoder decord: decord is not installed: pip install" in capsys.readouterr().err
    assert ask(data).complete


def test_an_unknown_decoder_is_named() -> None:
    with pytest.raises(InputError, match="--decoder opencv: one of pyav, decord"):
        RunConfig("fixed", decoder="opencv")  # type: ignore[arg-type]


@needs_decord
def test_another_decoder_asks_nothing_anew(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", 2, videos=True)
    by_decord = ask(data, decoder="decord")
    count = asked.total()
    assert by_decord.record.decoder == "decord 0.6.0: 2 clip(s)"
    by_pyav = ask(data)
    assert (asked.total(), by_pyav.folder) == (count, by_decord.folder)
    assert by_pyav.record.decoder == "decord 0.6.0: 2 clip(s)"  # that is what the answers were given on
    assert by_pyav.record.config["decoder"] == "pyav"
    ask(data, decoder="decord", fresh=True)
    assert asked.total() == 2 * count


@needs_decord
def test_a_run_says_once_what_pyav_decodes(tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five clips one is turned and two are more than decord can read."""
    data = write_benchmark(tmp_path / "data", 5, videos=True)
    videos = tmp_path / "data" / "videos"
    turn(videos / "clip0.mp4", (-1, 0, 0, -1))
    write_clip(videos / "clip2.mp4", seed=1)  # the bytes of clip 1
    fail(monkeypatch, "cannot open", only=(videos / "clip1.mp4").read_bytes())
    notes = Notes()
    result = ask(data, decoder="decord", progress=notes)
    assert result.complete
    told = [line for line in notes.lines if "decord" in line]
    assert told[0] == "--decoder decord: PyAV decodes 1 of 5 clips, which are not plain"
    assert told[1] in {
        f"decord failed on clip{number}: PyAV decodes such clips, and run.json counts them" for number in (1, 2)
    }
    assert len(told) == 2
    assert result.record.decoder == f"decord 0.6.0: 2 clip(s); {decoder_name()}: 3 clip(s)"

    record = json.loads((result.folder / "run.json").read_text())
    assert record["versions"]["decord"] == "0.6.0"
    (again,) = sweep_of(parse(record["command"].split()[3:])).configs.values()
    assert again.decoder == "decord"
    answers = read_journal(result.folder).answers.values()
    # twelve questions a clip; four of clip 2 are word for word those of clip 1
    assert Counter(answer.get("decoder") for answer in answers) == {"decord 0.6.0": 24, None: 32}


def test_by_default_nothing_of_it_is_written(tmp_path: Path, ask: Ask) -> None:
    result = ask(write_benchmark(tmp_path / "data", 1, videos=True))
    assert result.record.decoder == decoder_name()
    assert "--decoder" not in result.record.command
    assert not any("decoder" in answer for answer in read_journal(result.folder).answers.values())


@needs_decord
def test_a_clip_that_fails_in_both_is_not_told_as_decords(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", 2, videos=True)
    notes = Notes()

    def broken(*_: Any, **__: Any) -> Any:
        raise ClipError("clip1.mp4 cannot be decoded")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mabench_eval.execution.executor.decode", broken)
        result = ask(data, decoder="decord", progress=notes)
    assert not result.complete
    assert not [line for line in notes.lines if "decord" in line]


@pytest.mark.parametrize("chosen", [None, "decord", "pyav"])
def test_runs_of_earlier_versions_are_read(chosen: str | None) -> None:
    """They had null for whichever decoder was installed."""
    for file in sorted(DATA.glob("*-0.1.0/*/*/run.json")):
        record = read_record(file.parent)
        record = replace(record, config={**record.config, "decoder": chosen})
        assert config_of(file.parent, record).decoder == (chosen or "pyav")


class Notes:
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def stage(self, name: str, total: int, done: int) -> None: ...

    def retried(self, stage: str, times: int) -> None: ...

    def advance(self, name: str, error: str | None = None) -> None: ...

    def note(self, line: str) -> None:
        self.lines.append(line)
