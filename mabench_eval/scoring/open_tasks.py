"""Scores of the open tasks: means, spread and agreement of the judges, and the labels that answers name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from mabench_eval.answers import Labels, read_labels
from mabench_eval.stats import agreement, mean, percent
from mabench_eval.taxonomy import label
from mabench_eval.types import Outcome, Question, Sample

if TYPE_CHECKING:
    from mabench_eval.catalogue import TaskCard

HIGH = 4
"""The lowest score that counts as good: main points right, a minor one missing."""
HIGHEST = 5
LABELLED = "MARE"
"""The open task whose answers name a coarse and a fine label."""
CLOSED_OF = {"coarse": "CMAR", "fine": "FMAR"}
"""Label -> the closed task that asks for it."""


def judged(samples: Sequence[Sample]) -> list[Sample]:
    """Samples with levels; none when no answer was judged.

    Unreadable answers and refusals have their zeros by rule, without a judge. When there are answers and not
    one of them was judged (no judge, or a dead one), those zeros alone would pass for the model's score.
    """
    found = [sample for sample in samples if sample.levels is not None]
    answers = [sample for sample in samples if sample.outcome is Outcome.ANSWERED]
    if answers and all(sample.levels is None for sample in answers):
        return []
    return found


def level_means(task: TaskCard, samples: Iterable[Sample]) -> dict[str, float | None]:
    """Level -> mean over the judged samples, 0-5."""
    rows = [sample.levels for sample in samples if sample.levels is not None]
    return {level: mean([row[level] for row in rows]) for level in task.levels}


def judge_scores(task: TaskCard, samples: Sequence[Sample], judges: Sequence[str]) -> dict[str, Any]:
    """What each judge gave, and for a panel how far its judges agree.

    Args:
        task: An open task.
        samples: Its samples.
        judges: Names of the run's judges.

    Returns:
        ``by_rule`` (answers that are 0 without a judge), ``judges``: judge -> ``judged`` (samples with its score,
        those by rule included), ``levels`` (means, 0-5), ``histogram`` (level -> six counts, scores 0 to 5) and
        ``high`` (level -> percent of scores of at least 4). For more than one judge also ``panel``: ``median`` (level
        -> mean over samples of the judges' median) and ``agreement`` (level -> see
        :func:`mabench_eval.stats.interrater.agreement`, over answers that are not 0 by rule).
    """
    answered = [sample for sample in samples if sample.outcome is Outcome.ANSWERED]
    zeros = sum(sample.by_rule is True for sample in samples)
    scores: dict[str, Any] = {
        "by_rule": zeros,
        "judges": {name: _of_judge(task, [_given(sample, name) for sample in answered], zeros) for name in judges},
    }
    if len(judges) > 1:
        scores["panel"] = _panel(task, answered, zeros, judges)
    return scores


def _given(sample: Sample, judge: str) -> Mapping[str, int] | None:
    levels: Mapping[str, int] | None = (sample.judgments or {}).get(judge, {}).get("levels")
    return levels


def _of_judge(task: TaskCard, given: Sequence[Mapping[str, int] | None], zeros: int) -> dict[str, Any]:
    rows = [levels for levels in given if levels is not None]
    if rows or not given:  # as in `judged`: zeros by rule alone are no score
        rows += [dict.fromkeys(task.levels, 0)] * zeros
    counts = {level: Counter(row[level] for row in rows) for level in task.levels}
    return {
        "judged": len(rows),
        "levels": {level: mean([row[level] for row in rows]) for level in task.levels},
        "histogram": {level: [count[score] for score in range(HIGHEST + 1)] for level, count in counts.items()},
        "high": {level: percent(sum(row[level] >= HIGH for row in rows), len(rows)) for level in task.levels},
    }


def _panel(task: TaskCard, answered: Sequence[Sample], zeros: int, judges: Sequence[str]) -> dict[str, Any]:
    clips = [sample.clip for sample in answered]
    complete = [sample for sample in answered if sample.levels is not None]
    medians, agreements = {}, {}
    for level in task.levels:
        table = np.array(
            [[(_given(sample, judge) or {}).get(level, np.nan) for sample in answered] for judge in judges], float
        ).reshape(len(judges), len(answered))
        middles = [median(judgment["levels"][level] for judgment in (s.judgments or {}).values()) for s in complete]
        medians[level] = mean([*middles, *[0.0] * zeros]) if complete or not answered else None
        agreements[level] = agreement(table, judges, clips)
    return {"median": medians, "agreement": agreements}


def label_scores(samples: Sequence[Sample], questions: Iterable[Question], answers: Sequence[Sample]) -> dict[str, Any]:
    """Exact accuracy of the labels that MARE answers name, and how often they are the model's own closed answers.

    Args:
        samples: The samples of MARE, of each question the first.
        questions: The benchmark's: options of the closed tasks.
        answers: All first samples of the run, options as printed: the model's own answers to CMAR and FMAR.

    Returns:
        For ``coarse`` and ``fine``: ``accuracy`` (percent of the ``n`` responses whose reference names a label; one
        that names none, or another, is wrong), ``named`` (percent of them that name one), and ``same_as_closed``
        (percent of ``pairs``, clips where the model named a label here and chose one in CMAR or FMAR).
    """
    read = {
        sample.qid: (read_labels(sample.reference or ""), read_labels(sample.prediction or ""))
        for sample in samples
        if sample.outcome is not Outcome.ERROR
    }
    clips = {sample.qid: sample.clip for sample in samples}
    chosen = _chosen(questions, answers)
    found = {}
    for what, closed in CLOSED_OF.items():
        pairs = {qid: (_label(told, what), _label(said, what)) for qid, (told, said) in read.items()}
        graded = [(told, said) for told, said in pairs.values() if told is not None]
        own = [(said, chosen[closed, clips[qid]]) for qid, (_, said) in pairs.items() if (closed, clips[qid]) in chosen]
        both = [(said, other) for said, other in own if said is not None]
        found[what] = {
            "accuracy": percent(sum(told == said for told, said in graded), len(graded)),
            "named": percent(sum(said is not None for _, said in graded), len(graded)),
            "n": len(graded),
            "same_as_closed": percent(sum(said == other for said, other in both), len(both)),
            "pairs": len(both),
        }
    return found


def _label(labels: Labels, what: str) -> str | None:
    return labels.coarse if what == "coarse" else labels.fine


def _chosen(questions: Iterable[Question], answers: Iterable[Sample]) -> dict[tuple[str, str], str]:
    """(closed task, clip) -> the label that the model chose there."""
    predictions = {sample.qid: sample.prediction for sample in answers if sample.prediction is not None}
    found: dict[tuple[str, str], str] = {}
    for question in questions:
        printed = question.options.get(predictions.get(question.qid) or "")
        if printed and question.task in CLOSED_OF.values():
            found.setdefault((question.task, question.clip), label(printed))
    return found
