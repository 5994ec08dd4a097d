"""What the verification of questions catches of a writer that lies, what it costs, and whether it survives anything.

python -m benchmarks.verification [--clips 200] [--copies 20500] [--kills 6]

Clips are the demo's figure with random movements, whose descriptors are exact; questions are right before a fifth of
their Yes/No answers is turned over. The verifier is a scripted endpoint that works its answers out from the figures
that it is shown, and errs as often as it is told. Exits with 1 if a check fails.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction import BuildFolder, choose_model, open_build, verify_questions, write_settings
from mabench_eval.construction.captions import Caption
from mabench_eval.construction.folder import CAPTIONS, CLIPS, DESCRIPTORS, QUESTIONS, VERIFIED, write_rows
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verification
from mabench_eval.journal import FILE, Silent, read_journal
from mabench_eval.runfiles import each_line, read_lines
from tests.construction.verification.asked import OTHER, ask_about, with_lies, write_questions
from tests.construction.verification.oracle import Oracle
from tests.support.construction import drawn_build, drawn_clips
from tests.support.scripted_server import Kind, Reply, ScriptedServer, with_faults

LIES = 0.2
SEEDS = range(5)
UNREAD = "Honestly, or not: "
"""Before words, it makes them unreadable to the rules."""
FAULTS: tuple[Kind, ...] = ("rate_limit", "server_error", "cut", "html", "empty_choices")
CAUGHT = 95.0
"""Percent of lies, at least."""


def main() -> int:
    """Print a line of each comparison; 1 where a check fails."""
    parser = argparse.ArgumentParser(description="Verification of questions.")
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--copies", type=int, default=20_500, help="clips of the largest build by copies; 0: none")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--verify", type=Path, help="verify a folder and print seconds and peak memory")
    chosen = parser.parse_args()
    if chosen.verify:
        return _measured(chosen.verify)
    with tempfile.TemporaryDirectory() as scratch:
        build = ask_about(drawn_build(Path(scratch, "build"), list(drawn_clips(chosen.clips))), chosen.clips)
        checks = [_liar(build), *_verifiers(build), _killed(build, Path(scratch), chosen.kills)]
        if chosen.copies:
            checks.append(_copies(build, Path(scratch), chosen.copies))
    return 0 if all(checks) else 1


def _liar(build: BuildFolder) -> bool:
    """The rules alone."""
    questions = read_lines(BuiltQuestion, build.path / QUESTIONS)
    print(f"{len(questions):,} questions; a fifth of their Yes/No answers is turned over, the rules alone")
    good = True
    for seed in SEEDS:
        lying, lies = with_lies(questions, LIES, seed)
        caught, lost, unverified = _outcome(build, lying, lies)
        print(
            f"  seed {seed}: {caught:.1f} % of {len(lies)} lies caught, {lost:.1f} % of the right ones lost, "
            f"{unverified} not verified"
        )
        good &= caught >= CAUGHT and lost == 0
    write_questions(build, questions)
    return good


def _verifiers(build: BuildFolder) -> Iterator[bool]:
    """A model with the figures, beside the rules and where they cannot read the words; right, and wrong at times."""
    questions = read_lines(BuiltQuestion, build.path / QUESTIONS)
    lying, lies = with_lies(questions, LIES)
    unread = [replace(each, text=UNREAD + each.text) if each.statement else each for each in lying]
    for name, asked in (("words that rules read", lying), ("words that no rule reads", unread)):
        for errs in (0.0, 0.2):
            with ScriptedServer(_Reader(build, errs=errs)) as server:
                caught, lost, _ = _outcome(_with_verifier(build, server, model_id=f"wrong on {errs}"), asked, lies)
                calls = server.received
            print(
                f"{name}, a verifier wrong on {errs:.0%}: {caught:.1f} % of the lies caught, {lost:.1f} % of the "
                f"right Yes/No questions lost, {calls:,} calls"
            )
            yield errs > 0 or (caught >= CAUGHT and lost == 0)
    write_questions(build, questions)


class _Reader(Oracle):
    """Reads behind what the rules stumble over."""

    def answer(self, asked: Mapping[str, str], user: str) -> str:
        return super().answer({**asked, "QUESTION": asked["QUESTION"].removeprefix(UNREAD)}, user)


def _outcome(build: BuildFolder, asked: Sequence[BuiltQuestion], lies: set[str]) -> tuple[float, float, int]:
    """Percent of the lies that are left out, percent of the right Yes/No questions that are; those not verified."""
    write_questions(build, asked)
    report = verify_questions(build, load_catalogue(), None, Silent())
    rejected = {each.qid for each in read_lines(Verification, build.path / VERIFIED) if each.rejected}
    right = {each.qid for each in asked if each.answer in OTHER} - lies
    unverified = sum(each.not_verified for each in report.tasks.values())
    return 100 * len(rejected & lies) / len(lies), 100 * len(rejected & right) / len(right), unverified


def _with_verifier(build: BuildFolder, server: ScriptedServer, **settings: Any) -> BuildFolder:
    given = {"base_url": server.base_url, "model_id": "m", **settings}
    return BuildFolder(build.path, choose_model(build.settings, "verifier", "openai", given))


def _killed(build: BuildFolder, scratch: Path, kills: int) -> bool:
    """Prose, broken JSON, a share of faults, SIGKILL again and again: the end is that of an undisturbed run."""
    oracle = Oracle(build, errs=0.1, babbles=0.3, stubborn=0.2)
    fresh = shutil.ignore_patterns(FILE, VERIFIED)
    whole = Path(shutil.copytree(build.path, scratch / "whole", ignore=fresh))
    build = open_build(Path(shutil.copytree(build.path, scratch / "killed", ignore=fresh)))
    with ScriptedServer(oracle) as server:
        verify_questions(_with_verifier(open_build(whole), server), load_catalogue(), None, Silent())
        calls = server.received

    paid = Counter[str]()
    faulty = with_faults(oracle, 0.3, kinds=FAULTS, retry_after=0.01)

    def counted(body: dict[str, Any], before: int) -> Any:
        answer = faulty(body, before)
        paid[json.dumps(body["messages"])] += isinstance(answer, Reply)
        return answer

    with ScriptedServer(counted, latency=0.02) as server:
        folder = _with_verifier(build, server, concurrency=8, max_retries=8)
        write_settings(build.path, folder.settings)
        words = [sys.executable, "-m", "mabench_eval", "build", str(build.path), "verify"]
        lost, code = 0, 3
        for kill in range(kills + 1):
            with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                while kill < kills and process.poll() is None and _answers(build) < (kill + 1) * calls // (kills + 2):
                    time.sleep(0.05)
                if kill < kills:
                    process.send_signal(signal.SIGKILL)
                code = process.wait()
            lost = sum(paid.values()) - _answers(build)
    same = (build.path / VERIFIED).read_bytes() == (whole / VERIFIED).read_bytes()
    print(
        f"killed {kills} times among 30 % faults: {'the same bytes' if same else 'OTHER BYTES'}, {_answers(build):,} "
        f"replies in the journal, {calls:,} undisturbed; {lost} came back to a process that was dead"
    )
    return same and code == 0 and _answers(build) == calls and lost <= kills * 8


def _answers(build: BuildFolder) -> int:
    return len(read_journal(build.path).answers)


def _copies(build: BuildFolder, scratch: Path, most: int) -> bool:
    """The rules on ever more clips: processor time and memory."""
    print("copies of the clips, rules alone, in a process of its own:")
    rates: list[float] = []
    for count in (most // 16, most // 4, most):
        folder = _copied(build, scratch / f"copies{count}", count)
        words = [sys.executable, "-m", "benchmarks.verification", "--verify", str(folder)]
        said = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        rates.append(said["seconds"] / count)
        print(
            f"  {count:>6,} clips, {said['questions']:>7,} questions: {said['seconds']:.1f} CPU s, peak {said['mb']:.0f} MB"
        )
        shutil.rmtree(folder)
    return bool(rates[-1] < 1.5 * rates[0])


def _copied(build: BuildFolder, folder: Path, count: int) -> Path:
    """A build of so many clips: those of another again and again, under other names; written as it is made."""
    folder.mkdir()
    for name in ("build.yaml", "actions.csv", "left_out.jsonl"):
        shutil.copy(build.path / name, folder / name)
    settings = replace(build.settings, models={})
    write_settings(folder, settings)
    rows, captions = build.clips(), read_lines(Caption, build.path / CAPTIONS)
    descriptors = list(build.descriptors())
    questions: dict[str, list[BuiltQuestion]] = {row.clip: [] for row in rows}
    for question in each_line(BuiltQuestion, build.path / QUESTIONS):
        questions[question.clip].append(question)

    places = [(number, number % len(rows)) for number in range(count)]
    names = [f"copy_{number:06d}" for number in range(count)]
    write_rows(folder / CLIPS, (replace(rows[place], clip=names[number]) for number, place in places))
    write_rows(folder / DESCRIPTORS, (replace(descriptors[place], clip=names[number]) for number, place in places))
    write_rows(folder / CAPTIONS, (replace(captions[place], clip=names[number]) for number, place in places))
    write_rows(
        folder / QUESTIONS,
        (
            replace(question, clip=names[number], qid=f"{question.qid}_{number}")
            for number, place in places
            for question in questions[rows[place].clip]
        ),
    )
    return folder


def _measured(folder: Path) -> int:
    began = time.process_time()
    report = verify_questions(open_build(folder), load_catalogue(), None, Silent())
    seconds, peak = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "mb": peak, "questions": report.questions}))
    return 0 if report.complete and not report.left_out else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    sys.exit(main())
