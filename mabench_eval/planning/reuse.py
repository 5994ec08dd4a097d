"""What a run has already: answers in its own journal and in those of other runs of the same model, and their cost."""

from __future__ import annotations

from typing import Any

from mabench_eval.journal import FILE, Budget, Journal, Records, read_journal
from mabench_eval.planning.plan import PlannedClip
from mabench_eval.planning.run import Run


def copy_records(run: Run, journal: Journal) -> None:
    """Copy answers and judgments that other runs of this model have (a smaller --limit, fewer tasks).

    Nothing is asked twice, and the journal of a run holds all it depends on: its folder can be kept alone.
    """
    for record in sibling_records(run, journal.records):
        journal.append(**record)


def sibling_records(run: Run, known: Records) -> list[dict[str, Any]]:
    """Records of wanted answers, and of judgments, that are not known here but in another run of the same model."""
    wanted = {request.key for request in run.plan.requests} - known.answers.keys()
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(run.folder.parent.glob(f"*/{FILE}")):
        if path.parent != run.folder and wanted:
            other = read_journal(path.parent)
            copied = {key: other.answers[key] for key in wanted & other.answers.keys()}
            if copied:  # with answers of ours, its judgments are of ours too; their keys say so when they are looked up
                copied |= {key: record for key, record in other.judgments.items() if key not in known.judgments}
            found |= {key: {"copied_from": path.parent.name, **record} for key, record in copied.items()}
            wanted -= other.answers.keys()
    return list(found.values())


def remaining_budget(run: Run, records: Records) -> Budget:
    """What the run may cost, less what it has cost."""
    budget = Budget(run.config.max_cost)
    prices = {judge.name: judge.price for judge in run.judging.judges}
    for record in records.answers.values():
        budget.spend(run.engine.price, record)
    for record in records.judgments.values():
        budget.spend(prices.get(record.get("judge", "")), record)
    return budget


def unanswered_clips(run: Run, records: Records) -> list[PlannedClip]:
    """The clips with the requests that have no answer."""
    left = []
    for planned in run.plan.clips:
        requests = tuple(request for request in planned.requests if request.key not in records.answers)
        if requests:
            left.append(PlannedClip(planned.clip, requests))
    return left
