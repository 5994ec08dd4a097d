"""What a run has already: answers in its own journal and in those of other runs of the same model, and their cost."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mabench_eval.journal import FILE, MODEL, Budget, Journal, Records, read_journal
from mabench_eval.planning.plan import PlannedClip
from mabench_eval.planning.run import Run

SHOWN = 3
"""Sources of answers that a line names."""


def take_over(run: Run, journal: Journal) -> str | None:
    """Copy answers and judgments that other runs of this model have (a smaller --limit, fewer tasks).

    Nothing is asked twice, and the journal of a run holds all it depends on: its folder can be kept alone. Returns a
    line that says how many answers need not be asked for and where they are from; None where all are to be asked.
    """
    wanted = {request.key for request in run.plan.requests}
    own = len(wanted & journal.records.answers.keys())
    others: Counter[str] = Counter()
    for record in sibling_records(run, journal.records):
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


def sibling_records(run: Run, known: Records) -> list[dict[str, Any]]:
    """Records of wanted answers, and of judgments, that are not known here but in another run of the same model.

    Where several runs have an answer it is the newest one, which after ``--fresh`` may differ from the others.
    """
    wanted = {request.key for request in run.plan.requests} - known.answers.keys()
    if run.config.fresh or not wanted:
        return []
    newest: dict[str, dict[str, Any]] = {}
    for path in sorted(run.folder.parent.glob(f"*/{FILE}")):
        if path.parent == run.folder:
            continue
        other = read_journal(path.parent)
        records = {key: other.answers[key] for key in wanted & other.answers.keys()}
        if records:  # with answers of ours, its judgments are of ours too; their keys say so when they are looked up
            records |= {key: record for key, record in other.judgments.items() if key not in known.judgments}
        for key, record in records.items():
            if key not in newest or record["at"] > newest[key]["at"]:
                newest[key] = {"copied_from": path.parent.name, **record}
    return list(newest.values())


def remaining_budget(run: Run, records: Records) -> Budget:
    """What the run may cost, less what it has cost: answers, scores, and tries that failed."""
    budget = Budget(run.config.max_cost)
    prices = {MODEL: run.engine.price, **run.judging.prices}
    requests = {request.key: request for request in run.plan.requests}
    frames = run.sampling.count if run.sampling else 0
    for record in (*records.answers.values(), *records.judgments.values(), *records.failed.values()):
        if price := prices.get(record.get("judge", MODEL)):
            budget.spend(price.of(record))

    # Versions before this one noted nothing of answers without usage.
    for key, record in records.answers.items():
        told = {"prompt_tokens", "output_tokens", "unmetered_usd"} & record.keys()
        if not told and run.engine.price and key in requests:
            budget.spend(run.engine.most_usd(requests[key], frames))
    return budget


def unanswered_clips(run: Run, records: Records) -> list[PlannedClip]:
    """The clips that have requests without an answer, with those requests."""
    clips = []
    for planned in run.plan.clips:
        requests = tuple(request for request in planned.requests if request.key not in records.answers)
        if requests:
            clips.append(PlannedClip(planned.clip, requests))
    return clips
