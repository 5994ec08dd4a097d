"""The parser of a command line: the commands, and the options of the one that is called."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any, NoReturn

from mabench_eval._version import __version__
from mabench_eval.cli.verbs import VERBS, verb_module
from mabench_eval.errors import InputError, did_you_mean

EPILOG = """\
examples:
  mabench-eval --model motion --data demo --tasks all   the demo, offline
  mabench-eval --model NAME --data questions.json --clips videos/
  mabench-eval --model NAME --data DIR --tasks cmar,fmar --limit 20 --dry-run
  mabench-eval list models                          what can be evaluated
  mabench-eval show CMAR                            what is asked, word for word

exit codes:
  0    done
  1    other failure
  2    bad input, nothing was run
  3    incomplete: the same command again continues where it stopped
  130  interrupted: the same command again continues where it stopped
"""


class HelpFormatter(argparse.HelpFormatter):
    """Prose of descriptions and epilogs is wrapped to the terminal; indented lines, the examples, stand as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        shown: list[str] = []
        for is_prose, group in groupby(text.strip("\n").splitlines(), lambda line: line[:1] not in ("", " ")):
            lines = list(group)
            shown += wrap(" ".join(lines), width - len(indent), break_on_hyphens=False) if is_prose else lines
        return "\n".join(indent + line for line in shown)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors suggest what was meant."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=HelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise InputError."""
        wrong = re.search(r"(?:unrecognized arguments: |invalid choice: ')([\w-]+)", message)
        suggestion = did_you_mean(wrong[1], self._known_words()) if wrong else ""
        raise InputError(message + suggestion, hint=f"See: {self.prog} --help")

    def _known_words(self) -> list[str]:
        """Commands and options, those of the chosen command included: the top parser reports its unknown options."""
        parsers: list[argparse.ArgumentParser] = [self]
        words = [*VERBS]
        for parser in parsers:  # which grows by the parsers below
            words += parser._option_string_actions
            for action in parser._actions:
                if isinstance(action, argparse._SubParsersAction):
                    words += action.choices
                    parsers += action.choices.values()
        return words


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line; ``verb`` names the command. Raises InputError for words that make no sense."""
    if not words:
        words = ["--help"]
    elif words[0].startswith("-") and words[0] not in ("-h", "--help", "--version"):
        words = ["run", *words]  # `--model X` is short for `run --model X`

    parser = Parser(
        prog="mabench-eval",
        description="Evaluate models on MA-Bench, the benchmark of fine-grained micro-action understanding.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"mabench_eval {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND", parser_class=Parser)
    parsers = {
        verb: verbs.add_parser(verb, help=summary, epilog=EPILOG if verb == "run" else None)
        for verb, summary in VERBS.items()
    }

    if words[0] in parsers:  # the others' files are not read
        module, chosen = verb_module(words[0]), parsers[words[0]]
        chosen.description = module.__doc__
        if examples := getattr(module, "EXAMPLES", None):
            chosen.epilog = examples
        for option in module.OPTIONS:
            option.add_to(chosen)
    return parser.parse_args(words)
