"""The options of every command. Imports nothing heavy: ``--help`` is instant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, NoReturn

from mabench_eval._version import __version__
from mabench_eval.cli.arguments import catalogue, results, run, scoring
from mabench_eval.errors import InputError

Command = tuple[str, Callable[[argparse.ArgumentParser], None], str]
"""``module:function``, imported when the command is called; the function that adds its options; a line of help."""
_CLI = "mabench_eval.cli"
VERBS: Mapping[str, Command] = MappingProxyType(
    {
        "run": (f"{_CLI}.run:run", run.run, "evaluate a model (implied when no command is given)"),
        "list": (f"{_CLI}.catalogue:list_", catalogue.list_, "list models, tasks or judges"),
        "show": (f"{_CLI}.catalogue:show", catalogue.show, "show a task's real prompt, or a model's card"),
        "status": (
            f"{_CLI}.status:show",
            results.status,
            "how far runs are, from their journals: follow them elsewhere",
        ),
        "merge": (f"{_CLI}.merging:merge", results.merge, "join runs with --shard into the run that they are parts of"),
        "score": (
            f"{_CLI}.predictions:score",
            scoring.score,
            "score an official prediction file against a question file with answers",
        ),
        "judge": (
            f"{_CLI}.judging:judge",
            scoring.judge_run,
            "judge the open answers of a finished run, again or for the first time",
        ),
        "check-judge": (
            f"{_CLI}.judging:check",
            scoring.check_judge,
            "measure a judge by references with controlled damage",
        ),
        "submit": (f"{_CLI}.predictions:submit", scoring.submit, "write the official prediction file of a run"),
        "validate": (
            f"{_CLI}.predictions:validate",
            scoring.validate,
            "check an official prediction file against a question file",
        ),
        "audit": (
            f"{_CLI}.auditing:audit",
            catalogue.audit,
            "the benchmark itself: is it whole, and how far does one get without the video?",
        ),
        "compare": (
            f"{_CLI}.comparison:comparison",
            results.compare,
            "runs against each other, paired by question, with error bars by clip",
        ),
        "report": (
            f"{_CLI}.report:report",
            results.report,
            "write a finished run as one HTML file, every question in it",
        ),
        "plot": (f"{_CLI}.plot:draw", results.plot, "pictures of runs for papers: bars, radar, confusion, frames"),
        "leaderboard": (
            f"{_CLI}.leaderboard:leaderboard",
            results.leaderboard,
            "write the leaderboard: the paper's rows and your runs",
        ),
        "doctor": (
            f"{_CLI}.doctor:doctor",
            catalogue.doctor,
            "whether a model can run here, and what mends what is missing",
        ),
        "env": (
            f"{_CLI}.environments:environments",
            catalogue.environments,
            "environments: the sets of packages that models need",
        ),
    }
)

EPILOG = """\
examples:
  mabench-eval --model motion --data demo --tasks all       the bundled demo, offline, no weights, no key
  mabench-eval --model NAME --data questions.json --clips videos/
  mabench-eval --model NAME --data DIR --tasks cmar,fmar --limit 20 --dry-run
  mabench-eval list models                                  what can be evaluated
  mabench-eval show CMAR                                    what is asked, word for word

exit codes:
  0 done    2 bad input, nothing was run    3 incomplete: the same command again goes on where it stopped
  1 other failure    130 interrupted: the same command again goes on where it stopped
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors suggest what was meant."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise InputError."""
        raise InputError(message + self._suggestion(message), hint=f"See: {self.prog} --help")

    def _suggestion(self, message: str) -> str:
        wrong = re.search(r"(?:unrecognized arguments: |invalid choice: ')([\w-]+)", message)
        close = get_close_matches(wrong[1], self._known_words(), n=1, cutoff=0.6) if wrong else []
        return f"; did you mean {close[0]!r}?" if close else ""

    def _known_words(self) -> list[str]:
        """Options and commands, those of all commands included: unknown options are reported by the top parser."""
        below = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        parsers = [
            self,
            *(parser for action in below for parser in action.choices.values()),
        ]
        return list(VERBS) + [word for parser in parsers for word in parser._option_string_actions]


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the result's ``verb`` names the command."""
    parser = Parser(
        prog="mabench-eval",
        description="Evaluate models on MA-Bench, the benchmark of fine-grained micro-action understanding.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"mabench_eval {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND", parser_class=Parser)
    for name, (_, add_options, told) in VERBS.items():
        add_options(verbs.add_parser(name, help=told, epilog=EPILOG if name == "run" else None))
    return parser
