"""Write the leaderboard: the paper's rows and your runs in one page."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mabench_eval.cli.console import print_json, print_line
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import JSON, Option
from mabench_eval.errors import InputError

OPTIONS = (
    Option("runs RUN", "folders of own runs to show beside the committed entries", type=Path, nargs="*"),
    Option(
        "--dir DIR",
        "folder of the leaderboard: entries/ and the table, README.md (default: leaderboard)",
        type=Path,
        default=Path("leaderboard"),
    ),
    Option("--add", "keep the runs as entries in DIR/entries/"),
    Option(
        "--html", "also write DIR/index.html: the tables to sort and filter, and plots, in one file that loads nothing"
    ),
    Option("--csv FILE", "also write the rows, a line a method, with intervals and ranks", type=Path),
    Option(
        "--check",
        "write nothing; fail when an entry's scores do not follow from its samples, or the table, or an index.html "
        "that exists, is stale",
    ),
    JSON,
)


def run(options: Namespace) -> int:
    """Write the pages, or with ``--check`` fail when one, or an entry, does not follow from the samples."""
    from mabench_eval.leaderboard import (
        MARKDOWN_FILE,
        add_entry,
        csv_text,
        leaderboard_document,
        leaderboard_json,
        markdown_page,
        write_file,
    )
    from mabench_eval.pages.leaderboard import HTML_FILE, leaderboard_page

    if options.check:
        return _check(options)

    for run_folder in options.runs if options.add else ():
        print_line(f"kept {add_entry(run_folder, options.dir)}")

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
    return DONE


def _check(options: Namespace) -> int:
    """Raise InputError for an entry or a page that is not what the samples give."""
    from mabench_eval.leaderboard import MARKDOWN_FILE, check_entries, leaderboard_document, markdown_page
    from mabench_eval.pages.leaderboard import HTML_FILE, leaderboard_page

    if options.runs or options.add or options.html or options.csv:
        raise InputError(
            "--check looks at the committed table and entries alone; leave out RUN, --add, --html and --csv"
        )

    problems, without_samples = check_entries(options.dir)
    if problems:
        raise InputError(
            f"{options.dir}/entries: scores that do not follow from the samples beside them",
            problems=problems,
            hint="Write the entry anew from its run: mabench-eval leaderboard RUN --add",
        )
    if without_samples:
        print_line(f"{without_samples} entries have no samples: their scores were not recomputed")

    document = leaderboard_document(options.dir, ())
    table, page = options.dir / MARKDOWN_FILE, options.dir / HTML_FILE
    if not table.is_file() or table.read_bytes() != markdown_page(document).encode():
        raise InputError(f"{table} is not what its entries give", hint="Write it anew: mabench-eval leaderboard")
    if page.is_file() and page.read_bytes() != leaderboard_page(document).encode():  # no page: none is wanted
        raise InputError(f"{page} is not what its entries give", hint="Write it anew: mabench-eval leaderboard --html")
    print_line(f"{table} is up to date")
    return DONE
