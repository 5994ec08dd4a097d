"""The parser of a command line: the commands, and the options of the one that is called."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any, NoReturn

from mabench_eval._version import __version__
from mabench_eval.cli import other_tools
from mabench_eval.cli.verbs import VERBS, verb_module
from mabench_eval.errors import InputError, did_you_mean

EPILOG = """\
examples:
  mabench-eval --model motion --data demo --tasks all   the demo, offline
  mabench-eval --model NAME --data questions.json --clips videos/
  mabench-eval --model NAME --data DIR --tasks cmar,fmar --limit 20 --dry-run
  mabench-eval --model gpt-4o --data DIR --batch    half price, within a day
  mabench-eval --config run.yaml                    options from a file
  mabench-eval list models                          what can be evaluated
  mabench-eval show CMAR                            what is asked, word for word

exit codes:
  0    done
  1    other failure
  2    bad input, nothing was run
  3    incomplete: the same command again continues where it stopped
  130  interrupted: the same command again continues where it stopped
"""


SIMILAR = 0.7
"""Likeness, 0-1, from which on an option is taken for a misspelt one; without its dashes, which all have in common."""


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
        wrong = re.match(r"argument (.+?): invalid choice: '(.*?)' \(", message)
        raise InputError(
            message + (self._among_choices(wrong[1], wrong[2]) if wrong else ""), hint=f"See: {self.prog} --help"
        )

    def refuse(self, extra: Sequence[str], options: argparse.Namespace) -> NoReturn:
        """Raise InputError for words that the command does not take; ``options``: those that it does."""
        unknown = [name for name in (word.split("=")[0] for word in extra) if re.match(r"--?[A-Za-z]", name)]
        advice = {name: said for name in unknown if (said := self.instead_of(name, options))}
        message = f"unrecognized arguments: {' '.join(extra)}"
        hint = f"See: {self.prog} --help"
        if len(unknown) == 1:
            raise InputError(message + "".join(advice.values()), hint=hint)
        raise InputError(message, problems=[name + said for name, said in advice.items()], hint=hint)

    def _among_choices(self, argument: str, given: str) -> str:
        """A suggestion, among the choices of one argument."""
        choices = [
            str(choice)
            for action in self._actions
            if action.choices and argparse._get_action_name(action) == argument
            for choice in action.choices
        ]
        elsewhere = other_tools.COMMANDS.get(given)
        return f"; here that is {elsewhere!r}" if elsewhere in choices else did_you_mean(given, choices)

    def instead_of(self, given: str, options: argparse.Namespace) -> str:
        """A suggestion for an unknown option: among what this very command takes, and nothing else."""
        # `list --tasks` means `list tasks`, where nothing else is to be listed
        unset = [action for action in self._actions if not action.option_strings]
        words = [
            str(word) for action in unset if not getattr(options, action.dest, None) for word in action.choices or ()
        ]
        takes = {option.lstrip("-"): option for option in self._option_string_actions if option.startswith("--")}
        takes |= {word: word for word in words if word not in takes}
        name = given.replace("_", "-").lower() if given.startswith("--") else given
        if same := takes.get(name.lstrip("-")):
            return f"; did you mean {same!r}?"
        if (elsewhere := other_tools.OPTIONS.get(name)) in self._option_string_actions:
            return f"; here that is {elsewhere!r}"
        if name in other_tools.ADVICE:
            return f"; {other_tools.ADVICE[name]}" if self.prog.endswith(" run") else ""
        from difflib import get_close_matches

        close = get_close_matches(name.lstrip("-"), takes, n=1, cutoff=SIMILAR)
        return f"; did you mean {takes[close[0]]!r}?" if close else ""


class Cite(argparse.Action):
    """Prints how to cite, and ends the command."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(nargs=0, **{**settings, "dest": argparse.SUPPRESS, "default": argparse.SUPPRESS})

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print, and exit with 0."""
        from mabench_eval.cli.citation import bibtex
        from mabench_eval.cli.console import print_text

        print_text(bibtex())
        parser.exit()


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line; ``verb`` names the command. Raises InputError for words that make no sense."""
    if not words:
        words = ["--help"]
    elif words[0].startswith("-") and words[0] not in ("-h", "--help", "--version", "--cite"):
        words = ["run", *words]  # `--model X` is short for `run --model X`

    parser, _ = verb_parser(words[0])
    _refuse_unknown(parser, words)
    own = getattr(verb_module(words[0]), "parse", None) if words[0] in VERBS else None
    return own(parser, words) if own else parser.parse_args(words)


def verb_parser(verb: str) -> tuple[Parser, Parser]:
    """The whole parser and that of one command: the only one it has, and the only one whose file is read.

    For a word that names no command all of them, without their options, and the whole parser once more.
    """
    parser, parsers = _bare_parser({verb: VERBS[verb]} if verb in VERBS else VERBS)
    if verb not in parsers:
        return parser, parser
    return parser, _with_options(parsers[verb], verb)


def whole_parser() -> Parser:
    """The parser of all commands with their options."""
    parser, parsers = _bare_parser(VERBS)
    for verb, below in parsers.items():
        _with_options(below, verb)
    return parser


def _bare_parser(shown: Mapping[str, str]) -> tuple[Parser, dict[str, Parser]]:
    """The parser of these commands, and theirs without options: two dozen take longer to make than to use."""
    parser = Parser(
        prog="mabench-eval",
        description="Evaluate models on MA-Bench, the benchmark of fine-grained micro-action understanding.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"mabench_eval {__version__}")
    parser.add_argument("--cite", action=Cite, help="how to cite the benchmark and this library, in BibTeX")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND", parser_class=Parser)
    parsers = {
        name: verbs.add_parser(name, help=summary, epilog=EPILOG if name == "run" else None)
        for name, summary in shown.items()
    }
    return parser, parsers


def _with_options(chosen: Parser, verb: str) -> Parser:
    """A command's parser with all that its file says."""
    module = verb_module(verb)
    chosen.description = module.__doc__
    if examples := getattr(module, "EXAMPLES", None):
        chosen.epilog = examples
    for option in module.OPTIONS:
        option.add_to(chosen)
    return chosen


def _refuse_unknown(parser: Parser, words: Sequence[str]) -> None:
    """Raise InputError for words that the command does not take, with a suggestion.

    They come before what it misses: who types ``--models X`` is helped by the one and not by the other.
    """
    required = [action for each in all_parsers(parser) for action in each._actions if action.required]
    for action in required:
        action.required = False
    try:
        options, extra = parser.parse_known_args(words)
    finally:
        for action in required:
            action.required = True
    if extra:
        _called(parser, options).refuse(extra, options)


def all_parsers(parser: Parser) -> list[Parser]:
    """A parser and those of all commands below it."""
    return [
        parser,
        *(each for choice in _commands(parser) for one in choice.choices.values() for each in all_parsers(one)),
    ]


def _called(parser: Parser, options: argparse.Namespace) -> Parser:
    """The parser of the command that is called: of ``build DIR init`` that of ``init``."""
    for choice in _commands(parser):
        if name := getattr(options, choice.dest, None):
            return _called(choice.choices[name], options)
    return parser


def _commands(parser: Parser) -> list[argparse._SubParsersAction[Parser]]:
    """The choice of a command below, where the parser has one."""
    return [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
