"""When something breaks: nothing that came back is lost, an error is no answer, and there is one clear message."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import Result, evaluate, register_model
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.errors import InputError, JournalError, ModelError
from mabench_eval.journal.journal import Journal, read_journal
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.types import ClipWork, Response
from tests.support.benchmarks import Ask, Pixels, read_files, write_benchmark, write_clip


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
    assert (result.complete, result.scores.outcomes["error"], result.scores.n) == (False, 4, 26)
    # SAD: of the six, clip1's upward question is missing: 2 right (up, clips 0 and 2), 3 wrong
    assert result.scores.accuracy("SAD") == pytest.approx(100 * 2 / 5)
    assert result.scores.closed_tasks["SAD"].coverage == pytest.approx(100 * 5 / 6)
    failing["now"] = False
    again = evaluate("moody", **choices)
    assert (again.complete, again.scores.accuracy("SAD")) == (True, 50)


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
    assert result.scores.outcomes == {"answered": 0, "unparsable": 0, "refused": 0, "error": 12}
    assert "expected a text" in str(result.samples[0].error)


ODD_RESPONSES: list[dict[str, Any]] = [
    {"text": 7},
    {"text": ["B"]},
    {"text": "B", "output_tokens": -1},
    {"text": "B", "prompt_tokens": float("nan")},
    {"text": "B", "seconds": float("inf")},
    {"text": "B", "served_by": {"m": 1}},
    {"text": "B", "stop_reason": "tired"},
    {"text": "B", "logprobs": {"A": float("-inf")}},
    {"error": KeyError("x")},
    {"text": None},
]


def test_responses_that_do_not_fit_are_errors_of_their_questions(tmp_path: Path) -> None:
    """No engine, and no author's model, can put into a journal what the next reader would fall over."""

    @register_model("odd", needs_frames=False)
    class Odd:
        def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
            """Take nothing."""

        def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
            odd = iter(ODD_RESPONSES)
            for item in work:
                yield from (Response(request.key, **next(odd, {"text": "B"})) for request in item.requests)

    data = write_benchmark(tmp_path / "data", clips=1)
    result = evaluate("odd", data=str(data), output=tmp_path / "results", judge="none")
    assert result.scores.outcomes["error"] == len(ODD_RESPONSES)
    records = read_journal(result.folder)
    assert (records.warnings, len(records.answers), len(records.errors)) == ([], 2, len(ODD_RESPONSES))
    said = sorted(record["error"] for record in records.errors.values())
    assert sum("the model's response does not fit: " in line for line in said) == len(ODD_RESPONSES) - 1
    json.dumps([*records.answers.values(), *records.errors.values()], allow_nan=False)


def test_a_clip_that_breaks_in_the_middle_costs_its_own_questions(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    clip = tmp_path / "data" / "videos" / "clip1.mp4"
    whole = clip.read_bytes()
    start = whole.index(b"mdat") + 4
    clip.write_bytes(whole[:start] + bytes(len(whole) - start - 1200) + whole[-1200:])  # boxes intact, pictures gone
    result = ask(data)
    lost = {sample.clip for sample in result.samples if sample.outcome == "error"}
    assert (lost, result.scores.outcomes["error"], result.complete) == ({"clip1"}, 12, False)
    assert result.scores.accuracy("CMAR") == 100  # of the two that were asked


def test_a_clip_that_is_replaced_while_the_run_goes_on_is_asked_under_its_new_bytes(
    tmp_path: Path, asked: Counter[str]
) -> None:
    """Answered under the old hash, the answer would be another clip's for ever."""
    data = write_benchmark(tmp_path / "data", clips=12, videos=True)
    clip = tmp_path / "data" / "videos" / f"{load_benchmark(str(data), load_catalogue().tasks).clip_names[-1]}.mp4"
    seen: list[int] = []

    @register_model("watching")
    def watching(frames: Pixels, prompt: str) -> str:
        if not seen:
            write_clip(clip, seed=99)
        seen.append(int(frames.sum()))
        return "B"

    def run() -> Result:
        return evaluate("watching", "cmar", str(data), output=tmp_path / "results", judge="none")

    first = run()
    (lost,) = [sample for sample in first.samples if sample.outcome == "error"]
    assert (lost.clip, lost.response) == (clip.stem, None)
    assert lost.error == f"{clip.name} was changed after the run began; run the same command again"
    second = run()
    assert (second.complete, second.folder, len(seen)) == (True, first.folder, 12)


def test_everything_missing_is_found_before_anything_runs(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    (tmp_path / "data" / "videos" / "clip2.mp4").unlink()
    (tmp_path / "data" / "videos" / "clip1.mp4").write_bytes(b"<html>")
    with pytest.raises(InputError) as caught:
        ask(data, judge="no-such-judge")
    text = str(caught.value)
    assert "no judge named 'no-such-judge'" in text
    assert "clip2.mp4: missing" in text
    assert "clip1.mp4: unreadable: not a video" in text
    assert asked.total() == 0


def test_a_folder_in_use_is_one_clear_error(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    folder = ask(data).folder
    code = (
        "import sys, time; from pathlib import Path; from mabench_eval.journal.journal import Journal\n"
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
    real, room = Journal._write, {"lines": 20}

    def write(self: Any, line: bytes) -> None:
        room["lines"] -= 1
        if room["lines"] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, line)

    monkeypatch.setattr(Journal, "_write", write)
    with pytest.raises(JournalError, match="No space left on device"):
        ask(data)
    monkeypatch.undo()
    result = ask(data)
    assert len(read_journal(result.folder).answers) == 36
    assert read_files(result.folder) == reference


def full_disk(path: Path, content: object = None) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_results_that_cannot_be_written_keep_the_answers(
    tmp_path: Path, ask: Ask, asked: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    with monkeypatch.context() as broken:
        broken.setattr("mabench_eval.journal.files._replacing", full_disk)
        with pytest.raises(JournalError, match="cannot write the questions of the run"):
            ask(data)
    assert asked.total() == 0  # nothing was spent
    with monkeypatch.context() as broken:
        broken.setattr("mabench_eval.runs.writing.write_json", full_disk)
        with pytest.raises(JournalError, match="cannot write results"):
            ask(data)
    count = asked.total()
    assert count > 0
    assert (ask(data).complete, asked.total()) == (True, count)


def test_results_that_cannot_be_written_after_judging_again_are_one_clear_error(
    tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ask(write_benchmark(tmp_path / "data", videos=True)).folder
    monkeypatch.setattr("mabench_eval.runs.writing.write_json_lines", full_disk)
    with pytest.raises(JournalError, match="cannot write results"):
        judge_run(folder, "lexical")


KILLABLE = """
import sys, time
from mabench_eval import register_model

@register_model("slow")
def slow(frames, prompt):
    time.sleep(0.004)
    return "B" if "\\nA. " in prompt else "Yes"
"""


@pytest.mark.slow
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
    assert "Interrupted while answering and judging" in errors
    assert "Continue with: python -m mabench_eval --model slow" in errors
    assert "Traceback" not in errors


def test_a_class_that_breaks_off_is_one_clear_error_and_its_answers_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "breaks.py"
    file.write_text(
        "from mabench_eval import register_model\n"
        "from mabench_eval.types import Response\n\n\n"
        "@register_model('breaks')\n"
        "class Breaks:\n"
        "    def __init__(self, settings, seed):\n"
        "        pass\n\n"
        "    def generate(self, work):\n"
        "        clip = next(iter(work))\n"
        "        yield Response(clip.requests[0].key, text='Yes')\n"
        "        raise ZeroDivisionError('no frames')\n"
    )
    words = ["--model", "breaks", "--include", str(file), "--limit", "2", "--output", str(tmp_path), "--judge", "none"]
    assert main(words) == 3
    error = capsys.readouterr().err
    assert f"model 'breaks' broke off: ZeroDivisionError: no frames (at {file}:13)\n" in error
    assert "Traceback" not in error
    (journal,) = tmp_path.glob("breaks/*/journal.jsonl")
    assert journal.read_text().count('"text": "Yes"') == 1
