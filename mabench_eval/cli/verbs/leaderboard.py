"""Write the leaderboard: the paper's rows and your runs in one page."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_file, output_folder
from mabench_eval.cli.question_file import read_questions
from mabench_eval.cli.shared_options import JSON, Group, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.benchmark import Benchmark
    from mabench_eval.leaderboard import OwnRun

MOST_PROBLEMS = 30
"""Lines of a message: one screen."""
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
    Option("--csv FILE", "also write the rows, a line a method, with intervals and ranks", type=output_file),
    Option(
        "--check",
        "write nothing; fail when anything in an entry does not follow from its samples, its settings and its "
        "benchmark, or the table, or an index.html that exists, is stale",
    ),
    Group(
        "recompute an entry, by who has the answers",
        Option(
            "--predictions FILE",
            "with --check: read the model's words again (samples.jsonl of the run, or its prediction file), compare "
            "them with the answers of --data, and what comes of it with the entry; nothing is published",
            type=Path,
        ),
        Option("--data LABELLED", "the questions with their answers; `demo` for the demo"),
        Option("--row NAME", "the entry: its file, run id or name; needed where several are of these data"),
        Option("--verified", "mark the entry as verified when it follows; the mark is lost when the entry changes"),
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

    if options.check and (options.predictions or options.data or options.row or options.verified):
        return _recompute(options)
    if options.check:
        return _check(options)
    if options.predictions or options.data or options.row or options.verified:
        raise InputError("--predictions, --data, --row and --verified go with --check")

    output_folder(str(options.dir))  # --check writes nothing into it
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

    checked = check_entries(options.dir)
    if checked.problems:
        raise InputError(
            f"{options.dir}/entries: {len(checked.problems)} claims do not follow",
            problems=checked.problems[:MOST_PROBLEMS],
            hint="Write the entry anew from its run: mabench-eval leaderboard RUN --add",
        )
    for note in checked.notes:
        print_line(note)

    document = leaderboard_document(options.dir, ())
    table, page = options.dir / MARKDOWN_FILE, options.dir / HTML_FILE
    if not table.is_file() or table.read_bytes() != markdown_page(document).encode():
        raise InputError(f"{table} is not what its entries give", hint="Write it anew: mabench-eval leaderboard")
    if page.is_file() and page.read_bytes() != leaderboard_page(document).encode():  # no page: none is wanted
        raise InputError(f"{page} is not what its entries give", hint="Write it anew: mabench-eval leaderboard --html")
    print_line(f"{table} is up to date")
    return DONE


def _recompute(options: Namespace) -> int:
    """Recompute one entry from its model's words. Raises InputError for everything that does not follow."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.leaderboard import load_runs, write_mark
    from mabench_eval.runs import read_words, recompute

    if options.runs or options.add or options.html or options.csv:
        raise InputError("--check recomputes one committed entry; leave out RUN, --add, --html and --csv")
    if not (options.predictions and options.data):
        raise InputError("--check --predictions FILE --data LABELLED: the model's words, and the answers")

    catalogue = load_catalogue().check()
    benchmark = read_questions(options.data, catalogue.tasks)
    entry = _row(load_runs(options.dir, ()), benchmark, options.row)
    mark = recompute(entry, read_words(options.predictions), benchmark, catalogue.tasks)

    print_line(
        f"{entry.file}: {mark.answers:,} answers read again: the accuracies of {', '.join(mark.accuracies)} follow"
    )
    if mark.levels:
        print_line(f"levels of {', '.join(mark.levels)}: averaged again from the judge's scores, and not judged anew")
    if options.verified:
        print_line(f"marked in {write_mark(options.dir, entry.entry.run, mark)}")
        print_line("write the pages anew: mabench-eval leaderboard --html")
    return DONE


def _row(runs: Sequence[OwnRun], benchmark: Benchmark, name: str | None) -> OwnRun:
    """The entry that is meant. Raises InputError where it is none, or could be several."""
    if name is None:
        found = [run for run in runs if run.entry.benchmark.sha256 == benchmark.sha256]
        wanted = f"of {benchmark.file}"
    else:
        found = [
            run for run in runs if name in (str(run.file), run.file and run.file.name, run.entry.run, run.entry.name)
        ]
        wanted = f"called {name}"
    if len(found) != 1:
        raise InputError(
            f"--check --predictions: {len(found) or 'no'} entries {wanted}",
            problems=[f"{run.entry.run} {run.entry.name}" for run in found or runs],
            hint="Name one: --row RUN-ID",
        )
    return found[0]
