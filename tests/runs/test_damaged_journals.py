"""A damaged line of a journal: every verb that opens one says so, and what it held is asked again or missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.cli import main
from mabench_eval.journal import FILE, read_journal
from mabench_eval.journal.lines import line_of, read_line
from tests.support.benchmarks import Pixels, read_files, write_benchmark


@pytest.fixture
def asked() -> Counter[str]:
    """How often each question was put to the model ``counted``."""
    counts: Counter[str] = Counter()

    @register_model("counted", needs_frames=False)
    def counted(frames: Pixels, prompt: str) -> str:
        counts[prompt] += 1
        return "Yes" if "does the" in prompt else "B"

    return counts


def change(path: Path, kind: str, edit: Callable[[bytes], bytes]) -> int:
    """Edit the last line of a kind; its number, from 1."""
    lines = path.read_bytes().splitlines(keepends=True)
    number = max(number for number, line in enumerate(lines) if f'"kind": "{kind}"'.encode() in line)
    lines[number] = edit(lines[number])
    path.write_bytes(b"".join(lines))
    return number + 1


def flip(line: bytes) -> bytes:
    return line[:60] + bytes([line[60] ^ 4]) + line[61:]


def test_its_question_is_asked_again_and_the_files_are_the_same(
    tmp_path: Path, asked: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_benchmark(tmp_path, clips=1)
    words = ["--model", "counted", "--data", str(data), "--output", str(tmp_path / "out"), "--judge", "lexical"]
    assert main(words) == 0
    (folder,) = (tmp_path / "out" / "counted").iterdir()
    before = read_files(folder)
    line = change(folder / FILE, "answer", flip)
    capsys.readouterr()

    assert main(["status", str(folder)]) == 0
    assert "1 damaged lines of its journal count as missing" in capsys.readouterr().err
    assert main(["judge", str(folder), "--judge", "lexical"]) == 0
    assert "line dropped, its checksum does not fit" in capsys.readouterr().err
    assert main(words) == 0
    assert f"{folder / FILE}:{line}: line dropped, its checksum does not fit" in capsys.readouterr().err
    assert asked.total() == 13
    assert read_files(folder) == before


def test_the_journal_of_another_run_that_is_copied_from_is_told_too(
    tmp_path: Path, asked: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(write_benchmark(tmp_path, clips=2))
    narrow = evaluate("counted", data=data, limit=1, output=tmp_path / "out", judge="none")
    change(narrow.folder / FILE, "answer", flip)
    assert main(["--model", "counted", "--data", data, "--output", str(tmp_path / "out"), "--judge", "none"]) == 0
    shown = capsys.readouterr().err
    assert f"{narrow.folder / FILE}:13: line dropped" in shown
    assert "11 of 24 answers are taken over" in shown
    assert asked.total() == 12 + 13


def test_scores_of_other_levels_are_asked_for_again(tmp_path: Path, asked: Counter[str]) -> None:
    """In range, but not what was asked for: a figure would lack a level."""
    data = str(write_benchmark(tmp_path, clips=1))

    @register_model("teller", needs_frames=False)
    def teller(frames: Pixels, prompt: str) -> str:
        return "The head moves down."

    first = evaluate("teller", data=data, tasks="open", output=tmp_path / "out", judge="lexical")
    before = read_files(first.folder)
    change(first.folder / FILE, "judgment", lambda line: line_of({**read_line(line), "levels": {"L9": 3}}))
    again = evaluate("teller", data=data, tasks="open", output=tmp_path / "out", judge="lexical")
    assert read_files(again.folder) == before
    lines = [json.loads(line) for line in (first.folder / FILE).read_bytes().splitlines()]
    assert sum(line["kind"] == "judgment" for line in lines) == 3
    assert len(read_journal(first.folder).judgments) == 2
