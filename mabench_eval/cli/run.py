"""``mabench-eval run``: the main job."""

from __future__ import annotations

import signal
from argparse import Namespace
from dataclasses import asdict

from mabench_eval.cli.console import RunProgress, make_progress, print_json, print_line, print_table, terminal_width
from mabench_eval.cli.options import config_of
from mabench_eval.config import RunConfig
from mabench_eval.preflight import Run, prepare
from mabench_eval.results import Result, command
from mabench_eval.run import execute, forecast
from mabench_eval.tables import HEADERS, detail_rows, insights, notes, table2_cells, usage
from mabench_eval.types import Json

WIDE = 118
"""Columns that the fourteen columns of Table 2 need beside the model's name."""


def run(options: Namespace) -> int:
    """Evaluate, print the table; 0 when done, 3 when incomplete, 130 when interrupted."""
    prepared = prepare(config_of(options))
    for warning in (*prepared.catalogue.warnings, *prepared.engine.warnings()):
        print_line(f"warning: {warning}")
    if options.dry_run:
        return _print_forecast(prepared, options.json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop is as clean as Ctrl-C
    progress = make_progress()
    try:
        result = execute(prepared, progress)
    except KeyboardInterrupt:
        progress.close()
        return _interrupted(prepared, progress)
    finally:
        progress.close()
    print_json({"folder": str(result.folder), **result.scores}) if options.json else print_scores(result.scores)
    for line in usage(result.totals, prepared.engine.identity.get("model_id")):
        print_line(line)
    return _ending(result, prepared.config)


def print_scores(scores: Json) -> None:
    """The table in the paper's shape, and what stands behind it, on stdout."""
    name, cells = scores["model"], table2_cells(scores)
    if terminal_width() >= WIDE + len(name):
        print_table(["Method", *HEADERS], [[name, *cells]])
    else:
        print_table(["Method", *HEADERS[:7]], [[name, *cells[:7]]])
        print_table(["Method", *HEADERS[7:]], [[name, *cells[7:]]])
    print_table(*detail_rows(scores))
    for line in [*insights(scores), *notes(scores)]:
        print(line)


def _print_forecast(prepared: Run, as_json: bool) -> int:
    found = forecast(prepared)
    if as_json:
        print_json(asdict(found))
        return 0
    print_table(["Task", "Questions"], [[task, str(count)] for task, count in found.questions.items()])
    print(f"{found.requests} requests, {found.answered} already answered, {found.requests - found.answered} to ask")
    print(f"{found.clips} clips to decode" if prepared.sampling else "the model does not look: no clip is opened")
    if found.prompt_tokens is not None:
        price = "price not known" if found.cost_usd is None else f"at most ${found.cost_usd:.2f}"
        print(f"{found.images} images, about {found.prompt_tokens:,} prompt tokens; {price}")
    print(f"results would go to {found.folder}")
    return 0


def _interrupted(prepared: Run, progress: RunProgress) -> int:
    stage = progress.name or "starting"
    print_line(f"\nInterrupted while {stage}; {progress.done} of {progress.total} are in the journal.")
    print_line(f"Go on with: {command(prepared.config)}")
    return 130


def _ending(result: Result, config: RunConfig) -> int:
    print_line(f"results: {result.folder}")
    if result.complete:
        return 0
    print_line(f"The run is incomplete. Ask again what is missing: {command(config)}")
    return 3
