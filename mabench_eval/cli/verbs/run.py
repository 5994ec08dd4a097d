"""Evaluate a model. The same command again asks only what is missing."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line, print_out, print_table
from mabench_eval.cli.exit_codes import DONE, INTERRUPTED
from mabench_eval.cli.question_file import print_note
from mabench_eval.cli.run_options import OPTIONS, configs_of

if TYPE_CHECKING:
    from mabench_eval.cli.progress import RunProgress
    from mabench_eval.planning import Run
    from mabench_eval.runs import Result

__all__ = ["OPTIONS", "run"]


def run(options: Namespace) -> int:
    """Evaluate, print the table; 0 when done, 3 when incomplete, 130 when interrupted."""
    from mabench_eval.cli.scores import result_json
    from mabench_eval.planning import prepare
    from mabench_eval.tables import sweep_rows

    prepared_runs = [prepare(config) for config in configs_of(options)]  # nothing runs before all can
    print_note(prepared_runs[0].benchmark)
    if len(prepared_runs) == 1:
        return _run_one(prepared_runs[0], options)

    codes: list[int] = []
    sweep: dict[int, Result] = {}
    for prepared in prepared_runs:
        print_line(f"--- {prepared.config.frames} frames")
        codes.append(_run_one(prepared, options, sweep))
        if codes[-1] == INTERRUPTED:
            return INTERRUPTED
    if sweep and options.json:
        print_json([result_json(result) for result in sweep.values()])
    elif sweep:
        print_table(*sweep_rows({frames: result.scores for frames, result in sweep.items()}))
    return max(codes)


def _run_one(prepared: Run, options: Namespace, sweep: dict[int, Result] | None = None) -> int:
    """One run; ``sweep`` takes its result, by frames, instead of the terminal."""
    import signal

    from mabench_eval.cli.progress import make_progress
    from mabench_eval.cli.scores import print_next_steps, print_result
    from mabench_eval.evaluator import execute
    from mabench_eval.tables import usage

    of_judges = [warning for judge in prepared.judging.judges for warning in judge.warnings()]
    for warning in dict.fromkeys([*prepared.catalogue.warnings, *prepared.engine.warnings(), *of_judges]):
        print_line(f"warning: {warning}")
    if options.dry_run:
        return _print_forecast(prepared, as_json=options.json)

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop is as clean as Ctrl-C
    progress = make_progress()
    try:
        with progress:
            result = execute(prepared, progress)
    except KeyboardInterrupt:
        return _print_interruption(prepared, progress)

    if sweep is None:
        print_result(result, as_json=options.json)
    else:
        sweep[prepared.config.frames] = result
    for line in usage(result.record.totals, prepared.identity["model"].get("model_id")):
        print_line(line)
    return print_next_steps(result)


def _print_forecast(prepared: Run, *, as_json: bool) -> int:
    """What ``--dry-run`` shows."""
    from dataclasses import asdict

    from mabench_eval.planning import forecast_run

    forecast = forecast_run(prepared)
    if as_json:
        print_json(asdict(forecast))
        return DONE

    print_table(["Task", "Questions"], [[task, str(count)] for task, count in forecast.questions.items()])
    to_ask = forecast.requests - forecast.answered
    print_out(f"{forecast.requests} requests, {forecast.answered} already answered, {to_ask} to ask")
    print_out(
        f"{forecast.clips} clips to decode" if prepared.sampling else "the model sees no frames: no clip is opened"
    )
    if forecast.prompt_tokens is not None:
        price = "price not known" if forecast.cost_usd is None else f"at most ${forecast.cost_usd:.2f}"
        print_out(f"{forecast.images} images, about {forecast.prompt_tokens:,} prompt tokens; {price}")
    for judge, judging in forecast.judgments.items():
        price = "" if judging.cost_usd is None else f", at most ${judging.cost_usd:.2f}"
        print_out(f"{judging.answers} open answers to judge by {judge}{price}")
    print_out(f"results would go to {forecast.folder}")
    return DONE


def _print_interruption(prepared: Run, progress: RunProgress) -> int:
    """How far the run has come, and the command that continues it."""
    from mabench_eval.runs import command

    stages = " and ".join(progress.stages) or "starting"
    done = ", ".join(f"{stage.done} of {stage.total} ({name})" for name, stage in progress.stages.items())
    print_line()
    print_line(f"Interrupted while {stages}; in the journal: {done or 'nothing yet'}.")
    print_line(f"Continue with: {command(prepared.config)}")
    return INTERRUPTED
