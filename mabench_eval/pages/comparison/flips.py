"""The flipped questions: those that one run has right and the other wrong, or scores clearly higher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.browser import Filter, ValueTable, question_browser
from mabench_eval.pages.comparison.data import ComparisonData
from mabench_eval.pages.html import join
from mabench_eval.taxonomy import task_order
from mabench_eval.types import Outcome, Sample

LEVELS_APART = 2
"""Levels by which the sums of an open question differ at least: a judge may well give one more or less by chance."""
FIELDS = ("qid", "task", "clip", "won", "text", "letters", "options", "reference", "first", "second")
"""Of a row, in this order. ``task`` and ``clip`` are indices into lists of the document, ``text`` is an index or null,
``options`` are indices into ``labels``; ``won`` is 1 where the second run is better, else 0."""
ANSWER = ("outcome", "response", "read", "levels", "reasons")
"""Of a run's answer, in this order: index, text, text (true: the response itself), level -> score, judge -> level ->
reason."""


class Flip(NamedTuple):
    """A question on which the runs differ."""

    qid: str
    won: bool
    """Whether the second run is better."""


def find_flips(data: ComparisonData) -> list[Flip]:
    """The flips, in the order of the first run's samples.

    Of repeats the first asking counts, with the options as printed; a question without a score in either run is none.
    """
    flips = []
    for qid, first in data.first.first_samples.items():
        second = data.second.first_samples.get(qid)
        if second is None:
            continue
        if first.correct is not None and second.correct is not None:
            if first.correct != second.correct:
                flips.append(Flip(qid, second.correct))
        elif first.levels and second.levels:
            change = sum(second.levels.values()) - sum(first.levels.values())
            if abs(change) >= LEVELS_APART:
                flips.append(Flip(qid, change > 0))
    return flips


def browser_data(data: ComparisonData, flips: Sequence[Flip]) -> dict[str, Any]:
    """What the list of flips shows, as JSON."""
    tasks, clips, texts, labels = (ValueTable[str]() for _ in range(4))
    outcomes = ValueTable(list(Outcome))
    rows = []
    for qid, won in flips:
        first, second = (run.first_samples[qid] for run in data.runs)
        question = data.questions.get(qid)
        options = question.options if question else {}
        # Both references, where the runs were scored against different ones.
        references = dict.fromkeys(each.reference for each in (first, second) if each.reference is not None)
        rows.append(
            [
                qid,
                tasks.index(first.task),
                clips.index(first.clip),
                int(won),
                texts.index(question.text) if question else None,
                "".join(options),
                [labels.index(option) for option in options.values()],
                list(references),
                _answer(first, outcomes),
                _answer(second, outcomes),
            ]
        )
    return {
        "fields": FIELDS,
        "answer": ANSWER,
        "names": [run.name for run in data.runs],
        "tasks": tasks.values(),
        "clips": clips.values(),
        "outcomes": outcomes.values(),
        "texts": texts.values(),
        "labels": labels.values(),
        "rows": rows,
    }


def _answer(sample: Sample, outcomes: ValueTable[Outcome]) -> list[Any]:
    given = (sample.judgments or {}).items()
    reasons = {judge: judgment["reasons"] for judge, judgment in given if judgment.get("reasons")}
    itself = sample.prediction is not None and sample.prediction == sample.response
    return [
        outcomes.index(sample.outcome),
        sample.response,
        True if itself else sample.prediction,
        sample.levels,
        reasons or None,
    ]


def flips_section(data: ComparisonData, flips: Sequence[Flip]) -> Section:
    """The flips counted, and the frame of their browser, which a script fills."""
    if not flips:
        return Section("flips", "Flipped questions", note("The runs are right and wrong on the same questions."))

    second = data.second.name
    won = sum(flip.won for flip in flips)
    content = [
        note(
            f"{len(flips):,} questions that one run has right and the other wrong, or, of open tasks, whose levels add "
            f"up to a difference of {LEVELS_APART} or more: {won:,} won by {second}, {len(flips) - won:,} lost."
        )
    ]
    if any(run.asked_again for run in data.runs):
        content.append(
            note("Of questions that were asked again the first asking is shown, with the options as printed.")
        )
    if not data.questions:
        content.append(note(f"Question texts are missing, answers are all here: {'; '.join(data.problems)}."))
    elif data.problems:
        content.append(note(" ".join(data.problems)))

    tasks = sorted({data.first.first_samples[flip.qid].task for flip in flips}, key=task_order)
    browser = question_browser(
        "Flipped questions",
        "Words of question, answers, reference",
        [
            Filter("task", "Task", {task: task for task in tasks}),
            Filter("way", "Direction", {"1": f"won by {second}", "0": f"lost by {second}"}),
        ],
        "The list needs JavaScript; all else of this page does not.",
    )
    return Section("flips", "Flipped questions", join([*content, browser]))
