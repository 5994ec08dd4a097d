"""The harness's own cost: `random` on 12,000 questions and on ten times as many: first run, fully answered, scored.

python -m benchmarks.throughput [--clips 1000]

Scored: the same questions with answers, judged by the offline judge; references have about 900 characters.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.questions import QUESTIONS_A_CLIP, write_questions
from benchmarks.report import label

TARGETS = {
    ("first", 1): "10 s, 300 MB",
    ("answered", 1): "3 s",
    ("scored", 1): "120 MB",
    ("first", 10): "ratio 10",
    ("answered", 10): "ratio 10",
    ("scored", 10): "ratio 10, 450 MB",
}
"""(run, times 12,000 questions) -> what is wanted."""


def measure(data: Path, output: Path) -> tuple[float, float]:
    """Seconds and peak memory (MB) of one whole process that evaluates `random`."""
    words = [sys.executable, "-m", "mabench_eval", "--model", "random", "--data", str(data), "--output", str(output)]
    start = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1000)
    clips = parser.parse_args().clips
    print(
        f"{'questions':>10} {'run':14} {'seconds':>8} {'questions/s':>12} {'peak MB':>8} {'ratio to 1x':>12}   target"
    )
    first: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for factor in (1, 10):
            data = write_questions(Path(folder) / f"x{factor}.json", factor * clips)
            for name in ("first", "answered", "scored"):
                if name == "scored":
                    data = label(data)
                seconds, memory = measure(data, Path(folder) / f"results{factor}")
                first.setdefault(name, seconds)
                count = factor * clips * QUESTIONS_A_CLIP
                ratio, target = seconds / first[name], TARGETS[name, factor]
                line = f"{count:10,} {name:14} {seconds:8.2f} {count / seconds:12,.0f} {memory:8.0f} {ratio:12.2f}"
                print(f"{line}   {target}", flush=True)


if __name__ == "__main__":
    main()
