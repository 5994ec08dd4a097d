"""Show how far the runs below a folder are, from their journals alone: nothing is locked or written.

Rate: of the last 5 minutes or 100 answers, whichever is longer; time left: of the answering.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.console import clear_terminal, print_json, print_line, print_out, print_table
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import JSON, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.runs import BatchStatus, RunStatus

OPTIONS = (
    Option(
        "dir DIR",
        "where runs write to, as in --output, or the folder of one run (default: results)",
        type=Path,
        nargs="?",
        default=Path("results"),
    ),
    Option(
        "--watch SECONDS", "refresh every so many seconds (default: 5) until Ctrl-C", type=float, nargs="?", const=5.0
    ),
    JSON,
)
HEADER = ("Model", "Run", "State", "Answered", "Judged", "Err", "Retries", "A/min", "Left", "Cost", "Last")
BATCH_HEADER = ("Run", "Batch", "Of", "State", "Answered", "Failed", "Sent", "News")
TEXT_COLUMNS = 3
KEYS = 2
"""A run is told by its model and its id."""
UNKNOWN, NOTHING = "?", "-"
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def run(options: Namespace) -> int:
    """Print the runs, once or until Ctrl-C; 0 unless there is no such folder."""
    from mabench_eval.runs import read_status

    if options.watch is None:
        _print(options.dir, read_status(options.dir), as_json=options.json)
        return DONE
    if options.json or options.watch <= 0:
        raise InputError("--watch SECONDS: more than 0, and not with --json, which is one document")

    try:
        while True:
            runs = read_status(options.dir)
            clear_terminal()
            _print(options.dir, runs, as_json=False)
            sys.stdout.flush()
            time.sleep(options.watch)
    except KeyboardInterrupt:
        return DONE


def _print(folder: Path, runs: Sequence[RunStatus], *, as_json: bool) -> None:
    from dataclasses import asdict

    from mabench_eval.runs import builds_below

    if as_json:
        print_json([{**asdict(run), "folder": str(run.folder)} for run in runs])
    elif runs:
        now = time.time()
        print_table(HEADER, [cells(run, now) for run in runs], text_columns=TEXT_COLUMNS, keys=KEYS)
        under_way = [(run, batch) for run in runs for batch in run.batches]
        if under_way:
            print_out("Batches under way, as seen last; the run's command fetches the answers:")
            rows = [batch_cells(run, batch, now) for run, batch in under_way]
            print_table(BATCH_HEADER, rows, text_columns=4, keys=2)
        for run in runs:
            if run.batch_problem:
                print_line(run.batch_problem)
        for damaged in (run for run in runs if run.dropped):
            print_line(f"{damaged.folder}: {damaged.dropped} damaged lines of its journal count as missing")
    else:
        print_out(f"no runs below {folder}")
    for build in builds_below(folder):
        print_line(f"{build}: a benchmark under construction, no run; where it stands: mabench-eval build {build}")


def cells(run: RunStatus, now: float) -> list[str]:
    """A row of the table; ``now`` in seconds since 1970."""
    total = UNKNOWN if run.total is None else str(run.total)
    shared = run.judgments is None or run.state == "done"  # equal answers share a score: the most is not reached
    return [
        run.name or run.model,
        run.run_id,
        run.state,
        f"{run.answered}/{total}",
        str(run.judged) if shared else f"{run.judged}/{run.judgments}",
        str(run.errors),
        str(run.retries),
        NOTHING if run.rate is None else _rate(run.rate),
        NOTHING if run.seconds_left is None else span(run.seconds_left),
        NOTHING if run.cost_usd is None else f"${run.cost_usd:.2f}",
        NOTHING if run.last_activity is None else span(max(0.0, now - run.last_activity)),
    ]


def batch_cells(run: RunStatus, batch: BatchStatus, now: float) -> list[str]:
    """A row of the table of batches; ``now`` in seconds since 1970."""
    return [
        run.run_id,
        batch.batch or UNKNOWN,
        batch.role or run.name or run.model,
        batch.state,
        f"{batch.answered}/{batch.total}",
        str(batch.failed),
        f"{span(max(0.0, now - batch.made))} ago",
        NOTHING if batch.seen is None else f"{span(max(0.0, now - batch.seen))} ago",
    ]


def _rate(value: float) -> str:
    """In at most five characters: ``0.123``, ``9.87``, ``1234``, ``123k``."""
    if value >= 10_000:
        return f"{value / 1000:.0f}k"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def span(seconds: float) -> str:
    """A time in one or two units: ``12 s``, ``7 min``, ``3 h 20``, ``2 d 4``."""
    place = next((place for place, (unit, _) in enumerate(UNITS) if seconds >= unit), len(UNITS) - 1)
    unit, name = UNITS[place]
    whole, rest = divmod(int(seconds), unit)
    smaller = rest // UNITS[place + 1][0] if name in "dh" else 0
    return f"{whole} {name} {smaller}" if smaller else f"{whole} {name}"
