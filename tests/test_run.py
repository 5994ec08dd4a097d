"""Runs from end to end with small models: every question asked once, nothing lost, equal files for equal answers."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import mabench_eval.run
from mabench_eval import evaluate, register_judge, register_model
from mabench_eval.config import RunConfig
from mabench_eval.errors import InputError, JournalError, ModelError
from mabench_eval.journal import Journal, read_journal
from mabench_eval.preflight import prepare
from mabench_eval.results import Result
from mabench_eval.run import forecast
from mabench_eval.types import ClipWork, Json, JudgeRequest, Judgment, Response
from mabench_eval.video import DECODERS
from tests.conftest import read_files, rows_of_clip, write_benchmark, write_rows

Pixels = NDArray[np.uint8]
Ask = Callable[..., Result]


@pytest.fixture
def asked() -> Counter[str]:
    """How often each prompt was put to the model."""
    return Counter()


@pytest.fixture
def ask(tmp_path: Path, asked: Counter[str]) -> Ask:
    """Evaluate a model that says B to every choice, Yes otherwise, and a sentence to open questions."""

    @register_model("fixed")
    def fixed(frames: Pixels, prompt: str) -> str:
        asked[prompt] += 1
        if "\nA. " in prompt:
            return "B"
        return "Yes" if "does the head" in prompt else "The head moves down, then up."

    @register_judge("threes")
    def threes(request: JudgeRequest) -> Judgment:
        return Judgment(request.key, dict.fromkeys(request.levels, 3))

    def run(data: Path, **choices: Any) -> Result:
        return evaluate("fixed", data=str(data), **{"output": tmp_path / "results", "judge": "threes", **choices})

    return run


def test_scores_of_a_small_benchmark_by_hand(tmp_path: Path, ask: Ask) -> None:
    result = ask(write_benchmark(tmp_path / "data", clips=2, videos=True))
    tasks = result.scores["tasks"]
    # B is Head, the right coarse answer, and Waving, the wrong fine one; Yes is right for one of two questions
    accuracies = {name: task.get("accuracy") for name, task in tasks.items()}
    assert accuracies == {
        "CMAR": 100.0, "FMAR": 0.0, "SAD": 50.0, "MAD": 50.0, "MAS": 50.0, "PPR": 50.0, "MADU": None, "MARE": None
    }  # fmt: skip
    assert tasks["MADU"]["levels"] == {"L1": 3, "L2": 3, "L3": 3}
    assert result.scores["closed_avg"] == pytest.approx((100 + 0 + 50 * 4) / 6)
    assert result.scores["open_avg"] == 3
    # six accuracies, and six levels of 3 of 5, which are 60 on 0-100
    assert result.scores["final"] == pytest.approx((100 + 0 + 50 * 4 + 6 * 60) / 12)
    # Head says coarse, Waving is a fine label of Upper limb
    assert result.scores["hierarchy_consistency"] == {"value": 0.0, "n": 2}
    assert (result.complete, result.scores["benchmark"]["clips"]) == (True, 2)


def test_files_of_a_run(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    result = ask(data)
    assert result.folder.parent == tmp_path / "results" / "fixed"
    assert sorted(path.name for path in result.folder.iterdir()) == [
        "journal.jsonl", "lock", "run.json", "samples.jsonl", "scores.json", "scores.md", "submission.json"
    ]  # fmt: skip
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
    real = DECODERS["decord"]

    def counting(path: Path, sampling: Any) -> Any:
        opened[path.name] += 1
        return real(path, sampling)

    monkeypatch.setattr(mabench_eval.run, "DECODERS", {"decord": counting})
    ask(write_benchmark(tmp_path / "data", videos=True), decoder="decord")
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
    assert (asked.total(), result.scores["open_avg"]) == (count, 1)
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
    assert result.scores["open_avg"] is None
    assert (result.complete, result.scores["tasks"]["MADU"]["judged"]) == (False, 0)
    errors = {sample.task: sample.error for sample in result.samples if sample.error}
    assert "expected an integer 0-5" in str(errors["MADU"])
    assert errors["MARE"] == "no score: RuntimeError: judge is down"


def test_without_answers_a_run_predicts_and_does_not_score(tmp_path: Path, ask: Ask) -> None:
    result = ask(write_benchmark(tmp_path / "data", videos=True, answers=False))
    assert (result.complete, result.scores["closed_avg"], result.scores["judge"]) == (True, None, None)
    document = json.loads((result.folder / "submission.json").read_text())
    assert len(document["answers"]) == 36


def test_a_failing_question_is_an_error_and_is_asked_again(tmp_path: Path) -> None:
    failing = {"now": True}

    @register_model("moody", needs_frames=False)
    def moody(frames: Pixels, prompt: str) -> str:
        if failing["now"] and "clip1 move up" in prompt:
            raise TimeoutError("no answer in time")
        return "Yes" if "does the head" in prompt else "B"

    data = write_benchmark(tmp_path / "data")
    choices: dict[str, Any] = {"data": str(data), "tasks": "closed", "output": tmp_path / "results"}
    result = evaluate("moody", **choices)
    assert (result.complete, result.scores["outcomes"]["error"], result.scores["n"]) == (False, 4, 26)
    # SAD: of the six, clip1's upward question is missing: 2 right (up, clips 0 and 2), 3 wrong
    assert result.scores["tasks"]["SAD"]["accuracy"] == pytest.approx(100 * 2 / 5)
    assert result.scores["tasks"]["SAD"]["coverage"] == pytest.approx(100 * 5 / 6)
    failing["now"] = False
    again = evaluate("moody", **choices)
    assert (again.complete, again.scores["tasks"]["SAD"]["accuracy"]) == (True, 50)


def test_a_model_that_always_fails_is_stopped_early(tmp_path: Path) -> None:
    @register_model("broken", needs_frames=False)
    def broken(frames: Pixels, prompt: str) -> str:
        raise KeyError("weights")

    data = write_benchmark(tmp_path / "data", clips=20)
    with pytest.raises(ModelError, match=r"failed on its first 60 questions; the last said: KeyError: 'weights'"):
        evaluate("broken", data=str(data), output=tmp_path / "results")


@pytest.mark.parametrize("wrong", [None, 7, b"B"])
def test_a_model_that_returns_no_text_is_an_error(tmp_path: Path, wrong: object) -> None:
    @register_model("wrong-type", needs_frames=False)
    def wrong_type(frames: Pixels, prompt: str) -> object:
        return wrong

    data = write_benchmark(tmp_path / "data", clips=1)
    result = evaluate("wrong-type", data=str(data), output=tmp_path / "results")
    assert result.scores["outcomes"] == {"answered": 0, "unparsable": 0, "refused": 0, "error": 12}
    assert "expected a text" in str(result.samples[0].error)


def test_a_clip_that_breaks_in_the_middle_costs_its_own_questions(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    clip = tmp_path / "data" / "videos" / "clip1.mp4"
    whole = clip.read_bytes()
    start = whole.index(b"mdat") + 4
    clip.write_bytes(whole[:start] + bytes(len(whole) - start - 1200) + whole[-1200:])  # boxes intact, pictures gone
    result = ask(data)
    lost = {sample.clip for sample in result.samples if sample.outcome == "error"}
    assert (lost, result.scores["outcomes"]["error"], result.complete) == ({"clip1"}, 12, False)
    assert result.scores["tasks"]["CMAR"]["accuracy"] == 100  # of the two that were asked


def test_everything_missing_is_found_before_anything_runs(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    (tmp_path / "data" / "videos" / "clip2.mp4").unlink()
    (tmp_path / "data" / "videos" / "clip1.mp4").write_bytes(b"<html>")
    with pytest.raises(InputError) as caught:
        ask(data, judge="no-such-judge")
    text = str(caught.value)
    assert "no judge named 'no-such-judge'" in text
    assert "clip2.mp4: missing" in text
    assert "clip1.mp4: unreadable: not an MP4 file" in text
    assert asked.total() == 0


def test_a_model_that_does_not_look_needs_no_clips(tmp_path: Path) -> None:
    result = evaluate("random", data=str(write_benchmark(tmp_path / "data")), output=tmp_path / "results", judge="none")
    assert (result.scores["frames"], result.scores["n"]) == (None, 36)


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


def test_forecast_counts_without_asking(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    ask(data, limit=1)
    before = asked.total()
    config = RunConfig("fixed", data=str(data), output=tmp_path / "results", judge="threes")
    found = forecast(prepare(config))
    assert (found.requests, found.answered, found.clips, asked.total()) == (36, 12, 2, before)
    assert found.questions["SAD"] == 6
    assert not Path(found.folder).exists()


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


def test_a_folder_in_use_is_one_clear_error(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    folder = ask(data).folder
    code = (
        "import sys, time; from pathlib import Path; from mabench_eval.journal import Journal\n"
        f"with Journal(Path({str(folder)!r})): print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(JournalError, match="is in use by another process"):
            ask(data)
        holder.kill()
    Journal(folder).close()


def test_a_disk_that_fills_up_loses_nothing(tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    reference = read_files(ask(data, output=tmp_path / "other").folder)
    real, room = Journal._write, {"left": 20}

    def write(self: Any, line: bytes) -> None:
        room["left"] -= 1
        if room["left"] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, line)

    monkeypatch.setattr(Journal, "_write", write)
    with pytest.raises(JournalError, match="No space left on device"):
        ask(data)
    monkeypatch.undo()
    result = ask(data)
    assert len(read_journal(result.folder).answers) == 36
    assert read_files(result.folder) == reference


def test_results_that_cannot_be_written_keep_the_answers(
    tmp_path: Path, ask: Ask, asked: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    data = write_benchmark(tmp_path / "data", videos=True)
    with monkeypatch.context() as broken:
        broken.setattr("mabench_eval.files.write_text", full)
        with pytest.raises(JournalError, match="cannot write results"):
            ask(data)
    count = asked.total()
    assert (ask(data).complete, asked.total()) == (True, count)


KILLABLE = """
import sys, time
from mabench_eval import register_model

@register_model("slow")
def slow(frames, prompt):
    time.sleep(0.004)
    return "B" if "\\nA. " in prompt else "Yes"
"""


def test_killed_at_any_moment_the_same_command_ends_with_the_same_files(tmp_path: Path) -> None:
    """SIGKILL at several moments of a run, then the same command: byte for byte the files of an undisturbed run."""
    data = write_benchmark(tmp_path / "data", clips=6, videos=True)
    model = tmp_path / "slow.py"
    model.write_text(KILLABLE)

    def command(output: str) -> list[str]:
        words = ["--model", "slow", "--include", str(model), "--data", str(data), "--judge", "none"]
        return [sys.executable, "-m", "mabench_eval", *words, "--output", str(tmp_path / output)]

    subprocess.run(command("whole"), check=True, capture_output=True)
    (whole,) = (tmp_path / "whole" / "slow").iterdir()
    journals = tmp_path / "killed" / "slow" / whole.name / "journal.jsonl"
    for lines in (1, 9, 30, 55):  # killed when the journal has grown to so many lines
        with subprocess.Popen(command("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not (journals.exists() and journals.read_bytes().count(b"\n") >= lines):
                time.sleep(0.002)
            os.kill(process.pid, signal.SIGKILL)
    done = subprocess.run(command("killed"), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert read_files(journals.parent) == read_files(whole)
    texts = [json.loads(line) for line in journals.read_text().splitlines()]
    keys = Counter(record["key"] for record in texts if record["kind"] == "answer")
    assert (len(keys), set(keys.values())) == (72, {1})  # no answer was asked for twice


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_clean_and_says_how_to_go_on(tmp_path: Path, stop: signal.Signals) -> None:
    data = write_benchmark(tmp_path / "data", clips=30)
    model = tmp_path / "slow.py"
    model.write_text(KILLABLE.replace('"slow"', '"slow", needs_frames=False').replace("0.004", "0.02"))
    words = ["--model", "slow", "--include", str(model), "--data", str(data), "--output", str(tmp_path / "results")]
    with subprocess.Popen(
        [sys.executable, "-m", "mabench_eval", *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        while not list((tmp_path / "results").glob("slow/*/journal.jsonl")):
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(stop)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted while answering" in errors
    assert "Go on with: python -m mabench_eval --model slow" in errors
    assert "Traceback" not in errors
