"""What a run takes over from its own journal and from other runs, what it says of that, and ``--fresh``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import Result, evaluate, register_model
from mabench_eval.cli import main
from mabench_eval.journal import Silent, read_journal
from mabench_eval.planning import RunConfig, forecast_run, prepare
from tests.support.benchmarks import Pixels, write_benchmark


class Notes(Silent):
    """Keeps the lines that a run tells."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def calls() -> Counter[str]:
    """How often each prompt was put to the model ``counts``, which answers with the number of its call."""
    asked: Counter[str] = Counter()

    @register_model("counts", needs_frames=False)
    def counts(frames: Pixels, prompt: str) -> str:
        asked[prompt] += 1
        return f"The head moves down for the {asked.total()}. time."

    return asked


def run(tmp_path: Path, **choices: Any) -> tuple[Result, list[str]]:
    """Three clips of twelve questions; the result, and the lines that the run told."""
    data = tmp_path / "questions.json"
    if not data.exists():
        write_benchmark(tmp_path, clips=3)
    notes = Notes()
    given = {"output": tmp_path / "results", "judge": "none", **choices}
    return evaluate("counts", data=str(data), progress=notes, **given), notes.lines


def answers(folder: Path) -> dict[str, str]:
    return {key: record["text"] for key, record in read_journal(folder).answers.items()}


def test_a_run_says_what_it_takes_over_and_from_where(tmp_path: Path, calls: Counter[str]) -> None:
    """One clip of 12 questions; then two tasks on three clips, 2 x 3 of which 2 are known; then all."""
    first, lines = run(tmp_path, limit=1)
    assert lines == []
    second, lines = run(tmp_path, tasks="cmar,fmar")
    assert lines == [f"2 of 6 answers are taken over: 2 from {first.folder.name}"]
    _, lines = run(tmp_path)
    sources = f"12 from {first.folder.name}, 4 from {second.folder.name}"
    assert lines == [f"16 of 36 answers are taken over: {sources}"]
    _, lines = run(tmp_path)
    assert lines == ["36 of 36 answers are taken over: 36 from this run's journal"]
    assert calls.total() == 36


def test_many_sources_are_counted(tmp_path: Path, calls: Counter[str]) -> None:
    for task in ("cmar", "fmar", "sad", "mad", "mas"):
        run(tmp_path, tasks=task, limit=1)
    _, (line,) = run(tmp_path, limit=1)
    assert line.startswith("8 of 12 answers are taken over: ")
    assert line.endswith(", the others from 2 more runs")


def test_fresh_asks_all_anew_and_loses_nothing(tmp_path: Path, calls: Counter[str]) -> None:
    """24 answers of before, 12 of them from a narrower run; all 24 again; the old journal is kept, and then another."""
    run(tmp_path, limit=1)
    before, _ = run(tmp_path, limit=2)
    old = (before.folder / "journal.jsonl").read_bytes()
    for number in (1, 2):
        result, lines = run(tmp_path, limit=2, fresh=True)
        kept = before.folder / f"journal.{number}.jsonl"
        assert lines == [f"all is asked anew; the answers of before are kept in {kept}"]
        assert result.folder == before.folder
        assert calls.total() == 24 + 24 * number
        assert kept.read_bytes() == old
        old = (before.folder / "journal.jsonl").read_bytes()
    run(tmp_path, limit=2)
    assert calls.total() == 72, "without it the run goes on"


def test_fresh_is_no_part_of_key_command_or_record(tmp_path: Path, calls: Counter[str]) -> None:
    """Who repeats the recorded command goes on, and does not throw away what was asked."""
    plain, _ = run(tmp_path, limit=1)
    record = json.loads((plain.folder / "run.json").read_bytes())
    keys = answers(plain.folder).keys()
    fresh, _ = run(tmp_path, limit=1, fresh=True)
    again = json.loads((fresh.folder / "run.json").read_bytes())
    assert (again["command"], again["config"]) == (record["command"], record["config"])
    assert answers(fresh.folder).keys() == keys
    assert "--fresh" not in again["command"]
    assert "fresh" not in again["config"]


def test_after_fresh_the_newest_answer_is_taken_over(tmp_path: Path, calls: Counter[str]) -> None:
    """Two runs have answers to one question: whichever comes first by name, the one asked last counts."""
    results = [run(tmp_path, limit=1)[0], run(tmp_path, limit=1, tasks="cmar,fmar,sad")[0]]
    for result, choices in zip(results, ({}, {"tasks": "cmar,fmar,sad"}), strict=True):
        run(tmp_path, limit=1, fresh=True, **choices)
        newest = answers(result.folder)
        wide, _ = run(tmp_path, limit=2, tasks="cmar")
        shared = answers(wide.folder).keys() & newest.keys()
        assert [answers(wide.folder)[key] for key in shared] == [newest[key] for key in shared] != []
        for path in wide.folder.iterdir():
            path.unlink()


def test_fresh_counts_everything_as_to_be_asked(tmp_path: Path, calls: Counter[str]) -> None:
    run(tmp_path, limit=2)
    config: dict[str, Any] = {"data": str(tmp_path / "questions.json"), "output": tmp_path / "results", "judge": "none"}
    assert forecast_run(prepare(RunConfig("counts", **config))).answered == 24
    forecast = forecast_run(prepare(RunConfig("counts", **config, fresh=True)))
    assert (forecast.requests, forecast.answered) == (36, 0)
    (folder,) = (tmp_path / "results" / "counts").iterdir()
    assert not list(folder.glob("journal.*.jsonl")), "nothing is set aside by looking"


def test_fresh_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "constant", "--data", "demo", "--limit", "1", "--tasks", "sad", "--output", str(tmp_path)]
    assert main(words) == 0
    assert main([*words, "--fresh", "--dry-run"]) == 0
    assert "2 requests, 0 already answered, 2 to ask" in capsys.readouterr().out
    assert main([*words, "--fresh"]) == 0
    assert "journal.1.jsonl" in capsys.readouterr().err
