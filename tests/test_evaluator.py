"""Runs from end to end with small models: every question asked once, equal files for equal answers."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mabench_eval.execution.executor
from mabench_eval import evaluate, register_judge, register_model
from mabench_eval.cli.parser import parse
from mabench_eval.cli.run_options import sweep_of
from mabench_eval.engines.python import PythonEngine
from mabench_eval.journal.journal import read_journal
from mabench_eval.planning.config import RunConfig
from mabench_eval.planning.forecast import forecast_run
from mabench_eval.planning.preflight import prepare
from mabench_eval.runfiles import Share
from mabench_eval.runs.record import command
from mabench_eval.types import Clip, ClipWork, Json, JudgeRequest, Judgment, Response
from mabench_eval.video import decode
from tests.support.benchmarks import Ask, read_files, rows_of_clip, write_benchmark, write_rows


def test_scores_of_a_small_benchmark_by_hand(tmp_path: Path, ask: Ask) -> None:
    result = ask(write_benchmark(tmp_path / "data", clips=2, videos=True))
    scores = result.scores
    # B is Head, the right coarse answer, and Waving, the wrong fine one; Yes is right for one of two questions
    assert {name: scores.accuracy(name) for name in scores.tasks} == {
        "CMAR": 100.0,
        "FMAR": 0.0,
        "SAD": 50.0,
        "MAD": 50.0,
        "MAS": 50.0,
        "PPR": 50.0,
        "MADU": None,
        "MARE": None,
    }
    assert scores.open_tasks["MADU"].levels == {"L1": 3, "L2": 3, "L3": 3}
    assert scores.closed_avg == pytest.approx((100 + 0 + 50 * 4) / 6)
    assert scores.open_avg == 3
    # six accuracies, and six levels of 3 of 5, which are 60 on 0-100
    assert scores.final == pytest.approx((100 + 0 + 50 * 4 + 6 * 60) / 12)
    # Head says coarse, Waving is a fine label of Upper limb
    assert scores.hierarchy_consistency == Share(0.0, 2)
    assert (result.complete, scores.benchmark.clips) == (True, 2)


def test_what_the_engine_said_stays_where_a_later_call_starts_none(
    tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As vLLM's batch sizes, which are known once it has started."""
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    with monkeypatch.context() as started:
        started.setattr(PythonEngine, "facts", property(lambda engine: {"max_num_seqs": 1024}))
        ask(data)
    assert ask(data).record.engine == {"max_num_seqs": 1024}


def test_files_of_a_run(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    result = ask(data)
    assert result.folder.parent == tmp_path / "results" / "fixed"
    assert sorted(path.name for path in result.folder.iterdir()) == [
        "journal.jsonl",
        "lock",
        "questions.jsonl",
        "run.json",
        "samples.jsonl",
        "scores.json",
        "scores.md",
        "setup.json",
        "submission.json",
    ]
    samples = [json.loads(line) for line in (result.folder / "samples.jsonl").read_text().splitlines()]
    assert [sample["qid"] for sample in samples] == [row["qid"] for row in json.loads(data.read_text())]
    # 30 frames: the middles of 8 segments of 3.75
    assert samples[0]["frames"] == [1, 5, 9, 13, 16, 20, 24, 28]
    record = json.loads((result.folder / "run.json").read_text())
    assert record["totals"]["answers"] == 24
    assert record["command"].startswith("python -m mabench_eval --model fixed --tasks all --data ")
    assert len(record["sessions"]) == 1


def test_the_same_call_again_asks_nothing_and_gives_the_same_files(
    tmp_path: Path, ask: Ask, asked: Counter[str]
) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    first = ask(data)
    before, count = read_files(first.folder), asked.total()
    second = ask(data)
    assert (second.folder, asked.total()) == (first.folder, count)
    assert read_files(second.folder) == before
    assert count == 36


def test_each_clip_is_opened_once(tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: Counter[str] = Counter()

    def counting(clip: Clip, *how: Any) -> Any:
        opened[clip.path.name if clip.path else ""] += 1
        return decode(clip, *how)

    monkeypatch.setattr(mabench_eval.execution.executor, "decode", counting)
    ask(write_benchmark(tmp_path / "data", videos=True))
    assert opened == {"clip0.mp4": 1, "clip1.mp4": 1, "clip2.mp4": 1}


def test_questions_come_clip_by_clip(tmp_path: Path) -> None:
    order: list[str] = []

    @register_model("in-order", needs_frames=False)
    class InOrder:
        def __init__(self, settings: Json, seed: int) -> None: ...

        def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
            for item in work:
                order.append(item.clip.name)
                yield from (Response(request.key, text="B") for request in reversed(item.requests))

    data = write_benchmark(tmp_path / "data")
    result = evaluate("in-order", data=str(data), output=tmp_path / "results", judge="none")
    assert (sorted(order), result.complete) == (["clip0", "clip1", "clip2"], True)


def test_a_wider_run_uses_the_answers_of_a_narrower_one(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    narrow = ask(data, limit=1, tasks="closed")
    assert asked.total() == 10
    wide = ask(data)
    assert (wide.folder != narrow.folder, asked.total()) == (True, 36)
    assert len(read_journal(wide.folder).answers) == 36  # the folder holds all it depends on


def test_another_prompt_sampling_seed_or_clip_is_another_question(
    tmp_path: Path, ask: Ask, asked: Counter[str]
) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    ask(data)
    for choices in ({"frames": 4}, {"sampling": "endpoints"}, {"seed": 1}):
        before = asked.total()
        ask(data, **choices)
        assert asked.total() == before + 12, choices
    clip = tmp_path / "data" / "videos" / "clip0.mp4"
    clip.write_bytes(clip.read_bytes() + b"\0\0\0\x08free")  # another file, though the same pixels
    before = asked.total()
    ask(data)
    assert asked.total() == before + 12


def test_rejudging_never_regenerates(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    judged: Counter[str] = Counter()

    @register_judge("ones")
    def ones(request: JudgeRequest) -> Judgment:
        judged[request.answer] += 1
        return Judgment(request.key, dict.fromkeys(request.levels, 1))

    data = write_benchmark(tmp_path / "data", videos=True)
    ask(data)
    count = asked.total()
    result = ask(data, judge="ones")
    assert (asked.total(), result.scores.open_avg) == (count, 1)
    # three clips have the same references and the same answers: one call a task
    assert judged.total() == 2
    ask(data, judge="ones")
    assert judged.total() == 2


def test_unreadable_scores_are_no_score_never_zero(tmp_path: Path, ask: Ask) -> None:
    @register_judge("odd")
    def odd(request: JudgeRequest) -> Judgment:
        if request.task == "MADU":
            return Judgment(request.key, {"L1": 5, "L2": 6, "L3": 2})
        raise RuntimeError("judge is down")

    result = ask(write_benchmark(tmp_path / "data", videos=True), judge="odd")
    assert result.scores.open_avg is None
    assert (result.complete, result.scores.open_tasks["MADU"].judged) == (False, 0)
    errors = {sample.task: sample.error for sample in result.samples if sample.error}
    assert "levels.L2: Expected `int` <= 5, got 6" in str(errors["MADU"])
    assert str(errors["MARE"]).startswith("no score from odd: RuntimeError: judge is down (at ")


def test_without_answers_a_run_predicts_and_does_not_score(tmp_path: Path, ask: Ask) -> None:
    result = ask(write_benchmark(tmp_path / "data", videos=True, answers=False))
    assert (result.complete, result.scores.closed_avg, result.scores.judges) == (True, None, ())
    document = json.loads((result.folder / "submission.json").read_text())
    assert len(document["answers"]) == 36


def test_a_model_that_does_not_look_needs_no_clips(tmp_path: Path) -> None:
    result = evaluate("random", data=str(write_benchmark(tmp_path / "data")), output=tmp_path / "results", judge="none")
    assert (result.scores.frames, result.scores.n) == (None, 36)


def test_random_is_the_same_whatever_is_asked_beside(tmp_path: Path) -> None:
    data = str(write_benchmark(tmp_path / "data", clips=4))
    whole = evaluate("random", data=data, output=tmp_path / "a", judge="none")
    part = evaluate("random", data=data, output=tmp_path / "b", judge="none", shard=(2, 3), tasks="closed")
    answers = {sample.qid: sample.response for sample in whole.samples}
    assert part.samples
    assert all(answers[sample.qid] == sample.response for sample in part.samples)


def test_shards_are_whole_clips_and_together_everything(tmp_path: Path) -> None:
    data = str(write_benchmark(tmp_path / "data", clips=5))
    shards = [
        evaluate("random", data=data, output=tmp_path / "results", judge="none", shard=(number, 3))
        for number in (1, 2, 3)
    ]
    clips = [{sample.clip for sample in shard.samples} for shard in shards]
    assert sum(map(len, clips)) == 5 == len(set.union(*clips))
    assert sum(len(shard.samples) for shard in shards) == 60
    assert len({shard.folder for shard in shards}) == 3


def test_the_same_question_twice_on_a_clip_is_asked_once(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    rows = rows_of_clip("clip0")
    write_benchmark(tmp_path / "data", clips=1, videos=True)
    data = write_rows(tmp_path / "data" / "questions.json", [*rows, {**rows[2], "qid": "SAD_again"}])
    result = ask(data)
    assert (len(result.samples), asked.total()) == (13, 12)
    by_qid = {sample.qid: sample for sample in result.samples}
    assert by_qid["SAD_again"].response == by_qid[rows[2]["qid"]].response


@pytest.mark.parametrize("shown", ["video", "shuffled", "other-clip"])
def test_clips_with_the_same_bytes_are_asked_once_and_both_are_answered(
    tmp_path: Path, ask: Ask, asked: Counter[str], shown: str
) -> None:
    """Three clips of twelve questions, two of them one file under two names; four of twelve do not name the clip.

    36 questions less the four that the second of the twins shares with the first.
    """
    data = write_benchmark(tmp_path / "data", clips=3, videos=True)
    videos = data.parent / "videos"
    shutil.copy(videos / "clip0.mp4", videos / "clip2.mp4")
    result = ask(data, input=shown)
    assert result.complete
    assert (len(result.samples), asked.total()) == (36, 32)
    again = ask(data, input=shown)
    assert asked.total() == 32 and again.samples == result.samples


def test_forecast_counts_without_asking(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    ask(data, limit=1)
    before = asked.total()
    config = RunConfig("fixed", data=str(data), output=tmp_path / "results", judge="threes")
    forecast = forecast_run(prepare(config))
    assert (forecast.requests, forecast.answered, forecast.clips, asked.total()) == (36, 12, 2, before)
    assert forecast.questions["SAD"] == 6
    assert not Path(forecast.folder).exists()


def test_edited_code_is_another_model(tmp_path: Path) -> None:
    """The adapter's hash is part of the key: answers of the old code are not taken for those of the new."""
    data = write_benchmark(tmp_path / "data", clips=1)
    file = tmp_path / "mine.py"
    folders = []
    for answer in "AB":
        file.write_text(
            "from mabench_eval import register_model\n"
            f"@register_model('mine', needs_frames=False)\ndef mine(frames, prompt):\n    return '{answer}'\n"
        )
        command = [sys.executable, "-m", "mabench_eval", "--model", "mine", "--include", str(file), "--data", str(data)]
        command += ["--output", str(tmp_path / "results"), "--tasks", "cmar", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        document = json.loads(done.stdout)
        folders.append(document["folder"])
        assert document["tasks"]["CMAR"]["predictions"][answer] == 1
    assert folders[0] != folders[1]


def test_the_recorded_command_makes_the_same_run(tmp_path: Path) -> None:
    """Every choice that is not the default stands in it, and the parser reads it back."""
    config = RunConfig(
        "m",
        "cmar",
        "q.json",
        clips=Path("v"),
        prompts=Path("p.yaml"),
        shots=2,
        shots_data="l.json",
        frames=4,
        sampling="endpoints",
        engine="openai",
        settings={"base_url": "http://h/v1", "send_seed": True},
        max_cost=1.5,
        judge="none",
        seed=3,
        repeats=3,
        circular=True,
        limit=5,
        shard=(1, 2),
        output=Path("out"),
        include=(Path("x.py"),),
        workers=4,
        ray="auto",
        ship_clips=True,
    )
    words = shlex.split(command(config))[3:]
    assert list(sweep_of(parse(["run", *words])).configs.values()) == [config]
