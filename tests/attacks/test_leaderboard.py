"""Hundreds of frauds on an entry: `leaderboard --check` refuses each and names the file and the key.

Plain ones change a file; forged ones are written in the entry's form, under the right seal, every figure made to
follow from the changed samples. What no entry can show, answers that are called right, its words give away.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.leaderboard import check_entries, load_runs
from mabench_eval.leaderboard.known import known
from mabench_eval.leaderboard.samples import samples_file
from mabench_eval.leaderboard.settings import settings_of
from mabench_eval.runs import read_words, recompute
from tests.support.forgery import Row, document_of, forge, forge_identity, forge_scores, samples_of, write_samples
from tests.support.leaderboard import COMMITTED

FREE_TEXT = ("name", "date")
"""Keys that may be set by hand."""
UNPROVEN = ("judges", "rubrics")
"""Keys that nothing but the seal vouches for: a judge and a rubric of one's own are nobody else's to know."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The entry of a baseline, alone on its board."""
    (tmp_path / "entries").mkdir()
    for file in (COMMITTED / "entries").glob("constant-*"):
        shutil.copy(file, tmp_path / "entries")
    return next((tmp_path / "entries").glob("constant-*.json"))


def refused(path: Path) -> list[str]:
    """The keys that are named, of a board that is refused; nothing else than a clear refusal may happen."""
    try:
        problems = check_entries(path.parents[1]).problems
    except InputError as error:  # it cannot be read at all
        problems = error.problems
    named = [problem.split(": ") for problem in problems]
    assert all(words[0].startswith(str(path.parent)) and len(words) > 1 for words in named)
    return [words[1] for words in named]


def leaves(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value of a JSON document that holds no others, with the way to it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list) or not value:
        yield steps, value
    for step, part in items:
        yield from leaves(part, (*steps, step))


def some(values: Iterator[Any], dice: random.Random) -> list[Any]:
    """Eighty of them: there are some two hundred, and each is a check of the whole board."""
    there = list(values)
    return dice.sample(there, min(80, len(there)))


def other(value: Any, dice: random.Random) -> Any:
    """Another value, of the same kind as far as there is one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.choice([-1, 1, 7])
    if isinstance(value, float):
        return dice.choice([value + 1e-3, value * 1.01 + 0.01, 100.0 - value if value != 50 else 51.0])
    if isinstance(value, str) and value:
        place = dice.randrange(len(value))
        return f"{value[:place]}{'b' if value[place] != 'b' else 'c'}{value[place + 1 :]}"
    return dice.choice([1, "x", [1]])


def put(document: Any, steps: tuple[Any, ...], value: Any) -> None:
    for step in steps[:-1]:
        document = document[step]
    document[steps[-1]] = value


def test_any_single_value_of_an_entry_that_is_changed_is_told(path: Path) -> None:
    honest, dice = document_of(path), random.Random(17)
    for steps, value in some(leaves(honest), dice):
        document = json.loads(json.dumps(honest))
        put(document, steps, other(value, dice))
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        assert bool(refused(path)) is (steps[0] not in FREE_TEXT), steps


def test_any_single_value_that_is_changed_under_the_right_seal_is_told(path: Path) -> None:
    honest, dice = document_of(path), random.Random(18)
    text = path.read_text(encoding="utf-8")
    for steps, value in some(leaves(honest), dice):
        if steps[0] in (*FREE_TEXT, *UNPROVEN, "seal") or steps == ("benchmark", "name"):
            continue
        document = json.loads(json.dumps(honest))
        put(document, steps, other(value, dice))
        try:
            forge(path, document)
        except InputError:  # no entry at all
            path.write_text(json.dumps(document), encoding="utf-8")
        named = refused(path)
        assert named, steps
        # What is said twice may be told by the other key; the run id is the fingerprint of the whole identity.
        last = [str(step) for step in steps if isinstance(step, str)][-1]
        assert steps[0] == "identity" or any(str(steps[0]) in key or last in key for key in named), (steps, named)
        path.write_text(text, encoding="utf-8")


def test_no_key_can_be_left_out(path: Path) -> None:
    honest = document_of(path)
    for steps, _ in some(leaves(honest), random.Random(20)):
        if steps[0] in FREE_TEXT or isinstance(steps[-1], int):
            continue
        document = json.loads(json.dumps(honest))
        inner = document
        for step in steps[:-1]:
            inner = inner[step]
        del inner[steps[-1]]
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        assert refused(path), steps


def drop(samples: list[Row], dice: random.Random) -> None:
    del samples[dice.randrange(len(samples))]


def drop_wrong(samples: list[Row], dice: random.Random) -> None:
    samples[:] = [one for one in samples if one.get("correct") is not False or dice.random() < 0.5]


def drop_clip(samples: list[Row], dice: random.Random) -> None:
    clip = dice.choice(samples)["clip"]
    samples[:] = [one for one in samples if one["clip"] != clip]


def double(samples: list[Row], dice: random.Random) -> None:
    samples.insert(dice.randrange(len(samples)), dict(dice.choice(samples)))


def repeat(samples: list[Row], dice: random.Random) -> None:
    samples.append({**dice.choice(samples), "repeat": dice.choice([1, 5])})


def rotate(samples: list[Row], dice: random.Random) -> None:
    samples[dice.randrange(len(samples))]["rotation"] = 1


def add(samples: list[Row], dice: random.Random) -> None:
    samples.append({**dice.choice(samples), "qid": f"CMAR_{dice.randrange(5000, 9999)}"})


def rename(samples: list[Row], dice: random.Random) -> None:
    samples[dice.randrange(len(samples))]["qid"] += "0"


def move(samples: list[Row], dice: random.Random) -> None:
    one = dice.choice(samples)
    one["clip"] = next(each["clip"] for each in samples if each["clip"] != one["clip"])


def swap_task(samples: list[Row], dice: random.Random) -> None:
    dice.choice([one for one in samples if one["task"] == "MAS"])["task"] = "PPR"


def unanswer(samples: list[Row], dice: random.Random) -> None:
    one = dice.choice([one for one in samples if one.get("correct")])
    one["outcome"] = dice.choice(["refused", "unparsable", "error"])


def ungrade(samples: list[Row], dice: random.Random) -> None:
    del dice.choice([one for one in samples if "correct" in one])["correct"]


def grade_open(samples: list[Row], dice: random.Random) -> None:
    dice.choice([one for one in samples if "levels" in one])["correct"] = True


def level_closed(samples: list[Row], dice: random.Random) -> None:
    dice.choice([one for one in samples if "correct" in one])["levels"] = {"L1": 5, "L2": 5, "L3": 5}


def half_level(samples: list[Row], dice: random.Random) -> None:
    dice.choice([one for one in samples if "levels" in one])["levels"]["L2"] = 4.5


def more_levels(samples: list[Row], dice: random.Random) -> None:
    dice.choice([one for one in samples if "levels" in one])["levels"]["L4"] = 5


def fewer_levels(samples: list[Row], dice: random.Random) -> None:
    del dice.choice([one for one in samples if "levels" in one])["levels"]["L3"]


def high_level(samples: list[Row], dice: random.Random) -> None:
    dice.choice([one for one in samples if "levels" in one])["levels"]["L1"] = dice.choice([6, -1, float("nan")])


def more_keys(samples: list[Row], dice: random.Random) -> None:
    dice.choice(samples)[dice.choice(["prediction", "reference", "verified"])] = "A"


FRAUDS: tuple[Callable[[list[Row], random.Random], None], ...] = (
    drop,
    drop_wrong,
    drop_clip,
    double,
    repeat,
    rotate,
    add,
    rename,
    move,
    swap_task,
    unanswer,
    ungrade,
    grade_open,
    level_closed,
    half_level,
    more_levels,
    fewer_levels,
    high_level,
    more_keys,
)
"""What may be done to samples, other than to call wrong answers right."""


@pytest.mark.parametrize("fraud", FRAUDS, ids=lambda fraud: fraud.__name__)
def test_samples_that_are_not_those_of_the_run_are_told(path: Path, fraud: Callable[..., None]) -> None:
    honest, text = samples_of(path), path.read_text(encoding="utf-8")
    for seed in range(4):
        for forging in (write_samples, forge_scores):
            samples = json.loads(json.dumps(honest))
            fraud(samples, random.Random(seed))
            try:
                forging(path, samples)
            except InputError:  # no samples that could be scored
                write_samples(path, samples)
            assert refused(path), (fraud.__name__, seed, forging.__name__)
            path.write_text(text, encoding="utf-8")


def test_flipped_answers_are_told_by_the_scores_or_by_the_words(path: Path, tmp_path: Path) -> None:
    words = read_words(evaluate("constant", output=tmp_path / "results").folder / "samples.jsonl")
    tasks = load_catalogue().tasks
    benchmark = load_benchmark("demo", tasks)
    honest, text = samples_of(path), path.read_text(encoding="utf-8")
    for seed in range(15):
        dice = random.Random(seed)
        samples = json.loads(json.dumps(honest))
        for one in dice.sample([one for one in samples if "correct" in one], dice.choice([1, 2, 30])):
            one["correct"] = not one["correct"]
        write_samples(path, samples)
        assert refused(path), seed
        forge_scores(path, samples)
        assert not refused(path)  # it follows; but it is not verified, and cannot be
        (run,) = load_runs(path.parents[1], ())
        with pytest.raises(InputError) as caught:
            recompute(run, words, benchmark, tasks)
        assert any("by the words" in problem for problem in caught.value.problems)
        path.write_text(text, encoding="utf-8")


def test_forged_settings_are_told_or_said(path: Path) -> None:
    """Settings under their own run id: they contradict the rest, or the row says them and competes for nothing."""
    text = path.read_text(encoding="utf-8")
    model = document_of(path)["identity"]["model"]
    forged: list[dict[str, Any]] = [
        {"seed": 5},
        {"repeats": 2},
        {"repeat": 3},
        {"limit": 5},
        {"limit": -1},
        {"shard": [1, 2]},
        {"shard": [0, 0]},
        {"shots": "f" * 64, "examples": [2, False]},
        {"sampling": {"rule": "endpoints", "frames": 8}},
        {"sampling": {"rule": "uniform", "frames": 8, "input": "shuffled"}},
        {"tasks": {}},
        {"tasks": 1},
        {"model": 1},
        {"model": {**model, "temperature": 1.0}},
        {"model": {**model, "name": "gpt-4o"}},
        {"model": {**model, "settings": {"a": 1}}},
        {"benchmark": "ab" * 32},
        {"anything": True},
    ]
    for changed in forged:
        forge_identity(path, **changed)
        (run,) = load_runs(path.parents[1], ())
        if not refused(path):
            assert settings_of(run.entry).differing or known().benchmark(run.entry.benchmark) is None, changed
        path.write_text(text, encoding="utf-8")


def is_same(whole: bytes, damaged: bytes) -> bool:
    """Whether nothing but blanks between values was hit."""
    try:
        return bool(json.loads(whole) == json.loads(damaged))
    except ValueError:
        return False


def test_files_that_are_damaged_anywhere_are_told(path: Path) -> None:
    """Cut, and with single bytes flipped."""
    dice = random.Random(19)
    for file in (path, samples_file(path)):
        whole = file.read_bytes()
        for _ in range(20):
            place = dice.randrange(len(whole))
            flipped = bytearray(whole)
            flipped[place] ^= 1 << dice.randrange(8)
            for damaged in (whole[:place], bytes(flipped)):
                file.write_bytes(damaged)
                free = file is path and place < whole.index(b'"model"')  # name and date stand first
                assert free or is_same(whole, damaged) or refused(path), (file, place)
        file.write_bytes(whole)
