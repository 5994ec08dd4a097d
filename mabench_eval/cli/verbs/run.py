"""Evaluate a model. The same command again asks only what is missing."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line, print_out, print_problems, print_table
from mabench_eval.cli.exit_codes import DONE, INTERRUPTED
from mabench_eval.cli.question_file import print_note
from mabench_eval.cli.run_commands import parse_run as parse
from mabench_eval.cli.run_commands import write_run_file
from mabench_eval.cli.run_options import OPTIONS, Sweep, sweep_of
from mabench_eval.cli.several_models import run_several

if TYPE_CHECKING:
    from mabench_eval.cli.progress import RunProgress
    from mabench_eval.planning import BatchForecast, Run
    from mabench_eval.runs import Result

__all__ = ["OPTIONS", "parse", "run"]
SHOWN_BATCHES = 3
"""Of those that go on after Ctrl-C."""
AVERAGES = ("closed AVG", "open AVG", "final")
"""Figures whose gain is told below a table of several runs."""


def run(options: Namespace) -> int:
    """Evaluate, print the table; 0 when done, 3 when incomplete, 130 when interrupted."""
    if options.write_config:
        write_run_file(options)
        return DONE
    if len(options.commands) > 1 and not options.dry_run:
        return run_several(options.commands)

    codes = [_run_sweep(each) for each in options.commands]
    return max(codes)


def _run_sweep(options: Namespace) -> int:
    """The runs of one model."""
    from mabench_eval.cli.scores import result_json
    from mabench_eval.planning import prepare

    sweep = sweep_of(options)
    prepared_runs = {
        name: prepare(config, dry_run=options.dry_run) for name, config in sweep.configs.items()
    }  # nothing runs before all can
    print_note(next(iter(prepared_runs.values())).benchmark)
    if len(prepared_runs) == 1:
        (prepared,) = prepared_runs.values()
        return _run_one(prepared, options)

    codes: list[int] = []
    results: dict[str, Result] = {}
    for name, prepared in prepared_runs.items():
        print_line(f"--- {sweep.column}: {name}")
        codes.append(_run_one(prepared, options, partial(results.__setitem__, name)))
        if codes[-1] == INTERRUPTED:
            return INTERRUPTED
    if results and options.json:
        print_json([result_json(result) for result in results.values()])
    elif results:
        _print_sweep(sweep, results)
    return max(codes)


def _print_sweep(sweep: Sweep, results: Mapping[str, Result]) -> None:
    """The table of all runs, and what each gains on the first, with its paired interval."""
    from mabench_eval.cli.scores import TABLE2_BREAKS
    from mabench_eval.runs import DIFFERENCE_HEADER, compare, difference_cells
    from mabench_eval.tables import sweep_rows

    rows_of_table2 = sweep_rows(sweep.column, {name: result.scores for name, result in results.items()}, sweep.base)
    print_table(*rows_of_table2, breaks=TABLE2_BREAKS)
    if sweep.base not in results or not all(result.scores.benchmark.labelled for result in results.values()):
        return
    others = [name for name in results if name != sweep.base]
    pairs = compare([results[name].folder for name in (sweep.base, *others)])[: len(others)]
    rows = [
        [f"{name} - {sweep.base}", row.figure, *difference_cells(row)[3:6]]
        for name, pair in zip(others, pairs, strict=True)
        for row in pair.differences
        if row.figure in AVERAGES
    ]
    if rows:  # none of the averages, where only some tasks were asked
        print_table([sweep.column, "", *DIFFERENCE_HEADER[3:6]], rows, text_columns=2)


def _run_one(prepared: Run, options: Namespace, take: Callable[[Result], object] | None = None) -> int:
    """One run; its scores are printed, or given to ``take``."""
    import signal

    from mabench_eval.cli.progress import make_progress
    from mabench_eval.cli.scores import print_next_steps, print_result
    from mabench_eval.evaluator import execute
    from mabench_eval.planning import batch_warnings
    from mabench_eval.tables import usage

    of_judges = [warning for judge in prepared.judging.judges for warning in judge.warnings()]
    of_corpus = prepared.trained_on.warnings(prepared.config.frames) if prepared.trained_on else []
    of_batches = batch_warnings(prepared)
    every = [*prepared.catalogue.warnings, *prepared.engine.warnings(), *of_corpus, *of_judges, *of_batches]
    for warning in dict.fromkeys(every):
        print_line(f"warning: {warning}")
    if prepared.left_out:
        print_line(f"warning: clips left out, whose files cannot be used: {len(prepared.left_out)}")
        print_problems(prepared.left_out)
    if options.dry_run:
        return _print_forecast(prepared, as_json=options.json)

    print_line(_opening(prepared))
    print_line(f"folder: {prepared.folder}")  # a line of its own: paths are long
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop is as clean as Ctrl-C
    progress = make_progress()
    try:
        with progress:
            result = execute(prepared, progress)
    except KeyboardInterrupt:
        return _print_interruption(prepared, progress)

    if take is None:
        print_result(result, as_json=options.json)
    else:
        take(result)
    for line in usage(result.record.totals, prepared.identity["model"].get("model_id")):
        print_line(line)
    return print_next_steps(result)


def _opening(prepared: Run) -> str:
    """What will be done, in a line: who is asked what, and who judges."""
    questions = prepared.plan.questions
    clips = len({question.clip for question in questions})
    judges = ", ".join(judge.name for judge in prepared.judging.judges) or "none"
    model = f"{prepared.config.name}: {prepared.name}" if prepared.config.name else prepared.name
    return f"{model} on {prepared.benchmark.name}: {clips:,} clips, {len(questions):,} questions; judge: {judges}"


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
    if forecast.under_way:
        print_out(f"  {forecast.under_way} of them are with batches that are under way")
    if prepared.sampling:
        print_out(f"{forecast.clips} clips to open" + (f"; sent as {forecast.sending}" if forecast.sending else ""))
    else:
        print_out("the model sees no frames: no clip is opened")
    if forecast.prompt_tokens is not None:
        price = "price not known" if forecast.cost_usd is None else f"at most ${forecast.cost_usd:.2f}"
        print_out(f"{forecast.images} images, about {forecast.prompt_tokens:,} prompt tokens; {price}")
    if forecast.batches:
        print_out(_batches_line(forecast.batches))
    for judge, judging in forecast.judgments.items():
        price = "" if judging.cost_usd is None else f", at most ${judging.cost_usd:.2f}"
        print_out(f"{judging.answers} open answers to judge by {judge}{price}")
        if judging.batches:
            print_out(_batches_line(judging.batches))
    print_out(f"results would go to {forecast.folder}")
    return DONE


def _batches_line(batches: BatchForecast) -> str:
    """What ``--batch`` would come to."""
    price = "" if batches.cost_usd is None else f": at most ${batches.cost_usd:.2f}"
    files = "" if batches.files is None else f", in about {batches.files} {'file' if batches.files == 1 else 'files'}"
    return f"  with --batch{price}{files}, within a day as a rule"


def _print_interruption(prepared: Run, progress: RunProgress) -> int:
    """How far the run has come, and the command that continues it."""
    from mabench_eval.journal import read_batches
    from mabench_eval.runs import command

    stages = " and ".join(progress.stages) or "starting"
    done = ", ".join(f"{stage.done} of {stage.total} ({name})" for name, stage in progress.stages.items())
    print_line()
    print_line(f"Interrupted while {stages}; in the journal: {done or 'nothing yet'}.")
    if batches := [record for record in read_batches(prepared.folder) if not record.over]:
        names = ", ".join(record.batch or "one that is being made" for record in batches[:SHOWN_BATCHES])
        more = f" and {len(batches) - SHOWN_BATCHES} more" if len(batches) > SHOWN_BATCHES else ""
        print_line(f"Batches go on and are paid for: {names}{more}. The command below fetches what they answer.")
    print_line(f"Continue with: {command(prepared.config)}")
    return INTERRUPTED
