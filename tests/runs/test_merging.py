"""Shards joined into the run that one process without --shard would have made."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.journal.journal import read_journal
from mabench_eval.runs.merging import merge_runs
from mabench_eval.runs.writing import Result
from tests.support.benchmarks import Ask, read_files, rows_of_clip, write_benchmark, write_rows


def in_shards(ask: Ask, data: Path, output: Path, count: int = 3, **choices: Any) -> list[Path]:
    """The folders of a run in parts."""
    return [ask(data, output=output, shard=(number, count), **choices).folder for number in range(1, count + 1)]


@pytest.mark.slow
def test_three_shards_of_the_demo_are_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = evaluate("motion", data="demo", output=tmp_path / "whole")
    shards = [evaluate("motion", data="demo", output=tmp_path / "parts", shard=(n, 3)) for n in (3, 1, 2)]
    words = ["merge", *(str(shard.folder) for shard in shards), "--output", str(tmp_path / "joined"), "--json"]
    assert main(words) == 0
    folder = Path(json.loads(capsys.readouterr().out)["folder"])
    assert folder.relative_to(tmp_path / "joined") == whole.folder.relative_to(tmp_path / "whole")
    assert read_files(folder) == read_files(whole.folder)
    record = json.loads((folder / "run.json").read_text())
    assert record["seconds"] == pytest.approx(sum(shard.record.seconds for shard in shards))
    assert record["totals"]["answers"] == 336
    assert record["identity"] == whole.record.identity


def test_nothing_is_asked_or_judged_again(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", clips=5, videos=True)
    folders = in_shards(ask, data, tmp_path / "parts")
    count = asked.total()
    result, notes = merge_runs(folders)
    assert (asked.total(), result.complete, notes) == (count, True, [])
    assert result.folder.parent == folders[0].parent  # beside the shards, where their --output was
    records = read_journal(result.folder)
    assert (len(records.answers), len(records.judgments)) == (60, len(read_journal(folders[0]).judgments))
    assert ask(data, output=tmp_path / "parts").folder == result.folder
    assert asked.total() == count
    assert read_files(ask(data, output=tmp_path / "whole").folder) == read_files(result.folder)


def test_joined_twice_and_a_shard_twice_change_nothing(tmp_path: Path, ask: Ask) -> None:
    folders = in_shards(ask, write_benchmark(tmp_path / "data", videos=True), tmp_path / "parts")
    copied = shutil.copytree(folders[0], tmp_path / "copy" / folders[0].name)
    first, _ = merge_runs([*folders, folders[0], copied])
    lines = (first.folder / "journal.jsonl").read_bytes()
    files = read_files(first.folder)
    second, _ = merge_runs(folders)
    assert read_files(second.folder) == files
    assert (second.folder / "journal.jsonl").read_bytes() == lines


def test_the_joined_run_may_lie_among_the_shards(tmp_path: Path, ask: Ask) -> None:
    """As ``merge results/MODEL/mabench_data-*`` finds it, when a shard that was missing has been run."""
    folders = in_shards(ask, write_benchmark(tmp_path / "data", videos=True), tmp_path / "parts")
    partly, _ = merge_runs(folders[:2])
    assert partly.folder.parent == folders[0].parent
    whole, notes = merge_runs(sorted(folders[0].parent.iterdir()))
    assert (whole.folder, whole.complete, notes) == (partly.folder, True, [])
    other = ask(tmp_path / "data", output=tmp_path / "elsewhere").folder  # the same run, and not what is made here
    with pytest.raises(InputError, match="is no shard"):
        merge_runs([*folders, other])
    with pytest.raises(InputError, match="is no shard"):
        merge_runs([whole.folder])


def test_a_missing_shard_leaves_a_run_that_can_be_taken_up(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", clips=5, videos=True)
    folders = in_shards(ask, data, tmp_path / "parts")
    result, notes = merge_runs([folders[0], folders[2]], output=tmp_path / "joined")
    assert notes == ["shard 2/3 is missing, with 2 clips"]
    assert not result.complete
    assert Counter(sample.error for sample in result.samples)["not asked yet"] == 24
    count = asked.total()
    ended = ask(data, output=tmp_path / "joined")
    assert (ended.folder, ended.complete, asked.total()) == (result.folder, True, count + 24)


def test_a_shard_that_was_killed_is_taken_as_far_as_it_went(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=5, videos=True)
    folders = in_shards(ask, data, tmp_path / "parts", judge="none")
    for path in folders[1].iterdir():
        if path.name not in ("journal.jsonl", "questions.jsonl", "setup.json"):  # these are there from the start
            path.unlink()
    lines = (folders[1] / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (folders[1] / "journal.jsonl").write_bytes(b"".join(lines[:4]) + lines[4][:20])  # the session and three answers
    result, notes = merge_runs(folders, output=tmp_path / "joined")
    assert Counter(sample.error for sample in result.samples)["not asked yet"] == 24 - 3
    assert [note.partition("journal.jsonl")[2] for note in notes] == [
        ":5: line dropped, it is incomplete; what only it held is missing, and asked again"
    ]
    shutil.rmtree(tmp_path / "data")
    again, _ = merge_runs(folders, output=tmp_path / "again")
    assert read_files(again.folder) == read_files(result.folder)


def test_errors_keep_their_reason(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    clip = tmp_path / "data" / "videos" / "clip1.mp4"
    whole = clip.read_bytes()
    clip.write_bytes(whole.replace(b"avcC", b"xxxx"))  # its boxes are whole, its pictures cannot be decoded
    folders = in_shards(ask, data, tmp_path / "parts")
    result, _ = merge_runs(folders, output=tmp_path / "joined")
    assert not result.complete
    assert {sample.error for sample in result.samples if sample.clip == "clip1"} != {"not asked yet"}
    assert read_files(ask(data, output=tmp_path / "whole").folder) == read_files(result.folder)


def test_runs_that_do_not_belong_together_are_refused_with_what_differs(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    first = ask(data, shard=(1, 3)).folder
    foreign: dict[str, Result] = {
        'model.name is "random"': evaluate("random", data=str(data), shard=(2, 3), judge="threes", output=tmp_path),
        "seed is 1": ask(data, shard=(2, 3), seed=1),
        "sampling.frames is 4": ask(data, shard=(2, 3), frames=4),
        "limit is 2": ask(data, shard=(2, 3), limit=2),
        "parts is 2": ask(data, shard=(2, 2)),
        'judge is "none"': ask(data, shard=(2, 3), judge="none", output=tmp_path / "other"),
    }
    other = write_rows(tmp_path / "data" / "other.json", [r for n in range(3) for r in rows_of_clip(f"clip{n}", n)])
    foreign["benchmark differs"] = ask(other, shard=(2, 3))
    for what, result in foreign.items():
        with pytest.raises(InputError, match="no shards of one run") as caught:
            merge_runs([first, result.folder])
        assert any(what in problem for problem in caught.value.problems), (what, caught.value.problems)
    with pytest.raises(InputError, match="without --shard"):
        merge_runs([first, ask(data, output=tmp_path / "other").folder])
    with pytest.raises(InputError, match="none of these"):
        merge_runs([tmp_path])
    with pytest.raises(InputError, match="no folder of a shard"):
        merge_runs([first, tmp_path])


def test_what_was_edited_since_is_told(tmp_path: Path, ask: Ask) -> None:
    """In the shards: what became of the data meanwhile is all the same to them."""
    data = write_benchmark(tmp_path / "data", videos=True)
    whole = ask(data, output=tmp_path / "whole")
    folders = in_shards(ask, data, tmp_path / "parts")
    rows = json.loads(data.read_text())
    rows[0]["question"] += " "
    write_rows(data, rows)
    assert read_files(merge_runs(folders, output=tmp_path / "joined")[0].folder) == read_files(whole.folder)

    setup = json.loads((folders[1] / "setup.json").read_text())
    setup["tasks"][0]["max_tokens"] = 7
    (folders[1] / "setup.json").write_text(json.dumps(setup))
    with pytest.raises(InputError, match=r"setup\.json is not the file that the run wrote"):
        merge_runs(folders)
    for folder in folders:  # and with the hash, in all of them
        (folder / "setup.json").write_text(json.dumps(setup))
        record = json.loads((folder / "run.json").read_text())
        record["material"]["setup.json"] = sha256((folder / "setup.json").read_bytes()).hexdigest()
        (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="is not that of what it was made of") as caught:
        merge_runs(folders)
    assert caught.value.problems == ("by its files tasks.CMAR.prompt differs",)


def test_shards_with_examples_repeats_and_rotations(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=4, videos=True)
    labelled = write_benchmark(tmp_path / "labelled", clips=2)
    choices: dict[str, Any] = {
        "repeats": 2,
        "circular": True,
        "shots": 1,
        "shots_data": str(labelled),
        "tasks": "cmar,sad",
    }
    folders = in_shards(ask, data, tmp_path / "parts", **choices)
    result, _ = merge_runs(folders, output=tmp_path / "joined")
    whole = ask(data, output=tmp_path / "whole", **choices)
    assert whole.folder.name == result.folder.name
    assert read_files(whole.folder) == read_files(result.folder)
    with pytest.raises(InputError, match="few-shot examples shards are joined when all are there"):
        merge_runs(folders[:2], output=tmp_path / "partly")


def test_shards_that_share_a_clip_under_two_names(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    """Each shard asks on its own; the whole would have asked once. With examples, which are part of a shard's name."""
    data = write_benchmark(tmp_path / "data", clips=4, videos=True)
    shutil.copy(data.parent / "videos" / "clip0.mp4", data.parent / "videos" / "clip1.mp4")
    labelled = write_benchmark(tmp_path / "labelled", clips=2)
    choices: dict[str, Any] = {"shots": 1, "shots_data": str(labelled)}
    folders = in_shards(ask, data, tmp_path / "parts", 2, **choices)
    result, notes = merge_runs(folders)
    assert (result.complete, notes) == (True, [])
    whole = ask(data, output=tmp_path / "whole", **choices)
    assert read_files(result.folder) == read_files(whole.folder)
    assert len(read_journal(result.folder).answers) == 48 - 4  # what the twins share is there once


def test_shards_of_other_clip_are_no_whole_run(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=4, videos=True)
    with pytest.raises(InputError, match="other-clip"):
        merge_runs(in_shards(ask, data, tmp_path / "parts", count=2, input="other-clip"))
