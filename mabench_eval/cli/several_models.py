"""Several models in one command: a run each in a process of its own, and one table.

A process each, because a model's memory is free for certain only when its process has ended, each may need another
environment, and none takes the others along when it fails.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mabench_eval.cli.console import print_json, print_line, print_table
from mabench_eval.cli.exit_codes import FAILED, INTERRUPTED
from mabench_eval.cli.run_options import sweep_of
from mabench_eval.errors import InputError


def run_several(commands: Sequence[Namespace]) -> int:
    """Run each, print the table of all; the highest exit code of theirs. Nothing runs before all can.

    Raises InputError with what each model lacks.
    """
    _check(commands)
    codes: list[int] = []
    documents: dict[str, Any] = {}
    for number, options in enumerate(commands, 1):
        label = options.name or options.model
        print_line(f"--- {number} of {len(commands)}: {label}")
        code, document = _run(options.words)
        codes.append(code)
        if document is not None:
            documents[label] = document
        if code == INTERRUPTED:
            if left := len(commands) - number:
                print_line(f"Not begun: {left} more; the whole command again goes on where this one stopped.")
            return INTERRUPTED
        if document is None:
            print_line(f"{label} has no results (exit code {code}); the others go on")

    if commands[0].json:
        print_json(list(documents.values()))
    elif documents:
        _print_table(documents)
    return max(codes)


def _check(commands: Sequence[Namespace]) -> None:
    """Raise InputError with what each run lacks, as far as it shows before its own process starts."""
    from mabench_eval.planning import prepare

    problems: list[str] = []
    hints: list[str] = []
    for options in commands:
        try:
            sweep = sweep_of(options)
            if len(sweep.configs) > 1:
                raise InputError("several models, and several --frames or --lora: one table varies one of them")
            for config in sweep.configs.values():
                prepare(config, dry_run=options.env != "current")
        except InputError as error:
            problems += [f"{options.name or options.model}: {error.message}", *(f"  {line}" for line in error.problems)]
            hints.append(error.hint)
    if problems:
        raise InputError(
            "not all of these models can be run; nothing was run", problems=problems, hint=next(filter(None, hints), "")
        )


def _run(words: Sequence[str]) -> tuple[int, Any]:
    """Run one; its exit code, and what it came to, None where it has no results."""
    from mabench_eval.parsing import parse_json

    command = [sys.executable, "-m", "mabench_eval", *words, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:  # noqa: S603 - this very command, of one model
        # A scheduler's SIGTERM reaches this process alone, Ctrl-C both: the child ends its run, and its code says so.
        before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        try:
            out = _all_of(child)
        finally:
            signal.signal(signal.SIGTERM, before)
    code = child.returncode if child.returncode >= 0 else FAILED
    return code, parse_json(out, "its results") if out.strip() else None


def _all_of(child: subprocess.Popen[bytes]) -> bytes:
    """What the child prints; at Ctrl-C it is left to end by itself."""
    try:
        return child.communicate()[0]
    except KeyboardInterrupt:
        return child.communicate()[0]


def _print_table(documents: Mapping[str, Any]) -> None:
    """Table 2 of all runs that have results."""
    from mabench_eval.cli.scores import TABLE2_BREAKS
    from mabench_eval.runfiles import read_run_files
    from mabench_eval.tables import HEADERS, table2_cells

    rows = []
    for label, document in documents.items():
        scores = read_run_files(Path(document["folder"])).scores
        rows.append([label if scores.complete else f"{label} (incomplete)", *table2_cells(scores)])
    print_table(["Method", *HEADERS], rows, breaks=TABLE2_BREAKS)
