"""Bad files for every reader, and poisoned names for every command: a clear error or a right result, never else."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from mabench_eval import InputError, evaluate
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import ModelCard, TaskCard, load_catalogue
from mabench_eval.catalogue.schema import read_card
from mabench_eval.cli import main
from mabench_eval.leaderboard import load_paper
from mabench_eval.leaderboard.entries import add_entry, load_runs
from mabench_eval.planning import with_prompts
from mabench_eval.runfiles import read_run_files
from mabench_eval.runs import read_predictions
from mabench_eval.scoring import read_flags
from mabench_eval.text import visible
from tests.support.benchmarks import rows_of_clip, write_benchmark
from tests.support.paths import ROOT

LONGEST_LINE, MOST_LINES = 2_500, 30
TASKS = load_catalogue().tasks
WHOLE: dict[str, bytes] = {
    "nothing": b"",
    "a space": b" ",
    "a NUL": b"\x00",
    "NULs": b"\x00" * 5000,
    "a mark alone": b"\xef\xbb\xbf",
    "UTF-16": '[{"a": 1}]'.encode("utf-16"),
    "UTF-16 without mark": '[{"a": 1}]'.encode("utf-16-le"),
    "UTF-32": '[{"a": 1}]'.encode("utf-32"),
    "Latin-1": '[{"a": "\xe9"}]'.encode("latin-1"),
    "half a UTF-8": b'["\xe2\x82',
    "deep lists": b"[" * 100_000,
    "deep closed lists": b"[" * 5000 + b"]" * 5000,
    "deep objects": b'{"a":' * 100_000,
    "deep YAML": b"\n".join(b" " * depth + b"a:" for depth in range(1500)),
    "a long number": b"9" * 10_000,
    "a long number in it": b'{"a": ' + b"9" * 10_000 + b"}",
    "too large a number": b'[{"a": 1e999}]',
    "NaN": b'[{"a": NaN}]',
    "Infinity": b'{"a": -Infinity}',
    "a key twice": b'{"a": 1,\n"a": 2}',
    "a key twice, inside": b'[{"b": {"a": 1, "a": 2}}]',
    "a long key": b'{"' + b"k" * 200_000 + b'": 1}',
    "a long text": b'"' + b"t" * 200_000 + b'"',
    "a long word": b"t" * 200_000,
    "half a character": b'["\\ud800"]',
    "half a character as key": b'{"\\ud800": 1}',
    "an escape": b'["\x1b[31m"]',
    "an escape as key": b'{"\\u001b[31m": 1}',
    "turned": '{"\u202eabc": 1}'.encode(),
    "not closed": b'{"a": 1',
    "two documents": b'{"a": 1} {"b": 2}',
    "two YAML documents": b"a: 1\n---\nb: 2\n",
    "an extra comma": b'{"a": 1,}',
    "a comment": b'// a\n{"a": 1}',
    "single quotes": b"{'a': 1, 'a': 2}",
    "null": b"null",
    "true": b"true",
    "a number": b"12",
    "a text": b'"text"',
    "an empty list": b"[]",
    "an empty object": b"{}",
    "a list of nothing": b"[null]",
    "a list of lists": b"[[[]]]",
    "a list of numbers": b"[1, 2.5, -3]",
    "references": b"a: &a [x]\n" + b"\n".join(b"b%d: &b%d [*a, *a]" % (n, n) for n in range(20)),
    "a bomb": b"a0: &a0 [x]\n"
    + b"\n".join(b"a%d: &a%d [%s]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)),
    "a reference to itself": b"&a [*a]",
    "a merge": b"a: {<<: {b: 1}}",
    "a tag": b"a: !!python/object/apply:os.system ['true']",
    "a set": b"!!set {a, b}",
    "a date": b"a: 2026-01-02",
    "an octal": b"a: 010",
    "yes": b"a: yes\nno: 1",
    "a list as key": b"? [a]\n: 1",
    "an infinite YAML": b"a: .inf",
    "gzip": gzip.compress(b"[]", mtime=0),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a page": b"<!doctype html><html></html>",
    "CSV": b"qid,answer\n1,A\n",
}
"""What may stand in a file in place of what should."""


def make_huge(path: Path) -> None:
    """A file with a hole of 300 MB in it."""
    with path.open("wb") as stream:
        stream.truncate(300 << 20)


PLACES: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a device without end": lambda path: path.symlink_to("/dev/zero"),
    "nowhere": lambda path: path.symlink_to(path.with_name("gone")),
    "a circle": lambda path: path.symlink_to(path),
    "a huge file": make_huge,
}
"""What may stand in the place of a file."""
RAW_VALUES = (
    *(
        "NaN",
        "1e999",
        "-1e999",
        "9" * 10_000,
        "[" * 300 + "]" * 300,
        '"' + "v" * 200_000 + '"',
        '"\\ud800"',
        '"\\u0000"',
    ),
    *("null", "[]", "{}", "-1", "true", "0.5", '""', '"\\u001b[2J"', "[null]", '{"a": 1, "a": 2}', '{"": {}}', "1e308"),
)
"""JSON values to put where another one stands."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A benchmark, a run of it, a leaderboard with its entry, and files of every other kind."""
    folder = tmp_path_factory.mktemp("files")
    data = write_benchmark(folder / "data", 2)
    run = evaluate("random", data=str(data), output=folder / "results").folder
    shutil.copytree(run, folder / "run")
    board = folder / "board"
    board.mkdir()
    shutil.copy(ROOT / "leaderboard" / "paper.json", board)
    add_entry(run, board).rename(board / "entries" / "entry.json")
    next((board / "entries").glob("*.jsonl")).rename(board / "entries" / "entry.samples.jsonl")
    (folder / "prompts.yaml").write_text("CMAR: {system_prompt: x, user_prompt: '{question}', max_tokens: 5}\n")
    (folder / "prompts.json").write_text('{"CMAR": {"system_prompt": "x", "max_tokens": 5}}')
    shutil.copy(TASKS["CMAR"].source or "", folder / "task.yaml")
    shutil.copy(load_catalogue().models["random"].source or "", folder / "model.yaml")
    questions = load_benchmark(str(data), TASKS).questions
    assert main(["audit", "--data", str(data), "--no-probe", "--flags", str(folder / "flags.json")]) == 0
    assert questions
    return folder


def samples_of(run: Path) -> object:
    return read_run_files(run).samples()


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "questions": ("data/questions.json", lambda folder: load_benchmark(str(folder / "data"), TASKS)),
    "prompts, YAML": ("prompts.yaml", lambda folder: with_prompts(TASKS, folder / "prompts.yaml")),
    "prompts, JSON": ("prompts.json", lambda folder: with_prompts(TASKS, folder / "prompts.json")),
    "predictions": ("run/submission.json", lambda folder: read_predictions(folder / "run" / "submission.json")),
    "flags": (
        "flags.json",
        lambda folder: read_flags(folder / "flags.json", load_benchmark(str(folder / "data"), TASKS).questions),
    ),
    "a task's card": ("task.yaml", lambda folder: read_card(folder / "task.yaml", TaskCard)),
    "a model's card": ("model.yaml", lambda folder: read_card(folder / "model.yaml", ModelCard)),
    "run.json": ("run/run.json", lambda folder: read_run_files(folder / "run")),
    "scores.json": ("run/scores.json", lambda folder: read_run_files(folder / "run")),
    "samples.jsonl": ("run/samples.jsonl", lambda folder: samples_of(folder / "run")),
    "an entry": ("board/entries/entry.json", lambda folder: load_runs(folder / "board", ())),
    "an entry's samples": ("board/entries/entry.samples.jsonl", lambda folder: load_runs(folder / "board", ())),
    "the paper": ("board/paper.json", lambda folder: load_paper(folder / "board" / "paper.json")),
}
"""What is read -> its file below ``made``, and the reader."""


def told(read: Callable[[Path], object], folder: Path) -> InputError | None:
    """The error of a reader, checked; None where it took the file."""
    try:
        read(folder)
    except InputError as error:
        lines = str(error).splitlines()
        assert max(map(len, lines)) <= LONGEST_LINE, lines[0][:200]
        return error
    return None


@pytest.fixture
def place(made: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Path, Callable[[Path], object]]]:
    """A file of ``made`` and its reader; the file is as before afterwards."""
    name, read = READERS[request.param]
    file = made / name
    content = file.read_bytes()
    yield file, lambda _: read(made)
    if file.is_symlink() or file.exists():
        shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()
    file.write_bytes(content)


@pytest.mark.parametrize("place", READERS, indirect=True)
def test_another_file_in_its_place_is_one_clear_error(place: tuple[Path, Callable[[Path], object]]) -> None:
    file, read = place
    for what, content in WHOLE.items():
        file.write_bytes(content)
        error = told(read, file)
        if error is None:  # a run without samples is one that has no ranks
            assert file.name == "entry.samples.jsonl" and not content.strip(), what
        else:
            assert file.name in str(error) or file.parent.name in str(error), what
    for what, make in PLACES.items():
        file.unlink() if not file.is_dir() else file.rmdir()
        make(file)
        error = told(read, file)
        if what in ("nowhere", "a circle") and file.name == "entry.samples.jsonl":
            continue
        assert error is not None and (file.name in str(error) or file.parent.name in str(error)), what


@pytest.mark.parametrize("place", READERS, indirect=True)
def test_damage_inside_is_a_clear_error_or_no_damage(place: tuple[Path, Callable[[Path], object]]) -> None:
    """Every reader on its own file with one value, key or byte changed."""
    file, read = place
    whole = file.read_text()
    values = [match.span() for match in re.finditer(r'(?<=: )("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null)', whole)]
    chance = random.Random(7)
    for number in range(60):
        start, end = chance.choice(values)
        text = whole[:start] + RAW_VALUES[number % len(RAW_VALUES)] + whole[end:]
        file.write_text(text)
        told(read, file)
    for _ in range(40):
        damaged = bytearray(whole.encode())
        for _ in range(chance.choice((1, 1, 3))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        file.write_bytes(damaged[: chance.choice((len(damaged), chance.randrange(len(damaged))))])
        told(read, file)


# -- commands ----------------------------------------------------------------------------------------------

COMMANDS: dict[str, tuple[str, str]] = {
    "dry run": ("data/questions.json", "run --model random --data data --dry-run"),
    "show": ("data/questions.json", "show CMAR --data data"),
    "audit": ("data/questions.json", "audit --data data --no-probe --flags out.json"),
    "audit --answers": (
        "data/questions.json",
        "audit --data demo --answers data/questions.json --no-probe --flags out",
    ),
    "check-judge": ("data/questions.json", "check-judge lexical --data data --repeats 1 --output out"),
    "train data": (
        "data/questions.json",
        "run --model text-probe --train-data data/questions.json --data demo --dry-run",
    ),
    "shots": ("data/questions.json", "show CMAR --data demo --shots 1 --shots-data data/questions.json"),
    "prompts": ("prompts.yaml", "show CMAR --prompts prompts.yaml"),
    "validate": ("run/submission.json", "validate run/submission.json --data data"),
    "score": ("run/submission.json", "score run/submission.json --data data"),
    "score --flags": ("flags.json", "score run/submission.json --data data --flags flags.json"),
    "run --flags": ("flags.json", "run --model random --data data --flags flags.json --dry-run"),
    "include": ("cards/models/mine.yaml", "show random --include cards"),
    "doctor": ("cards/models/mine.yaml", "doctor random --include cards"),
    "env": ("cards/models/mine.yaml", "env list --include cards"),
    "compare": ("run/scores.json", "compare run other"),
    "compare --html": ("run/samples.jsonl", "compare run other --html out.html"),
    "report": ("run/run.json", "report run -o out.html"),
    "plot": ("run/scores.json", "plot run --kind bars -o out.svg"),
    "judge": ("run/run.json", "judge run --judge lexical"),
    "submit": ("run/run.json", "submit run -o out.json"),
    "merge": ("run/run.json", "merge run"),
    "leaderboard": ("board/entries/entry.json", "leaderboard --dir board"),
    "leaderboard --check": ("board/entries/entry.samples.jsonl", "leaderboard --dir board --check"),
    "leaderboard, paper": ("board/paper.json", "leaderboard --dir board"),
}
"""Command -> the file that it reads, and its words."""
WORST = ("deep lists", "a key twice", "half a character as key", "an escape as key", "a pipe")
"""For each command; the readers themselves are given all of them."""


def harmless(shown: str) -> bool:
    """Whether a terminal, or a reader of the file, sees all there is."""
    return visible(shown) == shown and "\r" not in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_ends_in_one_error(
    command: str, made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if command == "plot":
        pytest.importorskip("matplotlib")
    monkeypatch.chdir(made)
    name, words = COMMANDS[command]
    (made / "cards" / "models").mkdir(parents=True, exist_ok=True)
    shutil.copytree(made / "run", made / "other", dirs_exist_ok=True)
    file = made / name
    content = file.read_bytes() if file.exists() else None
    for what in WORST:
        file.unlink(missing_ok=True)
        PLACES[what](file) if what in PLACES else file.write_bytes(WHOLE[what])
        assert main(words.split()) == 2, what
        out, err = capsys.readouterr()
        assert err.count("error:") == 1 and err.startswith("error: ") and not out, what
        assert harmless(err), what
        lines = err.splitlines()
        assert len(lines) <= MOST_LINES and max(map(len, lines)) <= LONGEST_LINE, what
        assert file.name in err or file.parent.name in err, what
    file.unlink()
    if content is not None:
        file.write_bytes(content)


# -- poisoned names ----------------------------------------------------------------------------------------

POISON = (
    "\x1b[31m\x9b2J\x07\x7f\r\u202e\u2067\u2028\u2029\u200b\ufeff\ufffe\U000e0041"
    "[red]x[/red][/] :warning: $\\frac{ | ` <b> ]]> --> [e](http://f) ![i](http://g) \n=1+1"
)
SHORT = "\x1b[2J\u202e[/]|`<b>](h)$\\frac{\ud800"
"""Where half a character may stand, and what a picture has room for."""
KEY = SHORT.removesuffix("\ud800")


def poisoned(value: Any, keys: tuple[str, ...], poison: str, below: str = "") -> Any:
    """A JSON value with poison behind every text that stands at, or anywhere below, one of the keys."""
    if isinstance(value, dict):
        return {key: poisoned(item, keys, poison, key if key in keys else below) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, keys, poison, below) for item in value]
    return value + poison if isinstance(value, str) and below else value


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A benchmark, runs, a leaderboard with texts from elsewhere that are all poisoned."""
    folder = tmp_path_factory.mktemp("sick")
    rows = [
        {**row, **{key: row[key].removesuffix(".mp4") + re.sub(r"[/:\\]", "", POISON) for key in ("video", "qid")}}
        for number in range(2)
        for row in rows_of_clip(f"clip{number}", number)
    ]
    for row in rows:
        row["question"] = row["question"].replace("?", POISON.replace("\n", " ") + "?", 1)
        if row["task"] in ("MADU", "MARE"):
            row["answer"] += POISON
    (folder / "data").mkdir()
    (folder / "data" / "questions.json").write_text(json.dumps(rows))
    run = evaluate("random", data=str(folder / "data"), output=folder / "results").folder
    shutil.copytree(run, folder / "run")
    shutil.copytree(run, folder / "other")
    names = ("name", "model_id", "version", "command", "versions", "environment", "machine", "engine", "served_by")
    for run in (folder / "run", folder / "other"):
        for file in ("run.json", "scores.json"):
            document = poisoned(json.loads((run / file).read_text()), names, SHORT)
            document["model"] += SHORT + run.name
            if file == "scores.json":
                document["tasks"]["CMAR" + KEY] = document["tasks"]["CMAR"]
                document["rubrics"]["M" + KEY] = document["rubrics"]["MADU"]
                document["intervals"]["x" + KEY] = document["intervals"]["CMAR"]
                for task in ("MADU", "MARE"):
                    judges = document["tasks"][task]["judges"]
                    document["tasks"][task]["judges"] = {name + KEY: given for name, given in judges.items()}
                    parts = document["tasks"][task]["by_body_part"]
                    document["tasks"][task]["by_body_part"] = {part + KEY: given for part, given in parts.items()}
            else:
                document["totals"]["served_by"] = {"m" + KEY: 3}
                document["judging"] = {
                    "j" + KEY: {
                        "judgments": 1,
                        "calls": 1,
                        "prompt_tokens": 1,
                        "output_tokens": 1,
                        "cached_tokens": 0,
                        "cost_usd": 0.1,
                    }
                }
            (run / file).write_text(json.dumps(document))
        lines = [json.loads(line) for line in (run / "samples.jsonl").read_text().split("\n") if line]
        for line in lines:
            line["response"] += POISON + SHORT
        (run / "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "board").mkdir()
    shutil.copy(ROOT / "leaderboard" / "paper.json", folder / "board")
    (folder / "cards" / "models").mkdir(parents=True)
    card = {"name": MINE, "engine": "openai", "description": POISON, "settings": {}}
    (folder / "cards" / "models" / "mine.py").write_text("")
    (folder / "cards" / "models" / "mine.yaml").write_text(yaml.safe_dump(card))
    return folder


MINE = "mine" + POISON.replace("\n", " ")
SICK = (
    "run --model random --data data --output results",
    "run --model random --data data --output results --json",
    "run --model random --data data --dry-run",
    "run --model random --data data --output results --frames 4,8",
    "list models --include cards",
    "list models --include cards --json",
    "list judges",
    "show CMAR --data data",
    "show MADU --data data --json",
    "status results",
    "status results --json",
    "score run/submission.json --data data",
    "score run/submission.json --data data --json",
    "validate run/submission.json --data data",
    "judge results/RUN --judge lexical",
    "check-judge lexical --data data --repeats 1 --output out",
    "submit results/RUN -o out/submission.json --fill",
    "audit --data data --no-probe --flags out/flags.json --report out/audit.md",
    "audit --data data --no-probe --flags out/flags.json --json",
    "compare run other",
    "compare run other --markdown",
    "compare run other --json",
    "compare run other --html out/compare.html",
    "report run -o out/report.html",
    "plot run other --kind bars -o out/bars.svg",
    "plot run other --kind radar -o out/radar.svg",
    "plot results/RUN --kind confusion -o out/confusion.svg",
    "leaderboard run --dir board --add --html --csv out/board.csv",
    "leaderboard other --dir board --json",
    "env list --include cards",
)
"""Commands that work on what is poisoned."""
SICK_WORDS = (
    "doctor MINE --include cards",  # it needs a key
    "leaderboard --dir board --check",  # what was poisoned does not follow from its samples
    "merge run",
    "run --model " + POISON.replace(" ", "_"),
    "show " + POISON.replace(" ", "_"),
    POISON.replace(" ", "_"),
    "status " + POISON.replace(" ", "_").replace("/", ""),
)


@pytest.mark.parametrize("words", [*SICK, *SICK_WORDS], ids=lambda words: ascii(words)[:40])
def test_no_poison_reaches_a_terminal_or_a_page(
    words: str, sick: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "plot" in words:
        pytest.importorskip("matplotlib")
    monkeypatch.chdir(sick)
    (sick / "out").mkdir(exist_ok=True)
    run = next(sick.glob("results/random/*"))
    code = main([word.replace("results/RUN", str(run)).replace("MINE", MINE) for word in words.split(" ")])
    out, err = capfd.readouterr()
    assert code == (2 if words in SICK_WORDS else 0), err
    assert harmless(out) and harmless(err)
    if "--json" in words:
        json.loads(out)
        assert out.isascii()
    for file in (sick / "out").glob("*.svg"):
        ElementTree.parse(file)
    for file in [*sick.glob("out/*.html"), *sick.glob("out/*.md"), *sick.glob("out/*.csv"), *sick.glob("board/*.md")]:
        text = file.read_text(encoding="utf-8")
        assert harmless(text), file
        if file.suffix == ".md":
            assert not re.search(r"(?<!\\)\]\(|<b>|(?<!\\)`x|^=1|^\s*#\S*\[red", text, re.MULTILINE), file
        if file.suffix == ".csv":
            assert not re.search(r'(^|,)"?[=+@]', text, re.MULTILINE), file
