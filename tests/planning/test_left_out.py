"""Clips that are missing or broken stop a run, or it goes on without them and says so wherever its figures stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import InputError, Result, compare, evaluate
from mabench_eval.cli import main
from mabench_eval.leaderboard import add_entry
from mabench_eval.planning import RunConfig, forecast_run, prepare
from mabench_eval.runs import list_runs, merge_runs, missing_answers, read_run
from mabench_eval.tables import notes
from mabench_eval.types import Outcome
from tests.support.benchmarks import read_files, write_benchmark, write_clip

PROBLEMS = ("clip1.mp4: missing", "clip2.mp4: unreadable: empty file")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four clips of twelve questions: the second is missing, the third is empty."""
    file = write_benchmark(tmp_path, clips=4, videos=True)
    (tmp_path / "videos" / "clip1.mp4").unlink()
    (tmp_path / "videos" / "clip2.mp4").write_bytes(b"")
    return file


def choices(data: Path, **more: Any) -> dict[str, Any]:
    return {"model": "motion", "data": str(data), "output": data.parent / "results", "judge": "lexical", **more}


def run(data: Path, **more: Any) -> Result:
    result: Result = evaluate(**choices(data, **{"skip_missing_clips": True, **more}))
    return result


def mend(data: Path) -> None:
    for number in (1, 2):
        write_clip(data.parent / "videos" / f"clip{number}.mp4", seed=number)


def test_by_default_nothing_is_run_and_the_way_out_is_told(data: Path) -> None:
    with pytest.raises(InputError) as error:
        run(data, skip_missing_clips=False)
    assert [problem.strip() for problem in error.value.problems[1:]] == list(PROBLEMS)
    assert "--skip-missing-clips" in error.value.hint
    assert not (data.parent / "results").exists()


def test_questions_on_the_other_clips_alone_are_asked(data: Path) -> None:
    """2 of 4 clips: 24 of 48 questions, 2 x 2 of 8 open ones; the others lower coverage to 50 %."""
    forecast = forecast_run(prepare(RunConfig(**choices(data, skip_missing_clips=True))))
    assert (forecast.requests, forecast.clips, forecast.judgments["lexical"].answers) == (24, 2, 4)

    result = run(data)
    assert {sample.clip for sample in result.samples if sample.outcome is Outcome.ERROR} == {"clip1", "clip2"}
    assert (result.scores.n, result.scores.total, result.scores.coverage) == (24, 48, 50.0)
    assert not result.complete
    assert (result.scores.left_out_clips, result.record.left_out) == (2, PROBLEMS)
    (said,) = [line for line in notes(result.scores) if line.startswith("LEFT OUT")]
    assert said.startswith("LEFT OUT: 2 of 4 clips")
    assert said in (result.folder / "scores.md").read_text(encoding="utf-8")
    assert "--skip-missing-clips" in result.record.command


def test_the_same_run_goes_on_when_they_are_there(data: Path) -> None:
    """The folder is the same, nothing is asked twice, and the files are those of a run that never lacked them."""
    first = run(data)
    mend(data)
    journal = (first.folder / "journal.jsonl").read_text(encoding="utf-8")
    second = run(data, skip_missing_clips=False)
    assert second.folder == first.folder
    assert second.complete
    added = (first.folder / "journal.jsonl").read_text(encoding="utf-8").removeprefix(journal).splitlines()
    assert sum(json.loads(line)["kind"] == "answer" for line in added) == 24
    assert (second.scores.left_out_clips, second.record.left_out) == (0, ())

    whole = run(data, skip_missing_clips=False, output=data.parent / "whole")
    same = ("samples.jsonl", "scores.json", "scores.md", "submission.json", "questions.jsonl", "setup.json")
    assert {name: read_files(second.folder)[name] for name in same} == {
        name: read_files(whole.folder)[name] for name in same
    }


def test_nothing_but_the_option_is_needed_to_judge_list_compare_and_submit(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(data, judge="none")
    assert main(["judge", str(first.folder), "--judge", "lexical"]) == 3
    assert "LEFT OUT: 2 of 4 clips" in capsys.readouterr().out

    again = read_run(first.folder)
    assert again.scores.left_out_clips == 2
    (listed,) = list_runs(data.parent / "results")
    assert (listed.state, listed.answered, listed.total) == ("lacks 2 clips", 24, 24)
    document: Mapping[str, Any] = json.loads((first.folder / "submission.json").read_text(encoding="utf-8"))
    assert missing_answers(again, document)[0].startswith("24 failed (clips left out: 2)")
    (pair,) = compare([first.folder, run(data, model="motion", frames=4).folder])
    (sad,) = [row for row in pair.differences if row.figure == "SAD"]
    assert (sad.questions, sad.clips) == (4, 2)


def test_what_was_not_asked_has_not_failed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """24 of 48 questions are on clips that are left out: as many as would otherwise have failed alike."""
    words = ["--model", "motion", "--data", str(data), "--output", str(data.parent / "o"), "--skip-missing-clips"]
    assert main(words) == 3
    said = capsys.readouterr().err
    assert "failed alike" not in said
    assert "The run is incomplete" in said


def test_it_is_no_row_of_a_leaderboard(data: Path, tmp_path: Path) -> None:
    first = run(data)
    with pytest.raises(InputError, match="without 2 of its 4 clips") as error:
        add_entry(first.folder, tmp_path / "board")
    assert error.value.problems == PROBLEMS
    assert not (tmp_path / "board").exists()
    mend(data)
    assert add_entry(run(data).folder, tmp_path / "board").exists()


def test_without_any_clip_there_is_nothing_to_go_on_with(data: Path) -> None:
    for file in (data.parent / "videos").iterdir():
        file.write_bytes(b"")
    with pytest.raises(InputError) as error:
        run(data)
    assert "4 of 4 clips" in error.value.problems[0]
    assert not error.value.hint


def test_other_clips_are_drawn_as_if_all_were_there(data: Path) -> None:
    """Each question is on another clip's frames: those whose clip is there are asked, by the same keys as of all."""
    part = prepare(RunConfig(**choices(data, skip_missing_clips=True, input="other-clip")))
    mend(data)
    whole = prepare(RunConfig(**choices(data, input="other-clip")))
    keys = {request.key for request in part.plan.requests}
    assert len(keys) == 24
    assert keys < {request.key for request in whole.plan.requests}
    assert {planned.clip.name for planned in part.plan.clips} == {"clip0", "clip3"}


def test_shards_that_went_on_without_are_joined_and_say_so(data: Path) -> None:
    """The first and third clip of the file are those of the first of two shards: each lacks one."""
    mend(data)
    first, second, *_ = prepare(RunConfig(**choices(data))).benchmark.clip_names
    for name in (first, second):
        (data.parent / "videos" / f"{name}.mp4").unlink()
    shards = [run(data, shard=(number, 2)) for number in (1, 2)]
    assert [shard.record.left_out for shard in shards] == [(f"{first}.mp4: missing",), (f"{second}.mp4: missing",)]
    joined, _ = merge_runs([shard.folder for shard in shards])
    assert (joined.scores.n, joined.scores.total, joined.scores.left_out_clips) == (24, 48, 2)
    assert joined.record.left_out == (f"{first}.mp4: missing", f"{second}.mp4: missing")
    assert joined.folder == run(data).folder
