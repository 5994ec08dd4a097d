"""``mabench-eval run``: the main job."""

from __future__ import annotations

import shlex
import signal
from argparse import Namespace
from dataclasses import asdict
from typing import Any

from mabench_eval.cli.console import RunProgress, make_progress, print_json, print_line, print_table, terminal_width
from mabench_eval.cli.options import configs_of
from mabench_eval.evaluator import execute
from mabench_eval.planning import Run, forecast_run, judge_words, prepare
from mabench_eval.runfiles import RunScores
from mabench_eval.runs import Result, command
from mabench_eval.tables import (
    HEADERS,
    agreement_rows,
    circular_rows,
    detail_rows,
    flag_rows,
    insights,
    judging_usage,
    label_lines,
    letter_rows,
    notes,
    open_rows,
    repeat_lines,
    sweep_rows,
    table2_cells,
    usage,
)
from mabench_eval.types import Outcome

INTERRUPTED = 130
WIDE = 118
"""Columns that the fourteen columns of Table 2 need beside the model's name."""


def run(options: Namespace) -> int:
    """Evaluate, print the table; 0 when done, 3 when incomplete, 130 when interrupted."""
    prepared = [prepare(config) for config in configs_of(options)]  # nothing runs before all can
    if len(prepared) == 1:
        return _one(prepared[0], options)
    codes: list[int] = []
    sweep: dict[int, Result] = {}
    for each in prepared:
        print_line(f"--- {each.config.frames} frames")
        codes.append(_one(each, options, sweep))
        if codes[-1] == INTERRUPTED:
            return INTERRUPTED
    if sweep and options.json:
        print_json([result_json(result) for result in sweep.values()])
    elif sweep:
        print_table(*sweep_rows({frames: result.scores for frames, result in sweep.items()}))
    return max(codes)


def _one(prepared: Run, options: Namespace, sweep: dict[int, Result] | None = None) -> int:
    """One run; ``sweep`` takes its result, by frames, instead of the terminal."""
    of_judges = [warning for judge in prepared.judging.judges for warning in judge.warnings()]
    for warning in dict.fromkeys([*prepared.catalogue.warnings, *prepared.engine.warnings(), *of_judges]):
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
    if sweep is not None:
        sweep[prepared.config.frames] = result
    elif options.json:
        print_json(result_json(result))
    else:
        print_scores(result.scores)
    for line in usage(result.record.totals, prepared.engine.identity.get("model_id")):
        print_line(line)
    return ending(result)


def result_json(result: Result) -> dict[str, Any]:
    """What ``--json`` prints of a run: its folder, and the content of ``scores.json``."""
    return {"folder": str(result.folder), **result.scores.to_json()}


def print_scores(scores: RunScores) -> None:
    """The table in the paper's shape, and what stands behind it, on stdout."""
    name, cells = scores.model, table2_cells(scores)
    if terminal_width() >= WIDE + len(name):
        print_table(["Method", *HEADERS], [[name, *cells]])
    else:
        print_table(["Method", *HEADERS[:7]], [[name, *cells[:7]]])
        print_table(["Method", *HEADERS[7:]], [[name, *cells[7:]]])
    print_table(*detail_rows(scores))
    for table in (open_rows(scores), agreement_rows(scores)):
        if table[1]:
            print_table(*table, text_columns=2)
    if scores.flags:
        print_table(*flag_rows(scores))
    if scores.circular:
        print_table(*circular_rows(scores))
        print_table(*letter_rows(scores), text_columns=2)
    for line in [*repeat_lines(scores), *label_lines(scores), *insights(scores), *notes(scores)]:
        print(line)


def _print_forecast(prepared: Run, as_json: bool) -> int:
    found = forecast_run(prepared)
    if as_json:
        print_json(asdict(found))
        return 0
    print_table(["Task", "Questions"], [[task, str(count)] for task, count in found.questions.items()])
    print(f"{found.requests} requests, {found.answered} already answered, {found.requests - found.answered} to ask")
    print(f"{found.clips} clips to decode" if prepared.sampling else "the model does not look: no clip is opened")
    if found.prompt_tokens is not None:
        price = "price not known" if found.cost_usd is None else f"at most ${found.cost_usd:.2f}"
        print(f"{found.images} images, about {found.prompt_tokens:,} prompt tokens; {price}")
    for judge, judging in found.judgments.items():
        price = "" if judging.cost_usd is None else f", at most ${judging.cost_usd:.2f}"
        print(f"{judging.answers} open answers to judge by {judge}{price}")
    print(f"results would go to {found.folder}")
    return 0


def _interrupted(prepared: Run, progress: RunProgress) -> int:
    stages = " and ".join(progress.stages) or "starting"
    done = ", ".join(f"{stage.done} of {stage.total} ({name})" for name, stage in progress.stages.items())
    print_line(f"\nInterrupted while {stages}; in the journal: {done or 'nothing yet'}.")
    print_line(f"Go on with: {command(prepared.config)}")
    return INTERRUPTED


def ending(result: Result) -> int:
    """What the judges cost, where the results are, and what to do about what is missing; 0, or 3 when incomplete."""
    for line in judging_usage(result.record.judging):
        print_line(line)
    print_line(f"results: {result.folder}")
    waiting = sum(sample.outcome is Outcome.ERROR for sample in result.samples)
    if waiting:
        print_line(f"The run is incomplete. Ask again what is missing: {result.record.command}")
    if not waiting and _unjudged(result):
        print_line(f"Judge what is not judged: {judge_command(result)}")
    return 0 if result.complete else 3


def judge_command(result: Result) -> str:
    """The command that judges a run whose open answers are not judged, or not all."""
    config = result.record.config
    judge = "gpt-4o" if config["judge"] == "none" else config["judge"]
    words = ["mabench-eval", "judge", str(result.folder), "--judge", judge, *judge_words(config["judge_settings"])]
    return shlex.join(words)


def _unjudged(result: Result) -> bool:
    """Whether an answer waits for a score."""
    return any(sample.levels is None and sample.error is not None for sample in result.samples)
