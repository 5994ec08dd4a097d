"""Whatever is wrong with a file of a run, every verb says the same: one error, with the file and the key."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.cli import main
from mabench_eval.journal import Journal
from tests.support.paths import ROOT

Damage = Callable[[Path], object]
GONE = object()


def put(value: Any, *path: str) -> Damage:
    """A file with another value at the path of a key: of its JSON, or of the second of its JSON lines."""

    def damage(file: Path) -> None:
        lines = file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text()]
        place = min(1, len(lines) - 1)
        document = at = json.loads(lines[place])
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        if value is GONE:
            del at[path[-1]]
        lines[place] = json.dumps(document)
        file.write_text("\n".join(lines) + "\n")

    return damage


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


UNREADABLE: dict[str, tuple[Damage, str]] = {
    "missing": (lambda file: file.unlink(), "No such file"),
    "empty": (lambda file: file.write_bytes(b""), ""),
    "not JSON": (lambda file: file.write_text("{not json\n"), "not valid JSON"),
    "not text": (lambda file: file.write_bytes(b"\xff\xfe\x00"), "not UTF-8"),
    "a list": (lambda file: file.write_text("[]\n"), "Expected `object`, got `array`"),
    "a folder": (make_folder, "Is a directory"),
}
FOREIGN: dict[str, dict[str, tuple[Damage, str]]] = {
    "run.json": {
        "no identity": (put(GONE, "identity"), "run.json: identity: missing"),
        "complete is a text": (put("yes", "complete"), "complete: Expected `bool`, got `str`"),
        "a sum is a text": (put("many", "totals", "answers"), "totals.answers: Expected `int`, got `str`"),
    },
    "scores.json": {
        "no tasks": (put(GONE, "tasks"), "scores.json: tasks: missing"),
        "no sha256": (put(GONE, "benchmark", "sha256"), "scores.json: benchmark.sha256: missing"),
        "an accuracy is a text": (
            put("high", "tasks", "SAD", "accuracy"),
            "tasks.SAD.accuracy: Expected `float | null`",
        ),
        "of a newer version": (put(99, "schema"), "newer version (schema 99"),
    },
    "samples.jsonl": {
        "no outcome": (put(GONE, "outcome"), ":2: outcome: missing"),
        "an unknown outcome": (put("odd", "outcome"), ":2: outcome: Invalid enum value"),
        "correct is a text": (put("yes", "correct"), ":2: correct: Expected `bool | null`"),
    },
}
VERBS: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "compare": (("compare", "RUN", "OTHER"), frozenset(FOREIGN)),
    "compare, second": (("compare", "OTHER", "RUN"), frozenset(FOREIGN)),
    "compare --html": (("compare", "RUN", "OTHER", "--html", "OUT"), frozenset(FOREIGN)),
    "report": (("report", "RUN", "-o", "OUT"), frozenset(FOREIGN)),
    "plot bars": (("plot", "RUN", "--kind", "bars", "-o", "OUT.svg"), frozenset(("scores.json",))),
    "plot confusion": (("plot", "RUN", "--kind", "confusion", "-o", "OUT.svg"), frozenset(FOREIGN)),
    "judge": (("judge", "RUN", "--judge", "lexical"), frozenset(FOREIGN)),
    "submit": (("submit", "RUN", "-o", "OUT"), frozenset(FOREIGN)),
    "leaderboard --add": (("leaderboard", "RUN", "--add", "--dir", "BOARD"), frozenset(FOREIGN)),
    "leaderboard": (("leaderboard", "RUN", "--dir", "BOARD"), frozenset(FOREIGN)),
    "merge": (("merge", "RUN"), frozenset(("run.json", "scores.json"))),
}
"""Verb -> its words, and the files it reads."""
CASES = [
    pytest.param(words, file, damage, message, id=f"{verb}: {file}: {what}")
    for verb, (words, files) in VERBS.items()
    for file in sorted(files)
    for what, (damage, message) in {**UNREADABLE, **FOREIGN[file]}.items()
    # A leaderboard takes a run without samples: it has no ranks there.
    if (words[0], file) != ("leaderboard", "samples.jsonl") or what not in ("missing", "empty")
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A shard of the demo, and a run beside it."""
    folder = tmp_path_factory.mktemp("runs")
    shard = evaluate("random", data="demo", shard=(1, 7), output=folder / "results").folder
    return shard, evaluate("constant", data="demo", limit=6, output=folder / "results").folder


def words_of(verb: tuple[str, ...], run: Path, other: Path, folder: Path) -> list[str]:
    """The words of a command, with places in a folder of its own."""
    board = folder / "board"
    board.mkdir()
    shutil.copy(ROOT / "leaderboard" / "paper.json", board)
    places = {"RUN": run, "OTHER": other, "OUT": folder / "out", "OUT.svg": folder / "out.svg", "BOARD": board}
    return [str(places.get(word, word)) for word in verb]


@pytest.mark.parametrize(("verb", "file", "damage", "message"), CASES)
def test_one_error_names_the_file_and_the_key(
    verb: tuple[str, ...],
    file: str,
    damage: Damage,
    message: str,
    runs: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "plot" in verb:
        pytest.importorskip("matplotlib")
    run = shutil.copytree(runs[0], tmp_path / runs[0].name)
    damage(run / file)
    before = {path.name for path in run.iterdir()}
    assert main(words_of(verb, run, runs[1], tmp_path)) == 2
    error = capsys.readouterr().err
    assert error.count("error:") == 1
    assert str(run) in error and file in error
    assert message in error
    assert "Traceback" not in error
    assert {path.name for path in run.iterdir()} == before  # nothing was written


@pytest.mark.parametrize("verb", [pytest.param(words, id=verb) for verb, (words, _) in VERBS.items()])
def test_a_sound_run_is_taken(
    verb: tuple[str, ...], runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that the errors above are those of the damage."""
    if "plot" in verb:
        pytest.importorskip("matplotlib")
    run = shutil.copytree(runs[0], tmp_path / runs[0].name)
    code = main(words_of(verb, run, runs[1], tmp_path))
    error = capsys.readouterr().err
    # One shard alone makes neither a complete run nor a prediction file that would be accepted.
    assert code == {"merge": 3, "submit": 2}.get(verb[0], 0), error


def make_build(folder: Path) -> Path:
    """What a benchmark under construction has in its folder."""
    folder.mkdir(parents=True)
    (folder / "build.yaml").write_text("schema: 1\nclips: videos\nlabels: labels.csv\n")
    Journal(folder).close()
    return folder


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(words, id=verb)
        for verb, (words, _) in {**VERBS, "status": (("status", "RUN"), frozenset())}.items()
    ],
)
def test_a_benchmark_under_construction_is_no_run(
    verb: tuple[str, ...], runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "plot" in verb:
        pytest.importorskip("matplotlib")
    build = make_build(tmp_path / "mine")
    assert main(words_of(verb, build, runs[1], tmp_path)) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert f"{build} is a benchmark under construction, not a run; where it stands: mabench-eval build {build}" in error


def test_status_leaves_a_benchmark_under_construction_out_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = make_build(tmp_path / "results" / "mine")
    assert main(["status", str(tmp_path / "results")]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"no runs below {tmp_path / 'results'}\n"
    assert f"{build}: a benchmark under construction, no run" in captured.err
    assert main(["status", str(tmp_path / "results"), "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize("damage", [pytest.param(damage, id=what) for what, (damage, _) in UNREADABLE.items()])
def test_status_takes_what_it_can_read_of_a_journal(
    damage: Damage, runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that is damaged is dropped, as when a run is taken up; its question counts as not asked."""
    run = shutil.copytree(runs[0], tmp_path / runs[0].name)
    damage(run / "journal.jsonl")
    code = main(["status", str(run)])
    assert (code, capsys.readouterr().err.count("error:")) in {(0, 0), (2, 1)}


def test_status_of_a_journal_with_a_time_that_is_none(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(runs[0], tmp_path / runs[0].name)
    put("noon", "at")(run / "journal.jsonl")
    assert main(["status", str(run), "--json"]) == 0
    (status,) = json.loads(capsys.readouterr().out)
    assert status["answered"] == 47  # of four clips with twelve questions one answer is lost


def test_a_choice_that_makes_no_sense_names_its_key(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(runs[0], tmp_path / runs[0].name)
    for name, value, message in (
        ("frames", "eight", "run.json: config: frames: Expected `int`, got `str`"),
        ("include", [3], "run.json: config: include[0]: "),
        ("repeats", 0, "run.json: config: --repeats must be at least 1, got 0"),
    ):
        put(value, "config", name)(run / "run.json")
        assert main(["judge", str(run), "--judge", "lexical"]) == 2
        assert message in capsys.readouterr().err
        shutil.copy(runs[0] / "run.json", run)


def test_samples_that_are_not_those_of_the_run(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(runs[0], tmp_path / runs[0].name)
    file = run / "samples.jsonl"
    put("X_1", "qid")(file)
    assert main(["judge", str(run), "--judge", "lexical"]) == 2
    assert f"{file}: X_1 is no question of this run" in capsys.readouterr().err
    shutil.copy(runs[0] / "samples.jsonl", run)
    put(1, "repeat")(file)
    assert main(["judge", str(run), "--judge", "lexical"]) == 2
    assert f"{file}: no line for (qid, repeat, rotation)" in capsys.readouterr().err


def test_a_task_that_is_not_there(runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = shutil.copytree(runs[0], tmp_path / runs[0].name)
    put({"system": "", "user": ""}, "prompts", "GAZE")(run / "run.json")
    assert main(["judge", str(run), "--judge", "lexical"]) == 2
    assert "run.json: prompts.GAZE: the run's own tasks do not have it" in capsys.readouterr().err
    put(GONE, "material")(run / "run.json")  # as of an early version, whose tasks are the catalogue's
    assert main(["judge", str(run), "--judge", "lexical"]) == 2
    error = capsys.readouterr().err
    assert "run.json: prompts.GAZE: no such task in the catalogue" in error
    assert "--include DIR" in error
