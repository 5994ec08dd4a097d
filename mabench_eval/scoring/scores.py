"""Scores of a run: samples in, every figure of the tables out.

Four outcomes are kept apart. An answer that cannot be read and a refusal are wrong answers. An error is no
answer: it is missing, it lowers coverage, and it never touches a figure.

Figures are over all repeats of the options as printed; rotations have figures of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mabench_eval.benchmark import as_printed, first_asked
from mabench_eval.scoring.intervals import GradedAnswer, answer_scores, question_scores, score_intervals
from mabench_eval.scoring.open_tasks import LABELLED, judge_scores, judged, label_scores, level_means
from mabench_eval.scoring.option_bias import circular_scores, letter_scores
from mabench_eval.scoring.repeats import repeat_scores
from mabench_eval.stats import balanced_accuracy, chance_corrected, coverage, final_score, mean, percent
from mabench_eval.taxonomy import (
    BODY_PARTS,
    LEVELS,
    MICRO_ACTIONS,
    OFFICIAL_CLOSED,
    OFFICIAL_OPEN,
    body_part,
    label,
)
from mabench_eval.types import AnswerKind, Outcome, Question, Sample

if TYPE_CHECKING:
    from mabench_eval.catalogue import TaskCard

_PARTS = tuple(BODY_PARTS.values())
_ACTIONS = tuple(MICRO_ACTIONS.values())


@dataclass(frozen=True, slots=True)
class ClipLabels:
    """What a clip shows, by its references."""

    body_part: str | None
    """The CMAR reference, or else the body part of the micro-action."""
    action: str | None
    """The FMAR reference."""


def score(
    samples: Sequence[Sample], tasks: Sequence[TaskCard], questions: Sequence[Question], judges: Sequence[str] = ()
) -> dict[str, Any]:
    """All figures of a run, as a JSON object with a fixed order of keys.

    Args:
        samples: One for each time a question was asked; those of tasks not in ``tasks`` are not counted.
        tasks: The run's tasks, in the order of the result.
        questions: The benchmark's; they give the options and the labels of the clips, so they may hold more
            questions and tasks than the run.
        judges: Names of those that scored the open tasks.

    Returns:
        ``n`` (askings with an outcome other than error), ``total``, ``coverage`` (percent), ``outcomes``,
        ``tasks`` (accuracies in percent, levels 0-5), ``closed_avg`` (percent), ``open_avg`` (0-5), ``final``
        (0-100), ``intervals`` (see :func:`mabench_eval.scoring.intervals.intervals`), ``hierarchy_consistency`` and
        ``all_correct_per_clip`` (percent of ``n`` clips, by the first answer to each question). Where questions were
        repeated ``repeats`` (see :func:`.repeats.repeat_scores`), where options were rotated ``circular``
        (task -> see :func:`mabench_eval.scoring.option_bias.circular_scores`). A figure that does not exist is None.
    """
    of_task: dict[str, list[Sample]] = {task.name: [] for task in tasks}
    counted = [sample for sample in as_printed(samples) if sample.task in of_task]
    first = first_asked(counted)
    for sample in counted:
        of_task[sample.task].append(sample)
    labels = clip_labels(questions)
    scored = {
        task.name: (
            _closed(task, of_task[task.name], labels)
            if task.closed
            else _open(task, of_task[task.name], labels, judges)
        )
        for task in tasks
    }
    if LABELLED in scored:
        scored[LABELLED]["labels"] = label_scores(first_asked(of_task[LABELLED]), questions, first)
    closed = {task.name for task in tasks if task.closed}
    answers = [GradedAnswer(s.qid, s.clip, s.task, s.correct, s.levels) for s in counted]
    graded = Counter(each.task for each in answers if each.correct is not None)
    spans = score_intervals(question_scores(answers), trials=graded)
    return {
        **_counts(counted),
        "tasks": scored,
        **averages(scored),
        "intervals": spans,
        "hierarchy_consistency": _hierarchy_consistency(first, questions),
        "all_correct_per_clip": _all_correct_per_clip([s for s in first if s.task in closed]),
        **({"repeats": repeat_scores(answer_scores(answers), spans)} if len(first) < len(counted) else {}),
        **_circular(tasks, samples),
    }


def _circular(tasks: Sequence[TaskCard], samples: Sequence[Sample]) -> dict[str, Any]:
    """``circular``, of the tasks whose options were rotated; nothing where none were."""
    rotated = {sample.task for sample in samples if sample.rotation}
    found = {
        task.name: circular_scores(task.options, [s for s in samples if s.task == task.name and s.repeat == 0])
        for task in tasks
        if task.name in rotated
    }
    return {"circular": found} if found else {}


def averages(tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, float | None]:
    """Closed average (percent), open average (0-5) and final score (0-100) of the paper's eight tasks.

    Args:
        tasks: Task name -> its scores, with ``accuracy`` or ``levels``.

    Returns:
        ``closed_avg``, ``open_avg``, ``final``; each is None unless all of its parts exist.
    """
    accuracies = [tasks.get(name, {}).get("accuracy") for name in OFFICIAL_CLOSED]
    levels = [tasks.get(name, {}).get("levels", {}).get(level) for name in OFFICIAL_OPEN for level in LEVELS]
    return {
        "closed_avg": mean(accuracies),
        "open_avg": mean(levels),
        "final": final_score(accuracies, levels),
    }


def clip_labels(questions: Iterable[Question]) -> dict[str, ClipLabels]:
    """Clip -> body part and micro-action, from the references of its CMAR and FMAR questions, where given."""
    found: dict[str, dict[str, str]] = {"CMAR": {}, "FMAR": {}}
    for question in questions:
        printed = question.options.get(question.answer or "")
        if question.task in found and printed:
            found[question.task].setdefault(question.clip, label(printed))
    parts, actions = found["CMAR"], found["FMAR"]
    labels = {}
    for clip in {**parts, **actions}:
        action = actions.get(clip)
        labels[clip] = ClipLabels(parts.get(clip) or (body_part(action) if action else None), action)
    return labels


def _counts(samples: Sequence[Sample]) -> dict[str, Any]:
    """How many questions there are and what became of them."""
    outcomes = Counter(sample.outcome for sample in samples)
    n = len(samples) - outcomes[Outcome.ERROR]
    return {
        "n": n,
        "total": len(samples),
        "coverage": coverage(n, len(samples)),
        "outcomes": {outcome.value: outcomes[outcome] for outcome in Outcome},
    }


def _closed(task: TaskCard, samples: Sequence[Sample], labels: Mapping[str, ClipLabels]) -> dict[str, Any]:
    graded = [sample for sample in samples if sample.correct is not None]
    accuracy = _accuracy(graded)
    predictions = Counter(sample.prediction for sample in samples if sample.prediction is not None)
    scores = {
        "accuracy": accuracy,
        **_counts(samples),
        "chance": None if task.chance is None else 100 * task.chance,
        "chance_corrected": chance_corrected(accuracy, task.chance),
        "predictions": {option: predictions[option] for option in task.options},
        **_by_label(graded, labels, lambda group: {"accuracy": _accuracy(group)}),
    }
    if task.answer is AnswerKind.YES_NO:
        pairs = [(s.reference, s.correct) for s in graded]
        scores["balanced_accuracy"] = balanced_accuracy((r, bool(c)) for r, c in pairs if r)
        scores["yes_rate"] = percent(predictions["Yes"], predictions.total())
    if task.answer is AnswerKind.CHOICE:
        scores |= letter_scores(task.options, samples)
    return scores


def _accuracy(graded: Sequence[Sample]) -> float | None:
    """Right answers in percent of all samples that can be right or wrong."""
    return percent(sum(sample.correct is True for sample in graded), len(graded))


def _open(
    task: TaskCard, samples: Sequence[Sample], labels: Mapping[str, ClipLabels], judges: Sequence[str]
) -> dict[str, Any]:
    scored = judged(samples)
    return {
        "levels": level_means(task, scored),
        "judged": len(scored),
        **judge_scores(task, samples, judges),
        **_counts(samples),
        **_by_label(scored, labels, lambda group: {"levels": level_means(task, group)}),
    }


def _by_label(
    samples: Sequence[Sample],
    labels: Mapping[str, ClipLabels],
    figure: Callable[[Sequence[Sample]], dict[str, Any]],
) -> dict[str, Any]:
    """``by_body_part`` and ``by_action``; ``n`` is the number of samples the figure is over."""
    parts: dict[str, list[Sample]] = {}
    actions: dict[str, list[Sample]] = {}
    for sample in samples:
        shown = labels.get(sample.clip)
        if shown and shown.body_part:
            parts.setdefault(shown.body_part, []).append(sample)
        if shown and shown.action:
            actions.setdefault(shown.action, []).append(sample)
    return {
        "by_body_part": {name: {**figure(group), "n": len(group)} for name, group in _sorted(parts, _PARTS)},
        "by_action": {name: {**figure(group), "n": len(group)} for name, group in _sorted(actions, _ACTIONS)},
    }


def _sorted(groups: Mapping[str, list[Sample]], order: Sequence[str]) -> list[tuple[str, list[Sample]]]:
    """In the taxonomy's order; labels that it does not know come last, by name."""
    rank = {name: position for position, name in enumerate(order)}
    return sorted(groups.items(), key=lambda item: (rank.get(item[0], len(order)), item[0]))


def _hierarchy_consistency(samples: Iterable[Sample], questions: Iterable[Question]) -> dict[str, Any]:
    """Share of clips whose predicted body part is that of the predicted micro-action; needs no references.

    ``samples``: of each question the first, options as printed.
    """
    answers = {sample.qid: sample.prediction for sample in samples}
    predicted: dict[str, dict[str, str]] = {"CMAR": {}, "FMAR": {}}
    for question in questions:
        printed = question.options.get(answers.get(question.qid) or "")
        if question.task in predicted and printed:
            predicted[question.task].setdefault(question.clip, label(printed))
    coarse, fine = predicted["CMAR"], predicted["FMAR"]
    pairs = [(coarse[clip], body_part(fine[clip])) for clip in coarse if clip in fine]
    known = [(part, part_of_action) for part, part_of_action in pairs if part in _PARTS and part_of_action]
    agreeing = sum(part == part_of_action for part, part_of_action in known)
    return {"value": percent(agreeing, len(known)), "n": len(known)}


def _all_correct_per_clip(closed: Iterable[Sample]) -> dict[str, Any]:
    """Share of clips with every closed question right, over the clips where every one can be graded.

    ``closed``: of each question the first sample, options as printed.
    """
    grades: dict[str, list[bool | None]] = {}
    for sample in closed:
        grades.setdefault(sample.clip, []).append(sample.correct)
    complete = [of_clip for of_clip in grades.values() if None not in of_clip]
    return {"value": percent(sum(map(all, complete)), len(complete)), "n": len(complete)}
