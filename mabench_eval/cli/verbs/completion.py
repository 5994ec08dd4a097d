"""Print what makes a shell complete this command: verbs, options, choices, models and files.

It needs shtab: pip install '.[shell]', in the clone.
"""

from __future__ import annotations

from argparse import Action, Namespace
from pathlib import Path

from mabench_eval.cli.console import print_text
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_file, output_folder
from mabench_eval.cli.shared_options import Option
from mabench_eval.errors import InputError

SHELLS = ("bash", "zsh", "fish")
OPTIONS = (Option("shell", "the shell that it is for", choices=SHELLS),)
EXAMPLES = """\
examples, each for one session; in the file that the shell reads at its start it is for all:
  eval "$(mabench-eval completion bash)"
  eval "$(mabench-eval completion zsh)"
  mabench-eval completion fish | source
"""
FILES = ("data", "shots_data", "train_data")
"""Options that are files and more: `demo`, `hub`."""
NAMES = {"run": "model", "show": "name", "doctor": "name"}
"""Verb -> its argument that names a model."""


def run(options: Namespace) -> int:
    """Print the shell's script on stdout. Raises InputError where shtab is not installed."""
    try:
        import shtab
    except ModuleNotFoundError as error:
        from mabench_eval.packages import install_command

        raise InputError(
            "completion is written by shtab, which is not installed", hint=install_command("shell")
        ) from error

    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.cli.parser import all_parsers, whole_parser

    parser = whole_parser()
    models = sorted(load_catalogue().models)
    for each in all_parsers(parser):
        verb = each.prog.split()[-1]
        for action in each._actions:
            if action.dest == NAMES.get(verb) and not action.choices:
                action.choices = models
            elif _is_file(action):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    print_text(shtab.complete(parser, options.shell, preamble=""))
    return DONE


def _is_file(action: Action) -> bool:
    return action.type in (Path, output_file, output_folder) or action.dest in FILES
