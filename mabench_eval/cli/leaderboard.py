"""``mabench-eval leaderboard``: the paper's rows and own runs in one page."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_json, print_line
from mabench_eval.errors import InputError
from mabench_eval.leaderboard import (
    add_entry,
    check_entries,
    csv_text,
    is_stale,
    leaderboard_document,
    write,
    write_file,
)
from mabench_eval.pages.leaderboard import is_leaderboard_page_stale, write_leaderboard_page


def leaderboard(options: Namespace) -> int:
    """Write the pages, or with ``--check`` fail when one, or an entry, does not follow from the samples."""
    if options.check:
        return _check(options)
    for run in options.runs if options.add else ():
        print_line(f"kept {add_entry(run, options.dir)}")
    written = [write(options.dir, options.runs)]
    if options.html:
        written.append(write_leaderboard_page(options.dir, options.runs))
    if options.csv:
        write_file(options.csv, csv_text(leaderboard_document(options.dir, options.runs)))
        written.append(options.csv)
    if options.json:
        print_json(leaderboard_document(options.dir, options.runs))
    for file in written:
        print_line(f"wrote {file}")
    return 0


def _check(options: Namespace) -> int:
    if options.runs or options.add or options.html or options.csv:
        raise InputError(
            "--check looks at the committed table and entries alone; leave out RUN, --add, --html and --csv"
        )
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
    if is_leaderboard_page_stale(options.dir):
        raise InputError(
            f"{options.dir}/index.html is not what its entries give",
            hint="Write it anew: mabench-eval leaderboard --html",
        )
    print_line(f"{options.dir}/README.md is up to date")
    return 0
