"""Workers on Ray: how near to ideal they come, what Ray costs a question, and the memory of the run's own process.

python -m benchmarks.scaling [--workers 1,2,4,8] [--clips 20] [--sizes 1000,10000]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.questions import QUESTIONS_A_CLIP, write_questions
from mabench_eval import evaluate, register_model
from mabench_eval.journal import read_journal
from mabench_eval.types import ClipWork, Json, Response

SECONDS = 0.05
"""That the scripted model takes for a question."""


class _Scripted:
    """Answers with the number of its process."""

    seconds = 0.0

    def __init__(self, settings: Json, seed: int) -> None: ...

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        for item in work:
            for request in item.requests:
                time.sleep(self.seconds)
                yield Response(request.key, text=f"process {os.getpid()}")


@register_model("steady", needs_frames=False)
class Steady(_Scripted):
    """50 ms a question."""

    seconds = SECONDS


@register_model("instant", needs_frames=False)
class Instant(_Scripted):
    """No time at all."""


def drive(model: str, data: Path, output: Path, workers: int) -> None:
    """One run; tells as JSON."""
    start = time.perf_counter()
    result = evaluate(model, data=str(data), output=output, judge="none", workers=workers or None)
    seconds = time.perf_counter() - start
    records = sorted(read_journal(result.folder).answers.values(), key=lambda record: float(record["at"]))
    answers = [(record["at"], record["text"]) for record in records]
    first: dict[str, float] = {}
    for at, worker in answers:
        first.setdefault(worker, at)
    begin, end = max(first.values()), answers[-1][0]
    print(
        json.dumps(
            {
                "complete": result.complete,
                "seconds": seconds,
                "workers": len(first),
                "window": end - begin,
                "asking": end - answers[0][0],
                "answered": sum(at > begin for at, _ in answers),
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def measure(model: str, data: Path, output: Path, workers: int) -> dict[str, Any]:
    """What a process of its own tells of a run."""
    words = [sys.executable, "-m", "benchmarks.scaling", "--drive", model, str(data), str(output), str(workers)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if not found["complete"]:
        raise SystemExit(f"{words} is incomplete")
    return found


def scaling(folder: Path, counts: Iterable[int], clips: int) -> None:
    """Efficiency: questions answered since all workers are up, of those that so many workers could answer."""
    print(
        f"{'workers':>8} {'questions':>10} {'run, s':>7} {'all up, s':>10} {'ideal, s':>9} {'efficiency':>11}   target"
    )
    for count in counts:
        data = write_questions(folder / f"w{count}.json", clips * count)
        found = measure("steady", data, folder / f"out{count}", count)
        ideal = found["answered"] * SECONDS / count
        asked = f"{found['workers']:8} {clips * count * QUESTIONS_A_CLIP:10,} {found['seconds']:7.1f}"
        print(f"{asked} {found['window']:10.2f} {ideal:9.2f} {ideal / found['window']:11.3f}   0.9", flush=True)


def overhead(folder: Path, sizes: Iterable[int]) -> None:
    """What a question costs on Ray beside in this process, and the run's own memory."""
    print(
        f"\n{'questions':>10} {'alone, s':>9} {'on Ray, s':>10} {'Ray, ms a question':>19} {'driver, MB':>11}   target"
    )
    for clips in sizes:
        data, count = write_questions(folder / f"s{clips}.json", clips), clips * QUESTIONS_A_CLIP
        alone = measure("instant", data, folder / f"alone{clips}", 0)
        spread = measure("instant", data, folder / f"spread{clips}", 2)
        each = 1000 * (spread["asking"] - alone["asking"]) / count
        asked = f"{count:10,} {alone['asking']:9.2f} {spread['asking']:10.2f}"
        print(f"{asked} {each:19.3f} {spread['megabytes']:11.0f}   500 MB", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", default="1,2,4,8")
    parser.add_argument("--clips", type=int, default=20, help="for each worker")
    parser.add_argument("--sizes", default="1000,10000", help="clips of the runs that measure the overhead")
    parser.add_argument("--drive", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drive:
        model, data, output, workers = options.drive
        drive(model, Path(data), Path(output), int(workers))
        return
    with tempfile.TemporaryDirectory() as folder:
        scaling(Path(folder), map(int, options.workers.split(",")), options.clips)
        overhead(Path(folder), map(int, options.sizes.split(",")))


if __name__ == "__main__":
    main()
