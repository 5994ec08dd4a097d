"""The options of the commands that look before anything is spent."""

from __future__ import annotations

import argparse
from pathlib import Path

from mabench_eval.cli.arguments.shared import as_json, data, environment, include, prompts


def list_(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``list``."""
    parser.add_argument("what", choices=("models", "tasks", "judges"))
    include(parser)
    as_json(parser)


def show(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``show``."""
    parser.add_argument("name", metavar="TASK|MODEL", help="a task or a model of the catalogue, in any case")
    parser.add_argument("--question", metavar="QID", help="take the prompt of this question (default: the first)")
    prompts(parser)
    parser.add_argument("--seed", type=int, default=0, help="seed that draws the examples of --shots (default: 0)")
    data(parser)
    environment(parser)
    include(parser)
    as_json(parser)


def doctor(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``doctor``."""
    parser.description = "Look for all that a model needs here: packages, GPU, memory, disk, hub, licence, key."
    parser.add_argument("model", metavar="MODEL", help="a model of the catalogue, hf:ORG/NAME, or a folder")
    parser.add_argument("--engine", metavar="NAME", help="engine, in place of the card's")
    parser.add_argument("--lora", metavar="PATH", help="with this LoRA adapter")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of the card, as in `run`"
    )
    parser.add_argument("--trust-remote-code", action="store_true", help="with code of the repository allowed to run")
    include(parser)
    as_json(parser)


def environments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``env``."""
    parser.description = (
        "Sets of packages, each in a cached virtual environment of its own; `run --env auto` takes "
        "the one that the model's card names. MABENCH_EVAL_ENVIRONMENTS=DIR keeps them elsewhere "
        "than in ~/.cache/mabench_eval."
    )
    parser.add_argument(
        "what",
        choices=("list", "make", "path"),
        help="list: all, and which are made; make: make one; path: its Python interpreter",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="an environment (see `env list`)")
    include(parser)
    as_json(parser)


def audit(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``audit``."""
    parser.description = (
        "Look at the questions themselves: counts, duplicates, options that repeat or stand out, "
        "answers that contradict each other; and, where there are answers, how far words and simple "
        "rules go without the video, on clips that they have not seen."
    )
    parser.add_argument("--data", required=True, metavar="DATA", help="question file, folder, `demo` or `hub`")
    parser.add_argument(
        "--answers",
        metavar="FILE",
        help="labelled question file whose answers are taken over, by id, for questions that have none",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write all of it as Markdown")
    parser.add_argument(
        "--flags",
        type=Path,
        default=Path("audit.json"),
        metavar="FILE",
        help="write what is said of each question, for `run --flags` (default: audit.json)",
    )
    parser.add_argument(
        "--no-probe",
        action="store_true",
        help="leave out rules and the text-only probe, which needs scikit-learn: pip install 'mabench_eval[audit]'",
    )
    parser.add_argument(
        "--folds",
        type=int,
        default=10,
        metavar="N",
        help="parts of the clips, each answered by what was learnt on the others (default: 10)",
    )
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="times they are dealt anew (default: 5)")
    parser.add_argument("--seed", type=int, default=0, help="deals the clips (default: 0)")
    as_json(parser)
