"""Start-up: a bare interpreter, ``import mabench_eval``, ``--help`` and a first command, side by side.

python -m benchmarks.startup [CHECKOUT]

With another checkout (the version before, say) the two take turns, so that a busy machine is busy for both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
COMMANDS = (
    ("bare interpreter", ("-c", "pass"), ""),
    ("import mabench_eval", ("-c", "import mabench_eval"), "60 ms"),
    ("python -m mabench_eval --help", ("-m", "mabench_eval", "--help"), "200 ms"),
    ("python -m mabench_eval run --help", ("-m", "mabench_eval", "run", "--help"), "200 ms"),
    ("python -m mabench_eval list models", ("-m", "mabench_eval", "list", "models"), ""),
)
"""Name, arguments of the interpreter, and the target over a bare interpreter."""


def seconds(arguments: tuple[str, ...], checkout: Path) -> float:
    """Wall time of a fresh interpreter with these arguments, and the package of a checkout."""
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    subprocess.run([sys.executable, *arguments], check=True, cwd=checkout, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print the table: medians in milliseconds, a column a checkout."""
    checkouts = [Path.cwd(), *(Path(word).resolve() for word in sys.argv[1:])]
    times: dict[tuple[str, Path], list[float]] = {}
    for _ in range(ROUNDS):
        for name, arguments, _ in COMMANDS:
            for checkout in checkouts:
                times.setdefault((name, checkout), []).append(1e3 * seconds(arguments, checkout))

    medians = {key: statistics.median(values) for key, values in times.items()}
    print(f"{'':36}" + "".join(f"{checkout.name[-12:]:>12}" for checkout in checkouts) + "   over bare   target")
    for name, _, target in COMMANDS:
        figures = "".join(f"{medians[name, checkout]:12.1f}" for checkout in checkouts)
        over_bare = medians[name, checkouts[0]] - medians[COMMANDS[0][0], checkouts[0]]
        print(f"{name:36}{figures}{over_bare:12.1f}   {target}")


if __name__ == "__main__":
    main()
