"""Options that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path


def data(parser: argparse._ActionsContainer, *, required: bool = False) -> None:
    """Where the questions and the clips are."""
    parser.add_argument(
        "--data",
        default=None if required else "demo",
        required=required,
        metavar="DATA",
        help="question file (JSON or JSON lines), folder (question file and videos/), `demo` or `hub`"
        + ("" if required else " (default: demo)"),
    )
    parser.add_argument("--clips", type=Path, metavar="DIR", help="clip folder (default: videos/ beside the questions)")


def prompts(parser: argparse._ActionsContainer) -> None:
    """Prompts and few-shot examples."""
    parser.add_argument(
        "--prompts",
        type=Path,
        metavar="FILE",
        help="prompts of your own, YAML or JSON: task -> system prompt, or -> system_prompt, user_prompt, max_tokens",
    )
    parser.add_argument(
        "--shots",
        type=int,
        default=0,
        metavar="K",
        help="few-shot: K solved questions of the same "
        "task, never on the clip in question (default: 0, as in the paper)",
    )
    parser.add_argument("--shots-data", metavar="FILE", help="labelled question file that they come from")
    parser.add_argument(
        "--shots-frames",
        action="store_true",
        help="show them with the frames of their clips (from --clips, or videos/ beside their file)",
    )


def judge(parser: argparse._ActionsContainer, *, required: bool = False) -> None:
    """The judges of the open tasks."""
    default = "" if required else "; or `none` (default: lexical: offline, not the paper's)"
    parser.add_argument(
        "--judge",
        default=None if required else "lexical",
        required=required,
        metavar="NAME[,NAME]",
        help="judge of the open tasks (see `list judges`), or any model by its name, or `openai`; "
        f"several are a panel{default}",
    )
    judge_endpoint(parser)


def judge_endpoint(parser: argparse._ActionsContainer) -> None:
    """The endpoint of the judge ``openai``."""
    parser.add_argument("--judge-base-url", metavar="URL", help="endpoint of --judge openai (default: OpenAI's)")
    parser.add_argument("--judge-model", dest="judge_model_id", metavar="ID", help="what it calls the model")
    parser.add_argument(
        "--judge-api-key-env",
        dest="judge_key_env",
        metavar="VAR",
        help="environment variable that holds its key (default: OPENAI_API_KEY; a server of your own may do without)",
    )
    parser.add_argument(
        "--judge-concurrency",
        type=int,
        metavar="N",
        help="calls in flight of each judge behind an endpoint (default: adaptive, to 64)",
    )


def environment(parser: argparse._ActionsContainer) -> None:
    """``--env``."""
    parser.add_argument(
        "--env",
        default="current",
        metavar="NAME",
        help="where to run: current: with the packages "
        "that are installed (default); auto: in the environment that the model's card names, made when "
        "it is not there (see `env list`); NAME: in that one",
    )


def run_folder(parser: argparse.ArgumentParser) -> None:
    """A finished run's folder."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, results/<model>/<run id>")


def flags(parser: argparse._ActionsContainer) -> None:
    """``--flags``."""
    parser.add_argument(
        "--flags",
        type=Path,
        metavar="FILE",
        help="flags on questions, from `audit`: tells the "
        "accuracy on those without a flag (clean) and on those whose words do not give the answer away "
        "(hard), beside the official figures",
    )


def include(parser: argparse._ActionsContainer) -> None:
    """``--include``."""
    parser.add_argument(
        "--include",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="a Python file with "
        "@register_model, or a folder with tasks/, models/, judges/, environments/; may be given "
        "again",
    )


def as_json(parser: argparse._ActionsContainer) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout, everything else on stderr")
