"""The questions of a run: the frame of their browser in HTML, and its data, each text in it once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.browser import Filter, ValueTable, question_browser
from mabench_eval.pages.html import join
from mabench_eval.pages.report.data import ReportData
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS
from mabench_eval.types import AnswerKind, Outcome, Sample

FIELDS = (
    "qid",
    "task",
    "clip",
    "text",
    "outcome",
    "answer",
    "prediction",
    "reference",
    "correct",
    "options",
    "frames",
    "levels",
    "judgments",
    "error",
    "stop",
    "repeat",
    "rotation",
)
"""Of a row, in this order; what is missing at its end is null. ``task``, ``clip``, ``text``, ``outcome`` and ``frames``
are indices into lists of the document, ``options`` indices into ``labels``. ``prediction`` is true where it is the
answer itself; ``correct`` is 1, 0 or null. ``levels`` are in the task's order, and so are those of ``judgments``: a
judge's levels and reasons, in the order of ``judges``, null where it gave none."""
VERDICTS = {"right": "right", "wrong": "wrong", "none": "not graded"}
ASKINGS = {"first": "first, as printed", "repeat": "repeats", "rotation": "rotations"}


def browser_data(data: ReportData, strips: Mapping[str, str]) -> dict[str, Any]:
    """What the browser shows, as JSON.

    Args:
        data: The run.
        strips: Clip -> a strip of its frames, a JPEG in base64.
    """
    clips, texts, labels = ValueTable[str](), ValueTable[str](), ValueTable[str]()
    frames, outcomes = ValueTable[tuple[int, ...]](), ValueTable(list(Outcome))
    tasks = ValueTable(data.tasks)
    judges = [judge.name for judge in data.scores.judges]

    rows = []
    for sample in data.samples:
        question = data.questions.get(sample.variant)
        if question is None:
            continue
        itself = sample.prediction is not None and sample.prediction == sample.response
        order = data.tasks[question.task].levels
        row = [
            sample.qid,
            tasks.index(question.task),
            clips.index(sample.clip),
            texts.index(question.text),
            outcomes.index(sample.outcome),
            sample.response,
            True if itself else sample.prediction,
            sample.reference,
            None if sample.correct is None else int(sample.correct),
            [labels.index(option) for option in question.options.values()] or None,
            frames.index(sample.frames) if sample.frames else None,
            [sample.levels.get(level) for level in order] if sample.levels else None,
            _judgments(sample, order, judges),
            sample.error,
            sample.stop_reason,
            sample.repeat or None,
            sample.rotation or None,
        ]
        while row and row[-1] is None:  # most rows end early, and there are thousands
            row.pop()
        rows.append(row)

    return {
        "fields": FIELDS,
        "tasks": [_task(data, name) for name in data.tasks],
        "outcomes": outcomes.values(),
        "judges": judges,
        "clips": [_clip(data, clip) for clip in clips.values()],
        "strips": {str(clips.index(clip)): strip for clip, strip in strips.items() if clip in set(clips.values())},
        "frames": frames.values(),
        "labels": labels.values(),
        "texts": texts.values(),
        "shots": data.run.config.shots,
        "rows": rows,
    }


def _judgments(sample: Sample, order: Sequence[str], judges: Sequence[str]) -> list[Any] | None:
    """What each of the judges gave, in their order; None where none did."""
    if not sample.judgments:
        return None
    given = [sample.judgments.get(judge) for judge in judges]
    return [None if judgment is None else _judgment(judgment, order) for judgment in given]


def _judgment(judgment: Mapping[str, Mapping[str, Any]], order: Sequence[str]) -> list[list[Any]]:
    """The levels, and their reasons."""
    return [[judgment.get(part, {}).get(level) for level in order] for part in ("levels", "reasons")]


def _task(data: ReportData, name: str) -> dict[str, Any]:
    task = data.tasks[name]
    return {
        "name": name,
        "full": task.full_name,
        "kind": task.answer.value,
        "levels": task.levels,
        "letters": task.options if task.answer is AnswerKind.CHOICE else [],
        "system": task.system_prompt,
        "user": task.user_prompt,
    }


def _clip(data: ReportData, clip: str) -> list[str | None]:
    """Name, body part, micro-action."""
    shown = data.labels.get(clip)
    return [clip, shown.body_part if shown else None, shown.action if shown else None]


def questions_section(data: ReportData, pictures_note: str) -> Section:
    """The frame of the browser, which a script fills. ``pictures_note``: what is said of pictures."""
    labels = [data.labels[clip] for clip in {sample.clip for sample in data.samples} & data.labels.keys()]
    parts = _ordered({shown.body_part for shown in labels if shown.body_part}, BODY_PARTS.values())
    actions = _ordered({shown.action for shown in labels if shown.action}, MICRO_ACTIONS.values())
    labelled = data.scores.benchmark.labelled
    asked_again = any(sample.repeat or sample.rotation for sample in data.samples)

    filters = [
        Filter("task", "Task", {name: name for name in data.tasks}),
        Filter("part", "Body part", {part: part for part in parts}),
        Filter("action", "Micro-action", {action: action for action in actions}),
        Filter("outcome", "Outcome", {outcome.value: outcome.value for outcome in Outcome}),
        Filter("verdict", "Verdict", VERDICTS if labelled else {}),
        Filter("asking", "Asked", ASKINGS if asked_again else {}),
    ]
    browser = question_browser(
        "Questions",
        "Words of question, answer, reference",
        [each for each in filters if each.choices],
        "The list of questions needs JavaScript; all else of this page does not.",
        named=True,
    )
    return Section("questions", "Questions", join([note(pictures_note), browser]))


def _ordered(values: set[str], order: Iterable[str]) -> list[str]:
    """In this order, those that are not in it last."""
    known = [value for value in order if value in values]
    return [*known, *sorted(values - set(known))]
