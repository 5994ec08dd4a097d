"""A labelled file in two parts: nobody on both sides, labels in equal shares, rows as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.benchmark import MA52, PersonRule
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.training import SplitReport, split_file

TASKS = load_catalogue().tasks
ACTIONS = ("Nodding", "Waving")


def fmar(person: int, clip: int, action: str) -> dict[str, Any]:
    """A question on the clip ``PPPP_01_CCCC`` whose right option is A."""
    wrong = "Tiptoe"
    name = f"{person:04d}_01_{clip:04d}"
    return {
        "video": f"{name}.mp4",
        "task": "FMAR",
        "qid": f"FMAR_{person}_{clip}",
        "question": f"Which?\nA. {action}\nB. {wrong}",
        "answer": "A",
        "note": "kept",
    }


def split(tmp_path: Path, rows: list[Any], share: float = 0.5, by: Any = "person", seed: int = 0) -> SplitReport:
    (tmp_path / "questions.json").write_text(json.dumps(rows), encoding="utf-8")
    return split_file(str(tmp_path / "questions.json"), TASKS, by, share, seed, PersonRule(), tmp_path / "parts")


def parts(report: SplitReport) -> list[list[dict[str, Any]]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in report.files]


def test_no_person_is_on_both_sides_and_every_label_is_on_each(tmp_path: Path) -> None:
    # 10 people, two clips each, one of either action: half of them is 5 people, 10 clips, 5 of either action
    rows = [fmar(person, clip, ACTIONS[clip]) for person in range(10) for clip in range(2)]
    report = split(tmp_path, rows)
    first, second = ({row["video"][:4] for row in part} for part in parts(report))
    assert not first & second
    assert (report.groups, report.clips, report.questions, report.labels) == ((5, 5), (10, 10), (10, 10), (2, 2))


def test_labels_are_shared_out_as_the_clips_are(tmp_path: Path) -> None:
    # 40 people with one clip each, 20 of either action; 0.8 of them are 32 clips, 16 of either
    rows = [fmar(person, 0, ACTIONS[person % 2]) for person in range(40)]
    first, second = parts(split(tmp_path, rows, 0.8))
    assert [sum("Nodding" in row["question"] for row in part) for part in (first, second)] == [16, 4]
    assert [len(first), len(second)] == [32, 8]


def test_rows_stay_as_they_are_and_in_their_order(tmp_path: Path) -> None:
    rows = [fmar(person, clip, "Nodding") for clip in range(3) for person in range(4)]
    both = parts(split(tmp_path, rows))
    assert sorted(rows.index(row) for part in both for row in part) == list(range(12))
    for part in both:
        assert [rows.index(row) for row in part] == sorted(rows.index(row) for row in part)


def test_the_seed_decides_who(tmp_path: Path) -> None:
    rows = [fmar(person, 0, "Nodding") for person in range(20)]
    one, same, other = (parts(split(tmp_path, rows, seed=seed)) for seed in (1, 1, 2))
    assert one == same != other


def test_a_name_that_tells_nobody_is_a_person_of_its_own(tmp_path: Path) -> None:
    rows = [{**fmar(0, clip, "Nodding"), "video": f"clip_{clip}.mp4"} for clip in range(4)]
    report = split(tmp_path, rows)
    assert report.nameless == 4
    assert report.clips == (2, 2)


@pytest.mark.parametrize(
    ("rows", "share", "message"),
    [
        ([fmar(1, clip, "Nodding") for clip in range(3)], 0.5, "all clips are of one person"),
        ([fmar(person, 0, "Nodding") for person in range(2)], 1.0, "--share 1.0: expected a number between 0 and 1"),
    ],
)
def test_what_cannot_be_split_is_told_and_nothing_written(
    tmp_path: Path, rows: list[Any], share: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        split(tmp_path, rows, share)
    assert not (tmp_path / "parts").exists()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["split", "demo", "-o", str(tmp_path / "parts"), "--subjects", r"demo_(\d)"]
    assert main(words) == 0
    # demo_01 to demo_28: three people, 0, 1 and 2, of 9, 10 and 9 clips with 12 questions each
    assert json.loads((tmp_path / "parts" / "test.json").read_text(encoding="utf-8"))
    assert "336" not in capsys.readouterr().out
    assert main(["split", "demo", "-o", str(tmp_path / "x"), "--subjects", "("]) == 2
    assert "--subjects (: not a regular expression" in capsys.readouterr().err


def test_people_of_ma52_are_found_by_the_first_number() -> None:
    rule = PersonRule(MA52)
    assert rule.of("0030_01_0002") == rule.of("morning/0030_02_0007") == "0030"
    assert rule.of("00467b2e-714f-43ff-9677-2830fa9d94a0_2_93") is None
