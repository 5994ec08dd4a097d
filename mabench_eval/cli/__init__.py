"""The command line: it parses, calls one function and prints. Nothing below it prints or exits.

``verbs`` has a file a command; beside it stand the parser, and what several commands take and print.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_error, print_line
from mabench_eval.cli.exit_codes import BAD_INPUT, FAILED, INCOMPLETE, INTERRUPTED
from mabench_eval.cli.parser import parse
from mabench_eval.cli.verbs import verb_module
from mabench_eval.errors import JournalError, MabenchError, ModelError

if TYPE_CHECKING:
    from mabench_eval.journal import Progress

OF_THE_MACHINE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE),
)
"""Errors of files and folders that a user can act on wherever they come up: permissions, full disks, wrong places."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = parse(words)
        if getattr(options, "env", "current") != "current":
            from mabench_eval.cli.reenter import reenter

            code_there = reenter(options, words)
            if code_there is not None:
                return code_there
        code: int = verb_module(options.verb).run(options)
        sys.stdout.flush()
        return code
    except MabenchError as error:
        print_error(error)
        return INCOMPLETE if isinstance(error, ModelError | JournalError) else BAD_INPUT
    except KeyboardInterrupt:
        print_line()
        print_line("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:  # `mabench-eval list models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except ModuleNotFoundError as error:
        from mabench_eval.packages import package_of

        package = package_of(error.name or "")
        if package in ("", "mabench_eval"):
            raise
        message = f"the package {package} is not installed, and something that is needs it"
        print_error(MabenchError(message, hint=f"pip install {package}; what else is missing: pip check"))
        return FAILED
    except OSError as error:
        if error.errno not in OF_THE_MACHINE:
            raise
        place = f"{error.filename}: " if error.filename else ""
        print_error(MabenchError(f"{place}{error.strerror}"))
        return FAILED


def notebook_progress() -> AbstractContextManager[Progress]:
    """The bars of a run in the output of a notebook's cell; lines now and then where it cannot draw (no ipywidgets)."""
    from importlib.util import find_spec

    from mabench_eval.cli.progress import BarProgress, RunProgress

    return RunProgress() if find_spec("ipywidgets") is None else BarProgress(in_notebook=True)
