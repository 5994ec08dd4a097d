"""The command line: it parses, calls one function and prints. Nothing below it prints or exits."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from mabench_eval.cli.parser import VERBS, build_parser
from mabench_eval.errors import JournalError, MabenchError, ModelError

DONE, FAILED, BAD_INPUT, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes; also in ``--help``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = build_parser().parse_args(_with_verb(words))
        if getattr(options, "env", "current") != "current":
            from mabench_eval.cli.environments import reenter

            code_there = reenter(options, words)
            if code_there is not None:
                return code_there
        module, _, name = VERBS[options.verb][0].partition(":")
        code: int = getattr(importlib.import_module(module), name)(options)
        sys.stdout.flush()
        return code
    except MabenchError as error:
        from mabench_eval.cli.console import print_error

        print_error(error)
        return INCOMPLETE if isinstance(error, ModelError | JournalError) else BAD_INPUT
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `mabench-eval list models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _with_verb(words: list[str]) -> list[str]:
    """``run`` is implied: ``--model X`` means ``run --model X``."""
    if not words:
        return ["--help"]
    implied = words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")
    return ["run", *words] if implied else words
