"""Killed at any moment: runs against a scripted endpoint, ended by SIGKILL again and again and continued each time.

python -m benchmarks.crash [--kills 100] [--seed 0]

Half of the moments are drawn from the whole time of an undisturbed run, start-up and end included, half from the time
after its first request. The same command goes on until the run is complete, and its files are compared with the
undisturbed run's; then the next run folder begins. What was in flight at a kill may be asked again, nothing else: the
endpoint counts. Exits with 1 if a check fails.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

import av
import numpy as np

from benchmarks.questions import QUESTIONS_A_CLIP, write_questions
from tests.support.scripted_server import Reply, ScriptedServer

CLIPS = 10
QUESTIONS = CLIPS * QUESTIONS_A_CLIP
LATENCY = 0.03
CONCURRENCY: tuple[int | None, ...] = (4, 8, None)
"""Of the run folders, by turns; None: adaptive, the default."""
ADAPTIVE_MOST = 64
"""What the adaptive concurrency never goes beyond."""
ON_THE_WAY = 24
"""Beyond the concurrency, the latest requests whose answers may have come and wait for the thread that writes the
journal, some milliseconds later; an older one without an answer in the journal is lost."""
FILES = ("questions.jsonl", "samples.jsonl", "scores.json", "scores.md", "setup.json", "submission.json")
HUNG = 60.0
"""Seconds after which a run that nobody kills is taken to hang."""

Phase = Literal["starting", "asking", "ending"]


@dataclass(frozen=True)
class Moment:
    """When a run is killed."""

    seconds: float
    asking: bool
    """Whether counted from its first request, else from its start."""


@dataclass
class Tally:
    """What happened, over all run folders."""

    kills: Counter[Phase] = field(default_factory=Counter)
    """By what the run was doing."""
    runs: int = 0
    """Processes started: those killed and those that completed."""
    folders: int = 0
    requests: int = 0
    """Distinct requests, of all folders together."""
    repeats: int = 0
    """Requests beyond the first of each."""
    in_flight: int = 0
    """At the kills, all together: arrived at the endpoint, and no answer in the journal."""
    on_the_way: int = 0
    """Of them, those the endpoint had answered."""
    most_in_flight: int = 0
    """At one kill."""
    identical: bool = True
    """Whether every folder ended with the files of an undisturbed run."""
    problems: list[str] = field(default_factory=list)

    def check(self, good: bool, problem: str) -> bool:
        """Note a problem unless it is good."""
        if not good:
            self.problems.append(problem)
        return good


def answer(body: dict[str, Any], before: int) -> Reply:
    """An answer that only the question decides, and no two open questions share."""
    text = body["messages"][-1]["content"][-1]["text"]
    digest = hashlib.sha256(text.encode()).digest()
    if "\nA. " in text:
        return Reply("ABCDE"[digest[0] % 5])
    if "does the" in text:
        return Reply(("Yes", "No")[digest[0] % 2])
    return Reply(f"The head moves down {digest.hex()[:6]} times, then up.")


def qid_of(body: dict[str, Any]) -> str:
    """The question a request asks: its text begins with it, behind the words of the task."""
    return str(body["messages"][-1]["content"][-1]["text"].rpartition("\n\n")[2].partition(":")[0])


def write_benchmark(folder: Path) -> Path:
    """Small clips, and a labelled question file whose texts begin with the question's id."""
    folder.mkdir(parents=True)
    file = write_questions(folder / "questions.json", CLIPS)
    rows = json.loads(file.read_text(encoding="utf-8"))
    references = {"CMAR": "A", "FMAR": "A", "MADU": "The head moves down, then up.", "MARE": "The head moves: Nodding."}
    for row in rows:
        row["question"] = f"{row['qid']}: {row['question']}"
        row["answer"] = references.get(row["task"], "Yes")
    file.write_text(json.dumps(rows), encoding="utf-8")
    for number, name in enumerate(sorted({row["video_name"] for row in rows})):
        render(folder / "videos" / f"{name}.mp4", number)
    return file


def render(file: Path, seed: int) -> None:
    """A second of a bright bar that moves over noise, 64x48."""
    file.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 120, (48, 64, 3), np.uint8)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(30):
            picture = noise.copy()
            picture[:, number + 10 : number + 20] = 250
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


class Runs:
    """The runs of one output folder, one after another by the same command, against an endpoint of their own."""

    def __init__(self, server: ScriptedServer, data: Path, output: Path, concurrency: int | None) -> None:
        self._server, self._output = server, output
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]
        words += ["--judge", "none", "--output", str(output)]
        words += ["--concurrency", str(concurrency)] if concurrency else []
        self._command = [sys.executable, "-m", "mabench_eval", *words]
        self.unanswered = 0
        """Requests that the endpoint had not answered at the last kill."""

    def run(self, moment: Moment | None) -> bool:
        """Start the command, kill it at a moment; whether it completed before. SystemExit where it hangs or fails."""
        errors = self._output.with_suffix(".stderr")
        with (
            errors.open("wb") as stream,
            subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=stream) as process,
        ):
            code = self._wait(process, moment)
        self._drain()
        said = errors.read_text(encoding="utf-8", errors="replace")
        if code or "Traceback" in said or (code is None and moment is None):
            end = "hangs" if code is None else f"ended with {code}"
            raise SystemExit(f"FAILED: {' '.join(self._command)}\n{end}, and said:\n{said}")
        return code == 0

    def _wait(self, process: subprocess.Popen[bytes], moment: Moment | None) -> int | None:
        """Wait for the moment and kill; the exit code of a process that ended before, else None."""
        before = self._server.received
        while moment and moment.asking and self._server.received == before and process.poll() is None:
            time.sleep(0.002)
        try:
            return process.wait(moment.seconds if moment else HUNG)
        except subprocess.TimeoutExpired:
            self.unanswered = self._server.in_flight
            process.kill()
            return None

    def _drain(self) -> None:
        """Wait until all that a dead process sent has arrived: what connected before this has been accepted."""
        with urllib.request.urlopen(f"{self._server.base_url}/models") as response:
            response.read()
        while self._server.connections:
            time.sleep(0.001)

    @property
    def folder(self) -> Path | None:
        """The run folder, once there is one."""
        return next(self._output.glob("m/*"), None)

    def arrived(self) -> list[str]:
        """Question ids of all requests so far, in order of arrival."""
        return [qid_of(body) for body in list(self._server.bodies)]

    def records(self) -> list[dict[str, Any]]:
        """All whole lines of the journal."""
        journal = self.folder / "journal.jsonl" if self.folder else None
        if journal is None or not journal.exists():
            return []
        return [json.loads(line) for line in journal.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]

    def files(self) -> dict[str, bytes]:
        """The files that equal answers make equal, and whatever else lies there.

        But for what a kill left half-written beside its place: a write an hour later removes it.
        """
        varying = {"run.json", "journal.jsonl", "lock"}
        paths = [path for path in sorted(self.folder.iterdir()) if path.suffix != ".new"] if self.folder else []
        return {path.name: path.read_bytes() for path in paths if path.name not in varying}


def answered(records: Sequence[dict[str, Any]]) -> Counter[str]:
    """Question id -> answers in a journal."""
    return Counter(record["qid"] for record in records if record["kind"] == "answer")


def kill_and_continue(runs: Runs, moments: Iterator[Moment | None], most: int, tally: Tally) -> Counter[str]:
    """Run until complete; question id -> how often it was in flight at a kill, where ``most`` may be."""
    in_flight: Counter[str] = Counter()
    while True:
        before, seen = len(runs.records()), len(runs.arrived())
        tally.runs += 1
        if runs.run(next(moments)):
            return in_flight
        records, arrived = runs.records(), runs.arrived()[seen:]
        ended = any(record["kind"] == "end" for record in records[before:])
        tally.kills["ending" if ended else "asking" if arrived else "starting"] += 1
        lost = set(arrived) - answered(records).keys()
        older = lost - set(arrived[-most - ON_THE_WAY :])
        tally.check(not older, f"answered long before the kill, and not in the journal: {sorted(older)}")
        in_flight.update(lost)
        tally.in_flight += len(lost)
        tally.on_the_way += max(0, len(lost) - runs.unanswered)
        tally.most_in_flight = max(tally.most_in_flight, len(lost))


def crash_one(
    data: Path, output: Path, concurrency: int | None, moments: Iterator[Moment | None], tally: Tally
) -> Runs:
    """One output folder from its first run to its complete one, its requests and answers checked."""
    with ScriptedServer(answer, latency=LATENCY) as server:
        runs = Runs(server, data, output, concurrency)
        in_flight = kill_and_continue(runs, moments, concurrency or ADAPTIVE_MOST, tally)
    arrived, counts = Counter(runs.arrived()), answered(runs.records())
    repeats = server.received - len(server.served)
    tally.folders += 1
    tally.requests += len(server.served)
    tally.repeats += repeats
    once = len(counts) == QUESTIONS and set(counts.values()) == {1}
    tally.check(once, f"{output}: not every request has one answer in the journal")
    expected = Counter(counts.keys()) + in_flight
    good = arrived == expected and repeats == in_flight.total()
    tally.check(good, f"{output}: {repeats} repeats, {in_flight.total()} in flight at a kill; {arrived - expected}")
    return runs


def draw(lot: random.Random, whole: Runs, seconds: float) -> Iterator[Moment]:
    """Moments of a run like the one that took so many seconds and has just ended."""
    first = next(record["at"] for record in whole.records() if record["kind"] == "answer")
    asking = time.time() - first + LATENCY
    while True:
        yield Moment(lot.uniform(0, seconds), asking=False)
        yield Moment(lot.uniform(0, asking), asking=True)


def crash(folder: Path, kills: int, seed: int) -> Tally:
    """Kill runs ``kills`` times, continue each to its end, check all; one further run is the undisturbed one."""
    data = write_benchmark(folder / "data")
    start = time.perf_counter()
    whole = crash_one(data, folder / "whole", CONCURRENCY[0], iter([None]), Tally())
    drawn = draw(random.Random(seed), whole, time.perf_counter() - start)
    tally, files = Tally(), whole.files()
    moments = (moment if tally.kills.total() < kills else None for moment in drawn)
    tally.check(set(FILES) == files.keys(), f"the undisturbed run's files are {sorted(files)}")
    while tally.kills.total() < kills:
        output, concurrency = folder / f"killed{tally.folders}", CONCURRENCY[tally.folders % len(CONCURRENCY)]
        runs = crash_one(data, output, concurrency, moments, tally)
        tally.identical &= tally.check(runs.files() == files, f"{output}: other files than the undisturbed run's")
    return tally


def print_table(tally: Tally) -> None:
    """One figure a line."""
    kills = ", ".join(f"{tally.kills[name]} {name}" for name in get_args(Phase))
    most = tally.kills.total() * tally.most_in_flight
    print(f"{'kills':28} {tally.kills.total():6,}   {kills}")
    print(f"{'runs':28} {tally.runs:6,}   in {tally.folders} folders")
    print(f"{'requests':28} {tally.requests:6,}   {QUESTIONS} a folder")
    print(f"{'repeats':28} {tally.repeats:6,}   kills x most in flight: {most:,}")
    print(f"{'in flight at the kills':28} {tally.in_flight:6,}   of them answered, on the way: {tally.on_the_way}")
    print(f"{'most in flight at one kill':28} {tally.most_in_flight:6,}")
    print(f"{'files identical':28} {'yes' if tally.identical else 'no':>6}   {', '.join(FILES)}")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tally = crash(Path(folder), chosen.kills, chosen.seed)
    print_table(tally)
    print(f"{'seconds':28} {time.perf_counter() - start:6,.0f}")
    for problem in tally.problems:
        print(f"FAILED: {problem}")
    return 1 if tally.problems else 0


if __name__ == "__main__":
    sys.exit(main())
