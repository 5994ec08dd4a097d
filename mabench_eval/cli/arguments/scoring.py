"""The options of the commands that judge, score and hand in."""

from __future__ import annotations

import argparse
from pathlib import Path

from mabench_eval.cli.arguments.shared import as_json, data, flags, include, judge, judge_endpoint, run_folder


def score(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``score``."""
    parser.add_argument("file", type=Path, help="official prediction file (JSON: prompts, answers)")
    data(parser, required=True)
    judge(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="keep judgments in DIR, so that the same command "
        "makes no call twice (default: <FILE>.judgments when a judge is a model)",
    )
    flags(parser)
    include(parser)
    as_json(parser)


def judge_run(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``judge``."""
    parser.description = (
        "Judge the open answers of a run; its scores are then those of these judges. What a judge "
        "has scored before is in the run's journal and costs no call."
    )
    run_folder(parser)
    judge(parser, required=True)
    parser.add_argument("--max-cost", type=float, metavar="USD", help="ask no more once the calls cost so much")
    include(parser)
    as_json(parser)


def check_judge(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``check-judge``."""
    parser.description = (
        "Measure a judge without any human label: references as their own answers, references of "
        "other clips, and controlled damage that must lower one level and leave the others. The same "
        "command asks only what is missing. docs/judges.md tells how to read the card."
    )
    parser.add_argument("judge", metavar="JUDGE", help="a judge (see `list judges`), any model, or `openai`")
    judge_endpoint(parser)
    data(parser, required=True)
    parser.add_argument("--repeats", type=int, default=2, metavar="K", help="how often each case is asked (default: 2)")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N clips only")
    parser.add_argument("--seed", type=int, default=0, help="draws other clips and wrong labels (default: 0)")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="the card goes to DIR/judge-cards/<judge>/ (default: results)",
    )
    include(parser)
    as_json(parser)


def submit(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``submit``."""
    run_folder(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="prediction file to write")
    parser.add_argument(
        "--fill",
        action="store_true",
        help="answer what the model left open with the first "
        "option (the official format wants every question answered)",
    )


def validate(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``validate``."""
    parser.add_argument("file", type=Path, help="official prediction file (JSON: prompts, answers)")
    data(parser, required=True)
    include(parser)
    as_json(parser)
