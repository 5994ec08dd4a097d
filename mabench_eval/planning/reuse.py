"""What a run has already: answers in its own journal and in those of other runs of the same model, and their cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from mabench_eval.errors import JournalError
from mabench_eval.journal import FILE, MODEL, Budget, Journal, Records, RecordTable, read_journal
from mabench_eval.planning.plan import PlannedClip
from mabench_eval.planning.run import Run

SHOWN = 3
"""Sources of answers that a line names."""


def _quiet(line: str) -> None:
    """Drop the line."""


def take_over(run: Run, journal: Journal, note: Callable[[str], None] = _quiet) -> str | None:
    """Copy answers and judgments that other runs of this model have (a smaller --limit, fewer tasks).

    Nothing is asked twice, and the journal of a run holds all it depends on: its folder can be kept alone. Returns a
    line that says how many answers need not be asked for and where they are from; None where all are to be asked.
    ``note`` takes a line for each journal that cannot be read, or not all of it.
    """
    wanted = {request.key for request in run.plan.requests}
    own = len(wanted & journal.records.answers.keys())
    others: Counter[str] = Counter()
    for record in sibling_records(run, journal.records, note):
        journal.append(**record)
        others[record["copied_from"]] += record["kind"] == "answer"

    if not own + others.total():
        return None
    sources = [f"{own} from this run's journal"] if own else []
    sources += [
        f"{count} from {name}" for name, count in sorted((+others).items(), key=lambda item: (-item[1], item[0]))
    ]
    if len(sources) > SHOWN:
        sources = [*sources[:SHOWN], f"the others from {len(sources) - SHOWN} more runs"]
    return f"{own + others.total()} of {len(wanted)} answers are taken over: {', '.join(sources)}"


def sibling_records(run: Run, known: Records, note: Callable[[str], None] = _quiet) -> Iterator[dict[str, Any]]:
    """Records of wanted answers, and of judgments, that are not known here but in another run of the same model.

    Where several runs have an answer it is the newest one, which after ``--fresh`` may differ from the others.
    ``note`` takes a line for each that cannot be read.
    """
    wanted = {request.key for request in run.plan.requests} - known.answers.keys()
    if run.config.fresh or not wanted:
        return
    newest: dict[str, tuple[str, RecordTable]] = {}
    for path in sorted(run.folder.parent.glob(f"*/{FILE}")):
        if path.parent == run.folder:
            continue
        try:
            other = read_journal(path.parent)
        except JournalError as error:
            note(error.message)
            continue
        found = dict.fromkeys(wanted & other.answers.keys(), other.answers)
        if found:  # with answers of ours, its judgments are of ours too; their keys say so when they are looked up
            found |= {key: other.judgments for key in other.judgments if key not in known.judgments}
            for line in other.warnings:
                note(line)
        for key, table in found.items():
            if key not in newest or table[key]["at"] > newest[key][1][key]["at"]:
                newest[key] = (path.parent.name, table)
    for key, (name, table) in newest.items():
        yield {"copied_from": name, **table[key]}


def remaining_budget(run: Run, records: Records) -> Budget:
    """What the run may cost, less what it has cost: answers, scores, and tries that failed."""
    budget = Budget(run.config.max_cost)
    prices = {name: price for name, price in {MODEL: run.engine.price, **run.judging.prices}.items() if price}
    if not prices:
        return budget
    requests = {request.key: request for request in run.plan.requests}
    media = run.sampling.media if run.sampling else 0
    for record in chain(records.answers.values(), records.judgments.values(), records.failed.values()):
        if price := prices.get(record.get("judge", MODEL)):
            budget.spend(price.of(record))

        # Versions before this one noted nothing of answers without usage.
        told = {"prompt_tokens", "output_tokens", "unmetered_usd"} & record.keys()
        if MODEL in prices and record.get("kind") == "answer" and not told and record["key"] in requests:
            budget.spend(run.engine.most_usd(requests[record["key"]], media))
    return budget


def unanswered_clips(run: Run, records: Records) -> list[PlannedClip]:
    """The clips that have requests without an answer, with those requests."""
    clips = []
    for planned in run.plan.clips:
        requests = tuple(request for request in planned.requests if request.key not in records.answers)
        if requests:
            clips.append(PlannedClip(planned.clip, requests))
    return clips
