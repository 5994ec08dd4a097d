"""What ``run`` is asked to do: one command line a model, from the words that were typed and the run file they name."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_line
from mabench_eval.cli.run_file import RunFile, file_content, model_names, read_run_file
from mabench_eval.cli.run_options import CONFIG, WRITE_CONFIG
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.cli.parser import Parser


def parse_run(parser: Parser, words: Sequence[str]) -> Namespace:
    """The options of ``run``; of several models those of the first, with ``commands``, the options of each.

    Each has ``words``, the command line of that model alone. Raises InputError for words that make no sense.
    """
    typed = parser.parse_args(words)
    file = read_run_file(typed.config) if typed.config else RunFile(())
    if file.left_out:
        print_line(f"{typed.config}: not taken over: {', '.join(file.left_out)}; give them beside --config")
    own = dict(file.models)
    models = [(name, own.get(name, ())) for name in model_names(typed.model)] if typed.model else list(file.models)
    if not models:
        raise InputError("the following arguments are required: --model", hint="See: mabench-eval run --help")

    rest = list(_without(words[1:], (*CONFIG.names, *WRITE_CONFIG.names)))
    lines = [["run", *file.words, *options, *rest, "--model", name] for name, options in models]
    commands = [_parsed(parser, line, typed) for line in lines]
    if len(commands) > 1:
        commands = [_named(parser, options) for options in commands] if _share_a_name(commands) else commands
        labels = [options.name or options.model for options in commands]
        if twice := {label for label in labels if labels.count(label) > 1}:
            raise InputError(f"two runs are called {min(twice)!r}", hint="Give each a name of its own: `name: ...`")
    options = Namespace(**{**vars(commands[0]), "commands": commands, "write_config": typed.write_config})
    if len(commands) > 1 or typed.write_config:
        options.env = "current"  # each goes to its own environment by itself
    return options


def _parsed(parser: Parser, line: list[str], typed: Namespace) -> Namespace:
    """The options of one model's command line; what is wrong with it stands in the run file, if not among the words."""
    try:
        options = parser.parse_args(line)
    except InputError as error:
        raise InputError(f"run file {typed.config}: {error.message}", hint=error.hint) from error
    options.words = line
    return options


def _share_a_name(commands: Sequence[Namespace]) -> bool:
    return len({options.name for options in commands}) < len(commands) and all(options.name for options in commands)


def _named(parser: Parser, options: Namespace) -> Namespace:
    """The same with its model in the name that all have."""
    line = [*options.words, "--name", f"{options.name}: {options.model}"]
    named = parser.parse_args(line)
    named.words = line
    return named


def _without(words: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """The words without these options and their values."""
    skip = False
    for word in words:
        if not skip and word.split("=")[0] not in names:
            yield word
        skip = not skip and word in names


def write_run_file(options: Namespace) -> None:
    """Write the options of a command as a run file. Raises OSError."""
    import yaml

    from mabench_eval.journal import write_text

    file = options.write_config
    text = yaml.safe_dump(file_content(options.commands), sort_keys=False, allow_unicode=True, width=100)
    write_text(file, f"# mabench-eval --config {file}; what stands beside it on the command line wins.\n{text}")
    print_line(f"wrote {file}; run it: mabench-eval --config {file}")
