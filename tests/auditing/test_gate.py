"""The gate: what it lets through, what it refuses, and what the command says of it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval.auditing import BY_CLIP, BY_STATEMENT, Gate, audit, persons_of, take_gate
from mabench_eval.benchmark import question_row
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.stats import holm
from mabench_eval.types import Question
from tests.support.benchmarks import write_benchmark, write_rows

WORDS = ("head", "left hand", "right hand", "torso", "left foot", "right foot")
WAYS = ("upward", "downward", "leftward", "rightward")
Answer = Callable[[int, str, str], str]


def coins(lot: random.Random) -> Answer:
    return lambda number, part, way: lot.choice(("Yes", "No"))


def benchmark(answer: Answer, clips: int = 60, seed: int = 5) -> list[Question]:
    """Two questions a clip, of 24 statements; the second on a clip is another one than the first."""
    lot, numbers = random.Random(seed), list(range(10 * clips))
    lot.shuffle(numbers)
    questions = []
    for clip in range(clips):
        for place, part in enumerate(lot.sample(WORDS, 2)):
            number, way = numbers[2 * clip + place], lot.choice(WAYS)
            given = answer(number, part, way)
            text = f"Does the {part} move {way}?"
            questions.append(Question(f"SAD_{number:04d}", "SAD", f"c{clip}", text, {}, given))
    return questions


def leaks(gate: Gate) -> set[str]:
    return {reading.look for reading in gate.leaks}


def test_answers_by_lot_pass_and_p_values_are_of_all_looks_together() -> None:
    gate = take_gate(benchmark(coins(random.Random(11))))
    assert gate.passed
    assert [row.adjusted for row in gate.readings] == holm([row.p for row in gate.readings])
    words = next(row for row in gate.readings if row.look == BY_CLIP)
    assert words.chance == 50
    # A fair coin alone would spread from 50 - 1.96 * 50 / sqrt(120) = 41.1; words spread more widely.
    assert 36 < words.chance_low < 41


def test_it_says_the_same_on_every_call() -> None:
    questions = benchmark(coins(random.Random(11)), clips=12)
    assert take_gate(questions) == take_gate(questions)
    assert take_gate(questions, seed=1) != take_gate(questions)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda number, part, way: "Yes" if number % 2 else "No", "number"),
        (lambda number, part, way: "Yes" if number < 300 else "No", "low number"),
        (lambda number, part, way: "Yes" if "hand" in part else "No", BY_STATEMENT),
        (lambda number, part, way: "Yes" if way == "upward" else "No", BY_CLIP),
        (lambda number, part, way: "No", "same answer"),
    ],
)
def test_what_tells_is_refused_by_the_look_that_is_made_for_it(answer: Answer, told: str) -> None:
    gate = take_gate(benchmark(answer))
    assert not gate.passed
    assert told in leaks(gate)


def test_below_chance_is_a_leak_too() -> None:
    """Each statement as often Yes as No: what other clips say is wrong, and its opposite right."""
    last: dict[tuple[str, str], str] = {}

    def turns(number: int, part: str, way: str) -> str:
        last[part, way] = "No" if last.get((part, way)) == "Yes" else "Yes"
        return last[part, way]

    gate = take_gate(benchmark(turns, clips=150))
    words = next(row for row in gate.readings if row.look == BY_CLIP)
    assert words.accuracy < words.chance_low < 50
    assert words.reached == pytest.approx(100 - words.accuracy)
    assert leaks(gate) == {BY_CLIP}


def test_families_that_are_known_are_looked_at() -> None:
    lot = random.Random(3)
    questions = benchmark(lambda number, part, way: lot.choice(("Yes", "No")))
    families = {q.qid: "direction" if q.answer == "Yes" else "stillness" for q in questions}
    assert take_gate(questions).passed
    gate = take_gate(questions, families=families)
    assert leaks(gate) == {"family"}
    assert next(row for row in gate.readings if row.look == "family").what == "direction: Yes"


def test_labels_of_the_clips_are_no_fault_of_questions_that_offer_them_all() -> None:
    """All of 60 CMAR answers are Head, in random places."""
    lot, rows = random.Random(2), []
    for n in range(60):
        shown = dict(zip("ABCD", lot.sample(["Head", "Body", "Upper limb", "Lower limb"], 4), strict=True))
        right = next(letter for letter, option in shown.items() if option == "Head")
        rows.append(Question(f"CMAR_{lot.random()}", "CMAR", f"c{n}", "Which?", shown, right))
    gate = take_gate(rows)
    assert {row.look: row.verdict for row in gate.readings}["label"] == "labels"
    assert gate.passed


def test_one_fault_is_one_too_many() -> None:
    questions = benchmark(coins(random.Random(11)))
    again = replace(questions[0], qid="SAD_9999")
    gate = take_gate([*questions, again])
    assert [finding.check for finding in gate.faults] == ["duplicates"]
    assert not gate.passed
    assert not take_gate(questions, look=False).passed  # nothing was looked at


def write(path: Path, questions: list[Question]) -> Path:
    return write_rows(path, [question_row(question) for question in questions])


def test_the_command_tells_by_its_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    fair = write(tmp_path / "fair.json", benchmark(coins(random.Random(11))))
    leaky = write(tmp_path / "leaky.json", benchmark(lambda number, part, way: "Yes" if number % 2 else "No"))
    words = ["audit", "--flags", str(tmp_path / "f.json"), "--gate", "--repeats", "1", "--data"]
    assert main([*words, str(fair)]) == 0
    assert "Passed: none of" in capsys.readouterr().out
    assert main([*words, str(leaky)]) == 1
    out = capsys.readouterr().out
    assert "Refused: SAD: number (even: Yes) 0.0 %" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    assert main([*words, str(leaky), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    number = next(row for row in document["readings"] if row["look"] == "number")
    assert (document["passed"], number["verdict"], number["accuracy"]) == (False, "leak", 0)
    words.remove("--gate")
    assert main([*words, str(leaky)]) == 0


def test_a_file_without_answers_cannot_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blank = write_benchmark(tmp_path / "blank", 2, answers=False)
    assert main(["audit", "--data", str(blank), "--gate", "--flags", str(tmp_path / "f.json")]) == 2
    assert "--answers FILE" in capsys.readouterr().err
    assert main(["audit", "--data", "demo", "--gate", "--no-probe"]) == 2


def test_clips_and_people_of_another_file(tmp_path: Path) -> None:
    """Of three clips of two people one is in the other file by name, and one of the people by another clip."""
    names = {"own": ["0001_01_0001", "0001_02_0002", "0002_01_0003"], "other": ["0001_01_0001", "0003_01_0009"]}
    files = {
        name: write(
            tmp_path / f"{name}.json", [Question(f"SAD_{n}", "SAD", c, f"w{n}", {}, "Yes") for n, c in enumerate(cs)]
        )
        for name, cs in names.items()
    }
    found = {f.check: f for f in audit(str(files["own"]), against=[str(files["other"])]).findings}
    assert found["clips in both files"].places == ("0001_01_0001",)
    assert (found["people in both files"].found, found["people in both files"].of) == (1, 2)
    assert found["people in both files"].places == ("0001",)
    assert found["bytes in both files"].of == 0


def test_the_same_bytes_under_another_name(tmp_path: Path) -> None:
    one, other = (write_benchmark(tmp_path / name, clips=2, videos=True) for name in "ab")
    shutil.copy(one.parent / "videos" / "clip0.mp4", other.parent / "videos" / "clip1.mp4")
    found = {f.check: f for f in audit(str(one), against=[str(other)], probe=False).findings}
    assert "clip0" in found["bytes in both files"].places


def test_people_by_the_names_of_clips() -> None:
    assert persons_of(["0030_01_0002", "0019_02_0078"], None) == {"0030_01_0002": "0030", "0019_02_0078": "0019"}
    assert persons_of(["0030_01_0002", "demo_01"], None) == {}  # not all are named so
    assert persons_of(["s1-a", "s2-b"], r"s\d+") == {"s1-a": "s1", "s2-b": "s2"}
    assert persons_of(["s1-a", "x"], r"s(\d+)") == {"s1-a": "1"}
    with pytest.raises(InputError, match="not a regular expression"):
        persons_of(["a"], "(")
