"""Scores of a run: samples in, every figure of the tables out.

Four outcomes are kept apart. An answer that cannot be read and a refusal are wrong answers. An error is no
answer: it is missing, it lowers coverage, and it never touches a figure.

Figures are over all repeats of the options as printed; rotations have figures of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from mabench_eval.benchmark import as_printed, first_asked
from mabench_eval.runfiles import (
    ChoiceScores,
    CircularScores,
    ClosedScores,
    Figures,
    GroupAccuracy,
    GroupLevels,
    LabelScores,
    OpenScores,
    Share,
    TaskScores,
    YesNoScores,
)
from mabench_eval.scoring.intervals import answer_scores, question_scores, score_intervals
from mabench_eval.scoring.open_tasks import (
    LABELLED,
    by_rule,
    judge_scores,
    judged,
    label_scores,
    level_means,
    option_labels,
    panel_scores,
)
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
)
from mabench_eval.types import AnswerKind, Outcome, Question, Sample

if TYPE_CHECKING:
    from mabench_eval.catalogue import TaskCard

Group = TypeVar("Group")
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
) -> Figures:
    """All figures of a run.

    Args:
        samples: One for each time a question was asked; those of tasks not in ``tasks`` are not counted.
        tasks: The run's tasks, in the order of the result.
        questions: The benchmark's; they give the options and the labels of the clips, so they may hold more
            questions and tasks than the run.
        judges: Names of those that scored the open tasks.
    """
    of_task: dict[str, list[Sample]] = {task.name: [] for task in tasks}
    counted = [sample for sample in as_printed(samples) if sample.task in of_task]
    for sample in counted:
        of_task[sample.task].append(sample)
    first = first_asked(counted)

    clips = clip_labels(questions)
    scores: dict[str, TaskScores] = {}
    for task in tasks:
        own = of_task[task.name]
        if task.closed:
            scores[task.name] = _closed(task, own, clips)
        else:
            labels = label_scores(first_asked(own), questions, first) if task.name == LABELLED else None
            scores[task.name] = _open(task, own, clips, judges, labels)

    graded = Counter(sample.task for sample in counted if sample.correct is not None)
    intervals = score_intervals(question_scores(counted), trials=graded)
    closed = {task.name for task in tasks if task.closed}
    closed_avg, open_avg, final = averages(scores)
    return Figures(
        **outcome_counts(sample.outcome for sample in counted),
        tasks=scores,
        closed_avg=closed_avg,
        open_avg=open_avg,
        final=final,
        intervals=intervals,
        hierarchy_consistency=_hierarchy_consistency(first, questions),
        all_correct_per_clip=_all_correct_per_clip(sample for sample in first if sample.task in closed),
        repeats=repeat_scores(answer_scores(counted), intervals) if len(first) < len(counted) else None,
        circular=_circular(tasks, samples),
    )


def _circular(tasks: Sequence[TaskCard], samples: Sequence[Sample]) -> dict[str, CircularScores] | None:
    """Of the tasks whose options were rotated; None where none were."""
    rotated = {sample.task for sample in samples if sample.rotation}
    scores = {
        task.name: circular_scores(task.options, [s for s in samples if s.task == task.name and s.repeat == 0])
        for task in tasks
        if task.name in rotated
    }
    return scores or None


def averages(tasks: Mapping[str, TaskScores]) -> tuple[float | None, float | None, float | None]:
    """Closed average (percent), open average (0-5) and final score (0-100) of the paper's eight tasks.

    Each is None unless all of its parts exist.
    """
    accuracies = [
        task.accuracy if isinstance(task := tasks.get(name), ClosedScores) else None for name in OFFICIAL_CLOSED
    ]
    levels = [
        task.levels.get(level) if isinstance(task := tasks.get(name), OpenScores) else None
        for name in OFFICIAL_OPEN
        for level in LEVELS
    ]
    return mean(accuracies), mean(levels), final_score(accuracies, levels)


def clip_labels(questions: Sequence[Question]) -> dict[str, ClipLabels]:
    """Clip -> body part and micro-action, from the references of its CMAR and FMAR questions, where given."""
    named = option_labels(questions, {question.qid: question.answer for question in questions})
    parts, actions = named["CMAR"], named["FMAR"]
    labels = {}
    for clip in {**parts, **actions}:
        action = actions.get(clip)
        labels[clip] = ClipLabels(parts.get(clip) or (body_part(action) if action else None), action)
    return labels


def outcome_counts(found: Iterable[Outcome]) -> dict[str, Any]:
    """How many askings there are and what became of them: ``n``, ``total``, ``coverage`` and ``outcomes`` of a task."""
    outcomes = Counter(found)
    total = outcomes.total()
    n = total - outcomes[Outcome.ERROR]
    return {
        "n": n,
        "total": total,
        "coverage": coverage(n, total),
        "outcomes": {outcome.value: outcomes[outcome] for outcome in Outcome},
    }


def _closed(task: TaskCard, samples: Sequence[Sample], clips: Mapping[str, ClipLabels]) -> ClosedScores:
    graded = [sample for sample in samples if sample.correct is not None]
    accuracy = _accuracy(graded)
    predictions = Counter(sample.prediction for sample in samples if sample.prediction is not None)
    parts, actions = _by_label(graded, clips, lambda group: GroupAccuracy(_accuracy(group), len(group)))
    scores: dict[str, Any] = {
        "accuracy": accuracy,
        **outcome_counts(sample.outcome for sample in samples),
        "chance": None if task.chance is None else 100 * task.chance,
        "chance_corrected": chance_corrected(accuracy, task.chance),
        "predictions": {option: predictions[option] for option in task.options},
        "by_body_part": parts,
        "by_action": actions,
    }
    if task.answer is AnswerKind.YES_NO:
        pairs = [(sample.reference, bool(sample.correct)) for sample in graded]
        return YesNoScores(
            **scores,
            balanced_accuracy=balanced_accuracy((reference, right) for reference, right in pairs if reference),
            yes_rate=percent(predictions["Yes"], predictions.total()),
        )
    if task.answer is AnswerKind.CHOICE:
        letters, rstd = letter_scores(task.options, samples)
        return ChoiceScores(**scores, letters=letters, rstd=rstd)
    return ClosedScores(**scores)


def _accuracy(graded: Sequence[Sample]) -> float | None:
    """Right answers in percent of all samples that can be right or wrong."""
    return percent(sum(sample.correct is True for sample in graded), len(graded))


def _open(
    task: TaskCard,
    samples: Sequence[Sample],
    clips: Mapping[str, ClipLabels],
    judges: Sequence[str],
    labels: Mapping[str, LabelScores] | None,
) -> OpenScores:
    scored = judged(samples)
    parts, actions = _by_label(scored, clips, lambda group: GroupLevels(level_means(task, group), len(group)))
    return OpenScores(
        levels=level_means(task, scored),
        judged=len(scored),
        by_rule=by_rule(samples),
        judges={judge: judge_scores(task, samples, judge) for judge in judges},
        panel=panel_scores(task, samples, judges) if len(judges) > 1 else None,
        **outcome_counts(sample.outcome for sample in samples),
        by_body_part=parts,
        by_action=actions,
        labels=labels,
    )


def _by_label(
    samples: Sequence[Sample], clips: Mapping[str, ClipLabels], figure: Callable[[Sequence[Sample]], Group]
) -> tuple[dict[str, Group], dict[str, Group]]:
    """The figure of the samples on clips of each body part, and of each micro-action, in the taxonomy's order."""
    parts: dict[str, list[Sample]] = {}
    actions: dict[str, list[Sample]] = {}
    for sample in samples:
        shown = clips.get(sample.clip)
        if shown and shown.body_part:
            parts.setdefault(shown.body_part, []).append(sample)
        if shown and shown.action:
            actions.setdefault(shown.action, []).append(sample)
    return (
        {name: figure(group) for name, group in _sorted(parts, _PARTS)},
        {name: figure(group) for name, group in _sorted(actions, _ACTIONS)},
    )


def _sorted(groups: Mapping[str, list[Sample]], order: Sequence[str]) -> list[tuple[str, list[Sample]]]:
    """In the taxonomy's order; labels that it does not know come last, by name."""
    rank = {name: position for position, name in enumerate(order)}
    return sorted(groups.items(), key=lambda item: (rank.get(item[0], len(order)), item[0]))


def _hierarchy_consistency(first: Iterable[Sample], questions: Iterable[Question]) -> Share:
    """Share of clips whose predicted body part is that of the predicted micro-action; needs no references.

    ``first``: of each question the first sample, options as printed.
    """
    predicted = option_labels(questions, {sample.qid: sample.prediction for sample in first})
    coarse, fine = predicted["CMAR"], predicted["FMAR"]
    pairs = [(coarse[clip], body_part(fine[clip])) for clip in coarse if clip in fine]
    known = [(part, part_of_action) for part, part_of_action in pairs if part in _PARTS and part_of_action]
    return Share(percent(sum(part == part_of_action for part, part_of_action in known), len(known)), len(known))


def _all_correct_per_clip(closed: Iterable[Sample]) -> Share:
    """Share of clips with every closed question right, over the clips where every one can be graded.

    ``closed``: of each question the first sample, options as printed.
    """
    grades: dict[str, list[bool | None]] = {}
    for sample in closed:
        grades.setdefault(sample.clip, []).append(sample.correct)
    complete = [of_clip for of_clip in grades.values() if None not in of_clip]
    return Share(percent(sum(map(all, complete)), len(complete)), len(complete))
