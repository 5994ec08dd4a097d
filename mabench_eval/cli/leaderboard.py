"""``mabench-eval leaderboard``: the paper's rows and own runs in one page."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_json, print_line
from mabench_eval.errors import InputError
from mabench_eval.leaderboard import (
    MARKDOWN_FILE,
    add_entry,
    check_entries,
    csv_text,
    leaderboard_document,
    leaderboard_json,
    markdown_page,
    write_file,
)
from mabench_eval.pages.leaderboard import HTML_FILE, leaderboard_page


def leaderboard(options: Namespace) -> int:
    """Write the pages, or with ``--check`` fail when one, or an entry, does not follow from the samples."""
    if options.check:
        return _check(options)
    for run in options.runs if options.add else ():
        print_line(f"kept {add_entry(run, options.dir)}")

    document = leaderboard_document(options.dir, options.runs)
    texts = {options.dir / MARKDOWN_FILE: markdown_page(document)}
    if options.html:
        texts[options.dir / HTML_FILE] = leaderboard_page(document)
    if options.csv:
        texts[options.csv] = csv_text(document)
    for file, text in texts.items():
        write_file(file, text)

    if options.json:
        print_json(leaderboard_json(document))
    for file in texts:
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

    document = leaderboard_document(options.dir, ())
    table, page = options.dir / MARKDOWN_FILE, options.dir / HTML_FILE
    if not table.is_file() or table.read_text(encoding="utf-8") != markdown_page(document):
        raise InputError(f"{table} is not what its entries give", hint="Write it anew: mabench-eval leaderboard")
    if page.is_file() and page.read_bytes() != leaderboard_page(document).encode():  # no page: none is wanted
        raise InputError(f"{page} is not what its entries give", hint="Write it anew: mabench-eval leaderboard --html")
    print_line(f"{table} is up to date")
    return 0
