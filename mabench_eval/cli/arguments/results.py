"""The options of the commands that show finished runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from mabench_eval.cli.arguments.shared import as_json


def compare(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``compare``."""
    parser.description = ("Every pair of the runs: differences with intervals and p-values that know that questions "
                          "share clips, and a warning where more than the model differs.")  # fmt: skip
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders of finished runs, two or more")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    as_json(parser)


def leaderboard(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``leaderboard``."""
    parser.add_argument("runs", type=Path, nargs="*", metavar="RUN", help="folders of own runs to show beside the "
                        "committed entries")  # fmt: skip
    parser.add_argument("--dir", type=Path, default=Path("leaderboard"), metavar="DIR", help="folder of the "
                        "leaderboard: entries/ and the table, README.md (default: leaderboard)")  # fmt: skip
    parser.add_argument("--add", action="store_true", help="keep the runs as entries in DIR/entries/")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when an entry's scores do not follow "
                        "from its samples, or the table is not up to date")  # fmt: skip
    as_json(parser)
