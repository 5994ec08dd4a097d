"""The options of the commands that show finished runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from mabench_eval.cli.arguments.shared import as_json, include, run_folder


def status(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``status``."""
    parser.description = (
        "How far the runs below a folder are, running or not, from their journals alone: nothing is "
        "locked or written. Rate: of the last 5 minutes or 100 answers, whichever is longer; time "
        "left: of the answering."
    )
    parser.add_argument(
        "dir",
        type=Path,
        nargs="?",
        default=Path("results"),
        metavar="DIR",
        help="where runs write to, as in --output, or the folder of one run (default: results)",
    )
    parser.add_argument(
        "--watch",
        type=float,
        nargs="?",
        const=5.0,
        metavar="SECONDS",
        help="show it again every so many seconds (5 if not said), until Ctrl-C",
    )
    as_json(parser)


def compare(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``compare``."""
    parser.description = (
        "Every pair of the runs: differences with intervals and p-values that know that questions "
        "share clips, and a warning where more than the model differs."
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders of finished runs, two or more")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="also write a page of two runs side by side, with "
        "the questions that one has right and the other wrong, in one file that loads nothing",
    )
    as_json(parser)


def report(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``report``."""
    parser.description = (
        "Scores as tables and charts, and every question with its prompt, answer, reference and "
        "verdict, in one file that loads nothing. It reads the question file again."
    )
    run_folder(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the page (default: RUN/report.html)")
    parser.add_argument(
        "--frames",
        choices=("none", "thumbs"),
        default="none",
        help="thumbs: small pictures of the "
        "frames, for a page of your own: clips may not be redistributed (default: none)",
    )


def plot(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``plot``."""
    parser.description = (
        "A picture of one to eight finished runs: safe for the colour-blind, readable in grey, the "
        "same bytes from the same runs. It needs matplotlib: pip install 'mabench_eval[plots]'. What "
        "a caption must say goes to stderr."
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders of finished runs")
    parser.add_argument(
        "--kind",
        required=True,
        choices=("bars", "radar", "confusion", "frames"),
        help="bars: "
        "accuracy of the closed tasks and levels of the open ones, with 95%% intervals; radar: the 12 "
        "sub-scores on 0-100; confusion: body parts taken for one another (CMAR); frames: scores of "
        "one model against its number of frames (the paper's Table 3)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="FILE.svg or FILE.pdf (vector, fonts inside), or FILE.png (300 dpi)",
    )
    parser.add_argument(
        "--width", type=float, metavar="INCHES", help="width (default: one or two columns of a paper, by kind)"
    )


def leaderboard(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``leaderboard``."""
    parser.add_argument(
        "runs", type=Path, nargs="*", metavar="RUN", help="folders of own runs to show beside the committed entries"
    )
    parser.add_argument(
        "--dir",
        type=Path,
        default=Path("leaderboard"),
        metavar="DIR",
        help="folder of the leaderboard: entries/ and the table, README.md (default: leaderboard)",
    )
    parser.add_argument("--add", action="store_true", help="keep the runs as entries in DIR/entries/")
    parser.add_argument(
        "--html",
        action="store_true",
        help="also write DIR/index.html: the tables to sort and filter, and plots, in one file that loads nothing",
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="also write the rows, a line a method, with intervals and ranks"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail when an entry's scores do not follow "
        "from its samples, or the table, or an index.html that exists, is stale",
    )
    as_json(parser)


def merge(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``merge``."""
    parser.description = (
        "Join the journals of runs with --shard I/N into the run that one process without --shard "
        "would have made: the same folder name, equal files, nothing asked again."
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders of the shards, finished or not")
    parser.add_argument("--data", metavar="DATA", help="question file, where it is not where the shards had it")
    parser.add_argument(
        "--clips", type=Path, metavar="DIR", help="clip folder, likewise: clips are known by their bytes"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="results go to DIR/<model>/<run id>/ (default: as the first shard had it)",
    )
    include(parser)
    as_json(parser)
