"""``python -m mabench_eval`` and the console script ``mabench-eval``."""

import sys

from mabench_eval.cli import main

if __name__ == "__main__":
    sys.exit(main())
