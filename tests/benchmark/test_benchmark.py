"""Question files: both published forms, everything wrong with them found at once, clips checked before a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mabench_eval.benchmark import load_benchmark, read_clips
from mabench_eval.benchmark.options import parse_options
from mabench_eval.catalogue import load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.packages import install_command
from tests.support.benchmarks import CMAR_TEXT, FMAR_TEXT, Row, rows_of_clip, write_benchmark, write_clip, write_rows
from tests.support.paths import SHARED

TASKS = load_catalogue().tasks


def problems_of(file: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_benchmark(str(file), TASKS)
    return list(caught.value.problems) or [caught.value.message]


def test_labelled_and_full_form_json_and_json_lines_read_alike(tmp_path: Path) -> None:
    rows = rows_of_clip("a")
    full = [{"video_name": "a", **{k: row[k] for k in ("task", "qid", "question")}} for row in rows]
    labelled = load_benchmark(str(write_rows(tmp_path / "labelled.json", rows)), TASKS)
    unlabelled = load_benchmark(str(write_rows(tmp_path / "full.json", full)), TASKS)
    lines = tmp_path / "lines.jsonl"
    lines.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    assert load_benchmark(str(lines), TASKS).questions == labelled.questions
    assert load_benchmark(str(lines), TASKS).sha256 == labelled.sha256
    assert [q.clip for q in unlabelled.questions] == ["a"] * 12 == [q.clip for q in labelled.questions]
    assert (labelled.labelled, unlabelled.labelled) == (True, False)
    assert labelled.sha256 != unlabelled.sha256


def test_options_are_parsed_and_codes_kept() -> None:
    text = "Which?\nA. Shaking body - A1\nB. Shaking body\nC. Nodding"
    assert parse_options(text, "ABCDE") == {"A": "Shaking body - A1", "B": "Shaking body", "C": "Nodding"}


def test_every_kind_of_problem_is_found_in_one_pass(tmp_path: Path) -> None:
    def row(**change: object) -> Row:
        base = {"video": "a.mp4", "task": "SAD", "qid": f"Q{len(rows)}", "question": "Up?", "answer": "Yes"}
        return {**base, **change}

    rows: list[Row] = []
    rows.append(row(qid="twice"))
    rows.append(row(qid="twice"))
    rows.append(row(task="SDA"))
    rows.append(row(task="CMAR", question="no options here", answer="A"))
    rows.append(row(task="FMAR", question="gap\nA. x\nC. y", answer="A"))
    rows.append(row(task="CMAR", question=CMAR_TEXT, answer="H"))
    rows.append(row(answer="maybe"))
    rows.append(row(video="../secret.mp4"))
    rows.append(row(video="/etc/passwd"))
    rows.append(row(video="..\\secret"))
    rows.append(row(video="C:secret"))
    rows.append(row(question=" "))
    rows.append(row(answer=7))
    rows.append({"task": "SAD", "qid": "bare", "question": "?"})
    rows.append("not a row")  # type: ignore[arg-type]
    rows.append(row(task="FMAR", question=FMAR_TEXT.replace("E. Touching nose", "F. Touching nose"), answer="A"))
    expected = [
        "row 2 (twice): duplicate qid, first in row 1",
        "row 3 (Q2): unknown task 'SDA'",
        "row 4 (Q3): no options found",
        "row 5 (Q4): options are lettered A, C",
        "row 6 (Q5): answer 'H' is none of A, B, C, D, E, F, G",
        "row 7 (Q6): answer 'maybe' is none of Yes, No",
        "row 8 (Q7): clip name '../secret' is no path inside the clip folder",
        "row 9 (Q8): clip name '/etc/passwd' is no path inside the clip folder",
        "row 10 (Q9): clip name '..\\\\secret' is no path inside the clip folder",
        "row 11 (Q10): clip name 'C:secret' is no path inside the clip folder",
        "row 12 (Q11): 'question' must be a text",
        "row 13 (Q12): 'answer' must be a text, found 7",
        "row 14 (bare): 'video_name' is missing",
        "row 15: expected {video, task, qid, question, answer}, found str",
        "row 16 (Q15): options are lettered A, B, C, D, F",
    ]
    problems = problems_of(write_rows(tmp_path / "bad.json", rows))
    assert [problem[: len(start)] for problem, start in zip(problems, expected, strict=True)] == expected


def test_a_name_of_dots_alone_is_refused(tmp_path: Path) -> None:
    rows = [{**rows_of_clip("a")[2], "video": name, "qid": name} for name in ("..mp4", "...mp4", "..", ".mp4")]
    assert len(problems_of(write_rows(tmp_path / "dots.json", rows))) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not valid JSON"),
        ("[{", "not valid JSON"),
        ("[]", "expected a list of questions"),
        ("5", "expected a list of questions"),
        ('{"a": 1}\n{"b"', ":2: not valid JSON"),
    ],
)
def test_a_file_that_is_no_question_file(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "broken.json"
    file.write_text(text, encoding="utf-8")
    assert expected in problems_of(file)[0]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "latin.json"
    file.write_bytes(b'[{"qid": "\xe9"}]')
    assert "latin.json:1: byte 0xe9, not UTF-8: save it as UTF-8" in problems_of(file)[0]


def test_a_folder_with_questions_and_videos(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "mine", clips=2)
    benchmark = load_benchmark(str(tmp_path / "mine"), TASKS)
    assert (benchmark.name, len(benchmark.questions), benchmark.clip_folder.name) == ("mine", 24, "videos")


def test_a_folder_with_two_question_files_asks_which(tmp_path: Path) -> None:
    for name in ("a.json", "b.jsonl"):
        write_rows(tmp_path / name, rows_of_clip("a"))
    assert "expected one question file" in problems_of(tmp_path)[0]
    assert "a.json, b.jsonl" in problems_of(tmp_path)[0]


def test_missing_data_says_what_can_be_given(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder") as caught:
        load_benchmark(str(tmp_path / "no.json"), TASKS)
    assert "`demo`" in caught.value.hint


def test_hub_without_its_package_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError) as caught:
        load_benchmark("hub", TASKS)
    assert caught.value.hint == install_command("hub")


def test_hub_downloads_the_one_question_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_rows(tmp_path / "mabench.json", rows_of_clip("a", answers=False))
    asked = []

    def download(repo: str, name: str, repo_type: str) -> str:
        asked.append((repo, name, repo_type))
        return str(file)

    api = SimpleNamespace(list_repo_files=lambda repo, repo_type: ["README.md", "mabench.json"])
    hub = SimpleNamespace(HfApi=lambda: api, hf_hub_download=download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    assert len(load_benchmark("hub", TASKS, Path("clips")).questions) == 12
    assert asked == [("kunli-cs/MA-Bench", "mabench.json", "dataset")]


def test_a_hub_that_cannot_be_reached_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(repo: str, repo_type: str) -> list[str]:
        raise ConnectionError("no route")

    hub = SimpleNamespace(HfApi=lambda: SimpleNamespace(list_repo_files=fail), hf_hub_download=None)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    with pytest.raises(InputError, match="cannot get some/set: ConnectionError: no route"):
        load_benchmark("hub:some/set", TASKS)


def test_clips_are_hashed_and_every_broken_one_is_listed(tmp_path: Path) -> None:
    good = write_clip(tmp_path / "good.mp4")
    whole = good.read_bytes()
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "page.mp4").write_bytes(b"<html>" + b" " * 500)
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) - 100])
    (tmp_path / "headless.mp4").write_bytes(whole[: int.from_bytes(whole[:4], "big")])
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(InputError) as caught:
        read_clips(["good", "gone", "empty", "page", "cut", "headless", "folder"], tmp_path)
    assert caught.value.problems == (
        "gone.mp4: missing",
        "empty.mp4: unreadable: empty file",
        "page.mp4: unreadable: not a video: FFmpeg says: Invalid data found when processing input",
        "cut.mp4: unreadable: cut off or damaged",
        "headless.mp4: unreadable: cut off: its index (moov) is missing",
        "folder.mp4: missing",
    )
    import hashlib

    assert read_clips(["good"], tmp_path)["good"].sha256 == hashlib.sha256(whole).hexdigest()


def test_no_clip_folder_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_clips(["a"], tmp_path / "videos")
    assert "--clips DIR" in caught.value.hint


@pytest.mark.skipif(not SHARED.is_dir(), reason="the official question files are not part of the repository")
def test_the_official_files() -> None:
    full = load_benchmark(str(SHARED / "mabench_data.json"), TASKS)
    assert (len(full.questions), len(full.clip_names), full.official, full.labelled) == (12_000, 1_000, True, False)
    coded = [q for q in full.questions if any(" - " in option for option in q.options.values())]
    assert len(coded) == 94  # as the benchmark's description says
    sample = load_benchmark(str(SHARED / "mabench_labelled_50.json"), TASKS)
    assert (len(sample.questions), len(sample.clip_names), sample.official, sample.labelled) == (600, 50, False, True)
