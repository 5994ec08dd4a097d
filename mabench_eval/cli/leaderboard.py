"""``mabench-eval leaderboard``: the paper's rows and own runs in one page."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_json, print_line
from mabench_eval.errors import InputError
from mabench_eval.leaderboard import add_entry, check_entries, document, is_stale, write


def leaderboard(options: Namespace) -> int:
    """Write the page, or with ``--check`` fail when it, or an entry, is not what follows from the entries' samples."""
    if options.check:
        return _check(options)
    for run in options.runs if options.add else ():
        print_line(f"kept {add_entry(run, options.dir)}")
    page = write(options.dir, options.runs)
    if options.json:
        print_json(document(options.dir, options.runs))
    print_line(f"wrote {page}")
    return 0


def _check(options: Namespace) -> int:
    if options.runs or options.add:
        raise InputError("--check looks at the committed table and entries alone; leave out RUN and --add")
    problems, without = check_entries(options.dir)
    if problems:
        raise InputError(
            f"{options.dir}/entries: scores that do not follow from the samples beside them",
            problems=problems,
            hint="Write the entry anew from its run: mabench-eval leaderboard RUN --add",
        )
    if without:
        print_line(f"{without} entries have no samples: their scores were not recomputed")
    if is_stale(options.dir):
        raise InputError(
            f"{options.dir}/README.md is not what its entries give", hint="Write it anew: mabench-eval leaderboard"
        )
    print_line(f"{options.dir}/README.md is up to date")
    return 0
