"""Batches of a run: who is asked by them, and which of another run it may wait for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from mabench_eval.engines import BatchPlace
from mabench_eval.errors import JournalError
from mabench_eval.journal import MODEL, Records, adopt_batches, read_batches, set_batches_aside
from mabench_eval.planning.run import Run


def batch_warnings(run: Run) -> list[str]:
    """Who is asked one by one though there are to be batches, a line each."""
    engine, judges = run.engine, run.judging.judges
    asked = [(f"model {run.card.name!r}", engine.batch_price, engine.remote)]
    asked += [(f"judge {judge.name!r}", judge.batch_price, judge.price is not None) for judge in judges]
    return [
        f"--batch: {who} is asked one by one: no batches of its endpoint are known"
        for who, batch_price, costs in asked
        if run.config.batch and costs and batch_price is None
    ]


def use_batches(run: Run, records: Records, note: Callable[[str], None]) -> None:
    """Tell model and judges of a run where their batches are noted.

    Those under way are waited for without ``--batch`` too, since they are paid for; so are those of other runs of this
    model, where they hold requests that this run has no answer to. Raises JournalError.
    """
    if run.config.fresh:
        kept = set_batches_aside(run.folder)
        left = sum(not record.over for record in read_batches(run.folder, kept.name)) if kept else 0
        if left:
            note(f"earlier batches under way, {left}, are not waited for any more: {kept} says which")
    else:
        wanted = {request.key for request in run.plan.requests} - records.answers.keys()
        others = [path for path in sorted(run.folder.parent.glob("*/batches")) if path.parent != run.folder]
        for folder in others if wanted else ():
            _adopt(folder.parent, run.folder, wanted, note)

    run.engine.batches = BatchPlace(run.folder, MODEL, run.config.batch)
    for judge in run.judging.judges:
        judge.use_batches(run.folder, submit=run.config.batch)


def _adopt(source: Path, target: Path, wanted: Collection[str], note: Callable[[str], None]) -> None:
    try:
        count = adopt_batches(source, target, wanted)
    except JournalError as error:  # of another run: this one goes on without
        note(error.message)
        return
    if count:
        note(f"{count} questions are in batches of {source.name}, and their answers are waited for")
