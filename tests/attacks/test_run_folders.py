"""Run folders from strangers, in bulk: whatever stands in a file of theirs, each verb ends with one error or a result.

Nothing is run, written elsewhere, or shown as a traceback; the seed makes every case the same again.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Iterator
from hashlib import sha256
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.cli import main
from mabench_eval.runs import QUESTIONS, SETUP
from tests.support.benchmarks import write_benchmark
from tests.support.paths import ROOT
from tests.support.traps import nothing_runs, set_trap

CASES = 200
FILES = ("run.json", SETUP, QUESTIONS, "scores.json", "samples.jsonl")
LINES = (
    "report RUN -o OUT/page.html",
    "submit RUN --fill -o OUT/out.json",
    "judge RUN --judge lexical",
    "merge RUN SHARD --output OUT/joined",
    "compare RUN OTHER --html OUT/page.html",
    "leaderboard RUN --add --dir OUT/board",
    "status RUN",
    "report RUN -o OUT/page.html --frames thumbs",
    "judge RUN --judge none",
)
GONE = object()


def values(trap: Path) -> list[Any]:
    """What a stranger may write in place of a value."""
    return [
        GONE,
        None,
        True,
        -1,
        0,
        2**70,
        1e308,
        float("nan"),
        float("inf"),
        "",
        "\ud800",
        "\x1b[31m\x07",
        "a\x00b",
        "../../../../etc/passwd",
        "~",
        "demo",
        "hub:evil/questions",
        str(trap / "evil.py"),
        str(trap / "own"),
        "x" * 20_000,
        "{question}{question}%s{0.__class__}",
        [],
        [[]],
        {},
        {"": {}},
        ["evil.py"],
        {"levels": {"L1": 9}},
    ]


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a JSON document."""
    if path:
        yield path
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from places(value, (*path, key))


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    """Another value at a place; none at all for ``GONE``."""
    for key in path[:-1]:
        document = document[key]
    if value is GONE:
        del document[path[-1]]
    else:
        document[path[-1]] = value


def damage(file: Path, chance: random.Random, pool: list[Any]) -> str:
    """One to three changes to a file; says which."""
    text = file.read_text(encoding="utf-8")
    kind = chance.random()
    if kind < 0.08:
        place = chance.randrange(len(text))
        file.write_text(text[:place] + chance.choice(("", "\x00", "}", '"', "\n\n", "[" * 50)) + text[place + 1 :])
        return f"{file.name}: text at {place}"

    lines = text.splitlines() if file.suffix == ".jsonl" else [text]
    if kind < 0.2 and len(lines) > 1:
        one, other = chance.sample(range(len(lines)), 2)
        what = chance.choice(("twice", "gone", "swapped", "empty"))
        if what == "twice":
            lines[one] = lines[other]
        elif what == "swapped":
            lines[one], lines[other] = lines[other], lines[one]
        else:
            lines[one : one + 1] = [] if what == "gone" else ["", "{}"]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return f"{file.name}: lines {one}, {other} {what}"

    number = chance.randrange(len(lines))
    document, done = json.loads(lines[number]), []
    for _ in range(chance.choice((1, 1, 2, 3))):
        path, value = chance.choice(list(places(document))), chance.choice(pool)
        put(document, path, value)
        done.append(f"{'.'.join(map(str, path))} = {'GONE' if value is GONE else ascii(value)[:60]}")
    lines[number] = json.dumps(document)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"{file.name}:{number + 1}: {'; '.join(done)}"


def test_whatever_stands_in_a_run_every_verb_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(sys.stderr, TextIOWrapper)
    sys.stderr.reconfigure(errors="backslashreplace")  # as Python has it outside of tests
    chance = random.Random(17)
    data = str(write_benchmark(tmp_path / "data", clips=2))
    choices: dict[str, Any] = {"data": data, "output": tmp_path / "results", "circular": True}
    sound, shard = (evaluate("constant", shard=(number, 2), **choices).folder for number in (1, 2))
    other = evaluate("random", **choices).folder
    mark = set_trap(tmp_path / "trap")
    pool = values(tmp_path / "trap")
    shutil.rmtree(tmp_path / "data")

    codes = set()
    run = tmp_path / "results" / "constant" / sound.name
    kept = shutil.copytree(sound, tmp_path / "kept")
    out = tmp_path / "out"
    with nothing_runs(tmp_path):
        for case in range(CASES):
            for folder in (run, out):
                shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(kept, run)
            (out / "board").mkdir(parents=True)
            shutil.copy(ROOT / "leaderboard" / "paper.json", out / "board")

            what = damage(run / FILES[case % len(FILES)], chance, pool)
            if case % 4:  # the hashes are those of the damaged files, as a stranger would have it
                hashes = {name: sha256((run / name).read_bytes()).hexdigest() for name in (QUESTIONS, SETUP)}
                record = (run / "run.json").read_text()
                for name, digest in hashes.items():
                    record = record.replace(json.loads((kept / "run.json").read_text())["material"][name], digest)
                (run / "run.json").write_text(record)

            named = {"RUN": run, "SHARD": shard, "OTHER": other}
            line = LINES[case % len(LINES)]
            words = [str(named.get(word, word.replace("OUT", str(out)))) for word in line.split()]
            try:
                code = main(words)
            except BaseException as error:
                raise AssertionError(f"case {case}: {line}: {what}") from error
            text = capsys.readouterr()
            codes.add(code)
            assert code in (0, 2, 3), (case, line, what)
            assert code != 2 or text.err.startswith("error: "), (case, line, what, text.err)
            assert "Traceback" not in text.err + text.out
    assert not mark.exists()
    assert codes >= {0, 2}
    assert {path.name for path in tmp_path.iterdir()} <= {"results", "trap", "kept", "out"}
