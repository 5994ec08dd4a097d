"""``python -m mabench_eval`` and the console script ``mabench-eval``."""

import sys

from mabench_eval.cli import main as run_command
from mabench_eval.cli.console import guard_process


def main() -> int:
    """Run the command that this process was started for."""
    guard_process()
    return run_command()


if __name__ == "__main__":
    sys.exit(main())
