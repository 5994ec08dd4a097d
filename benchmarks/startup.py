"""Start-up: a bare interpreter, ``import mabench_eval``, ``--help`` and first commands, by processor time, in turns.

python -m benchmarks.startup [CHECKOUT]

With another checkout (the version before, say) the two take turns, so that a busy machine is busy for both. Bytecode is
kept, as on a user's machine: modules are compiled before the first round.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 15
BARE = "bare interpreter"
COMMANDS = (
    (BARE, ("-c", "pass"), ""),
    ("import mabench_eval", ("-c", "import mabench_eval"), "60 ms more"),
    ("python -m mabench_eval --help", ("-m", "mabench_eval", "--help"), "200 ms more"),
    ("python -m mabench_eval run --help", ("-m", "mabench_eval", "run", "--help"), "200 ms more"),
    ("python -m mabench_eval list tasks", ("-m", "mabench_eval", "list", "tasks"), "8 x"),
    ("python -m mabench_eval list models", ("-m", "mabench_eval", "list", "models"), "8 x"),
)
"""Name, arguments of the interpreter, and the target beside a bare interpreter."""


def milliseconds(arguments: tuple[str, ...], checkout: Path, bytecode: str) -> float:
    """Processor time of a fresh interpreter with these arguments, and the package of a checkout."""
    variables = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONPYCACHEPREFIX": bytecode}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    words = [sys.executable, *arguments]
    with subprocess.Popen(words, cwd=checkout, env=variables, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    return 1e3 * (usage.ru_utime + usage.ru_stime)


def main() -> None:
    """Print the table: medians in milliseconds, and how many bare interpreters that is, a column a checkout."""
    checkouts = [Path.cwd(), *(Path(word).resolve() for word in sys.argv[1:])]
    times: dict[tuple[str, Path], list[float]] = {}
    with tempfile.TemporaryDirectory() as bytecode:
        for round_ in range(ROUNDS + 1):
            for name, arguments, _ in COMMANDS:
                for checkout in checkouts:
                    taken = milliseconds(arguments, checkout, bytecode)
                    if round_:  # the first one compiles
                        times.setdefault((name, checkout), []).append(taken)

    medians = {key: statistics.median(values) for key, values in times.items()}
    print(f"{'CPU ms (bare interpreters)':36}" + "".join(f"{checkout.name[-16:]:>18}" for checkout in checkouts))
    for name, _, target in COMMANDS:
        figures = "".join(
            f"{medians[name, checkout]:10.1f} ({medians[name, checkout] / medians[BARE, checkout]:4.1f})"
            for checkout in checkouts
        )
        print(f"{name:36}{figures}   {target}")


if __name__ == "__main__":
    main()
