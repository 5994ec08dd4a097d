"""Start-up: a bare interpreter, ``import mabench_eval`` and ``--help``, side by side.

python -m benchmarks.startup
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15


def seconds(*arguments: str) -> float:
    """Median wall time of a fresh interpreter with these arguments."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    bare = seconds("-c", "pass")
    print(f"{'':32} {'ms':>7} {'over bare, ms':>14} {'ratio':>6}   target: over bare")
    for name, arguments, target in (
        ("bare interpreter", ("-c", "pass"), ""),
        ("import mabench_eval", ("-c", "import mabench_eval"), "60 ms"),
        ("python -m mabench_eval --help", ("-m", "mabench_eval", "--help"), "200 ms"),
        ("python -m mabench_eval list models", ("-m", "mabench_eval", "list", "models"), ""),
    ):
        taken = seconds(*arguments)
        print(f"{name:32} {1e3 * taken:7.1f} {1e3 * (taken - bare):14.1f} {taken / bare:6.1f}   {target}")


if __name__ == "__main__":
    main()
