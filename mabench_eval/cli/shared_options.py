"""Options as data: what one is, and those that several verbs have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mabench_eval.errors import InputError


class Option:
    """An option or argument, spelled as ``--help`` shows it: ``Option("-o --output FILE", "the page", type=Path)``.

    The last word in capitals stands for the value, several of them for as many values; an option without one is a
    switch, unless it has ``choices``.
    ``settings`` are those of ``ArgumentParser.add_argument``.
    """

    def __init__(self, usage: str, help: str, **settings: Any) -> None:
        self.names = usage.split()
        self.settings = {"help": help, **settings}
        values = tuple(word for word in self.names[1:] if word.isupper())
        self.names = [word for word in self.names if word not in values]
        if len(values) > 1:
            self.settings |= {"metavar": values, "nargs": len(values)}
        elif values:
            self.settings["metavar"] = values[0]
        elif usage.startswith("-") and "choices" not in settings:
            self.settings["action"] = "store_true"

    @property
    def attribute(self) -> str:
        """The name that its value has among the parsed options."""
        longest = max(self.names, key=len)  # as argparse has it: of `-o --output` that is `output`
        return str(self.settings.get("dest") or longest.lstrip("-").replace("-", "_"))

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return self.settings.get("action") == "store_true"

    def hidden(self) -> Option:
        """The same, which ``--help`` does not show: it stands there elsewhere."""
        copy = Option("", argparse.SUPPRESS)
        copy.names, copy.settings = self.names, {**self.settings, "help": argparse.SUPPRESS}
        return copy

    def add_to(self, parser: argparse._ActionsContainer) -> None:
        """Make a parser, or a group of one, take the option."""
        parser.add_argument(*self.names, **self.settings)


class Group:
    """Options that ``--help`` shows together, below a title."""

    def __init__(self, title: str, *options: Option) -> None:
        self.title = title
        self.options = options

    def add_to(self, parser: argparse._ActionsContainer) -> None:
        """Make a parser take the options."""
        group = parser.add_argument_group(self.title)
        for option in self.options:
            option.add_to(group)


class Action:
    """A command below a verb's: ``build DIR init``, with options and examples of its own."""

    def __init__(self, name: str, help: str, *options: Option | Group, epilog: str | None = None) -> None:
        self.name, self.options = name, options
        self.settings: dict[str, Any] = {"help": help, "description": help, "epilog": epilog}


class Actions:
    """The commands below a verb's; ``name`` of the options says which one is given, None for none."""

    def __init__(self, name: str, *actions: Action) -> None:
        self.name, self.actions = name, actions

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Make a parser take one of them."""
        below = parser.add_subparsers(dest=self.name, metavar="STEP", title="steps")
        for action in self.actions:
            chosen = below.add_parser(action.name, **action.settings)
            for option in action.options:
                option.add_to(chosen)


# Finished runs and their output
RUN = Option("run RUN", "folder of a run, results/<model>/<run id>", type=Path)
PREDICTIONS = Option("file FILE", "official prediction file (JSON: prompts, answers)", type=Path)
JSON = Option("--json", "one JSON document on stdout, everything else on stderr")

# Questions, clips, cards
_QUESTIONS = "question file (JSON or JSON lines), folder (question file and videos/), `demo` or `hub`"
_CLIPS = Option("--clips DIR", "clip folder, sub-folders included (default: videos/ beside the questions)", type=Path)
DATA = (Option("--data DATA", f"{_QUESTIONS} (default: demo)", default="demo"), _CLIPS)
REQUIRED_DATA = (Option("--data DATA", _QUESTIONS, required=True), _CLIPS)
FLAGS = Option(
    "--flags FILE",
    "flags on questions, from `audit`: adds the accuracy on questions without a flag (clean) and on those whose words "
    "do not give the answer away (hard) to the official figures",
    type=Path,
)
RUN_CLIPS = Option(
    "--clips DIR", "clip folder of the run, for the pictures (default: where the run's record says)", type=Path
)
EARLY_DATA = Option("--data DATA", "question file, for a run of an early version, which kept none in its folder")
INCLUDE = Option(
    "--include PATH",
    "a Python file or package with @register_model, or a folder with tasks/, models/, judges/, environments/; may be "
    "given again",
    type=Path,
    action="append",
    default=[],
)

# What the model sees, and where it runs
PROMPTS = (
    Option(
        "--prompts FILE",
        "prompts of your own, YAML or JSON: task -> system prompt, or -> system_prompt, user_prompt, max_tokens",
        type=Path,
    ),
    Option(
        "--shots K",
        "few-shot: K solved questions of the same task, never on the clip in question (default: 0, as in the paper)",
        type=int,
        default=0,
    ),
    Option("--shots-data FILE", "labelled question file to take them from"),
    Option("--shots-frames", "show them with the frames of their clips (from --clips, or videos/ beside their file)"),
)
ENDPOINT_OF_MODEL = (
    Option("--engine NAME", "engine, in place of the card's; `openai` runs a model that has no card, on any server"),
    Option(
        "--base-url URL",
        "the endpoint, e.g. http://localhost:8000/v1 (not part of the run's identity: name another server's model "
        "differently)",
    ),
    Option("--model-id ID", "what the endpoint calls the model (default: --model)"),
    Option(
        "--api-key-env VAR",
        "environment variable that holds the key (default: OPENAI_API_KEY; a server of your own may do without)",
        dest="key_env",
    ),
)
"""Which model is meant, behind an endpoint."""
ENVIRONMENT = Option(
    "--env NAME",
    "where to run: current: with the packages that are installed (default); auto: in the environment that the model's "
    "card names, created at the first use (see `env list`); NAME: in that one",
    default="current",
)

CLUSTER = (
    Option(
        "--ray ADDRESS", "an existing Ray cluster, e.g. auto or HOST:6379 (default: one is started on this machine)"
    ),
    Option("--ship-clips", "send clips to the workers (default: every node reads them from the same folder)"),
)
"""Of workers on Ray, beside ``--workers``."""

EARLY_RUN = (
    EARLY_DATA,
    Option(
        "--include DIR",
        "folder with the tasks of such a run, where they are not the library's; may be given again",
        type=Path,
        action="append",
        default=[],
    ),
)


# Models in other roles than the model under test
def endpoint_options(role: str) -> tuple[Option, ...]:
    """The options of ``--judge openai``, ``--writer openai``: any model of an endpoint."""
    return (
        Option(f"--{role}-base-url URL", f"endpoint of --{role} openai (default: OpenAI's)"),
        Option(f"--{role}-model ID", "what that endpoint calls the model", dest=f"{role}_model_id"),
        Option(
            f"--{role}-api-key-env VAR",
            "environment variable that holds its key (default: OPENAI_API_KEY; a server of your own may do without)",
            dest=f"{role}_key_env",
        ),
    )


def role_options(role: str, what: str) -> tuple[Option, ...]:
    """The options of a model in a role of a build: which one, where it is, what settings it has."""
    return (
        Option(
            f"--{role} NAME",
            f"{what}: a model of the catalogue (see `list models`), hf:ORG/NAME, `openai` for any of an endpoint, or "
            "`none`; DIR keeps it (default: as before, at first none)",
        ),
        *endpoint_options(role),
        Option(
            f"--{role}-set NAME=VALUE",
            "a setting of its card, e.g. temperature=1, concurrency=8, price_input=0.28; may be given again",
            action="append",
            default=[],
        ),
    )


def role_choice(options: argparse.Namespace, role: str) -> tuple[str | None, dict[str, Any]]:
    """The model that the options name for a role (None: none), and settings in place of its card's."""
    from mabench_eval.planning import endpoint_flags

    given = {name: getattr(options, f"{role}_{name}") for name in endpoint_flags(role)}
    settings = {name: value for name, value in given.items() if value is not None}
    pairs = card_settings(getattr(options, f"{role}_set"), f"--{role}-set")
    return getattr(options, role), {**settings, **pairs}


BATCH = Option(
    "--batch",
    "ask by batches, at their price (OpenAI's: half), where an endpoint has them: files of requests, answered within a "
    "day. Ctrl-C leaves them there; the same command fetches the answers, with --batch or without (docs/batches.md)",
)
MAX_COST = Option(
    "--max-cost USD",
    "make no call that could pass this much, what these models have cost in DIR before included; prices must be known",
    type=float,
)

# Judges
JUDGE_ENDPOINT = (
    *endpoint_options("judge"),
    Option(
        "--judge-concurrency N",
        "calls in flight of each judge behind an endpoint (default: adaptive, up to 64)",
        type=int,
    ),
)
_JUDGE = "judge of the open tasks (see `list judges`), or any model by its name, or `openai`; several are a panel"
JUDGE = (
    Option(
        "--judge NAME[,NAME]",
        f"{_JUDGE}; or `none` (default: lexical: offline, not the paper's)",
        default="lexical",
    ),
    *JUDGE_ENDPOINT,
)
REQUIRED_JUDGE = (Option("--judge NAME[,NAME]", _JUDGE, required=True), *JUDGE_ENDPOINT)


def worker_count(text: str) -> int | str:
    """A number, or ``auto``."""
    if text != "auto" and not text.strip().isdecimal():
        raise argparse.ArgumentTypeError(f"invalid number of workers value: {text!r}")
    return text if text == "auto" else int(text)


def judge_settings(options: argparse.Namespace) -> dict[str, Any]:
    """What the options say of the judges: those that are given, by the names that RunConfig has for them."""
    from mabench_eval.planning import JUDGE_FLAGS

    given = {name: getattr(options, f"judge_{name}") for name in JUDGE_FLAGS}
    return {name: value for name, value in given.items() if value is not None}


def card_settings(pairs: Sequence[str], option: str = "--set") -> dict[str, Any]:
    """The ``NAME=VALUE`` pairs of ``--set``, values in YAML. Raises InputError for one that is none."""
    from mabench_eval.parsing import ContentError, yaml_document

    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f"{option} {pair}: expected NAME=VALUE, e.g. {option} temperature=1")
        try:
            settings[name] = yaml_document(value).value
        except ContentError as error:
            raise InputError(f"{option} {pair}: {error}") from error
    return settings
