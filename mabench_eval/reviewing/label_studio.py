"""Review in Label Studio: its tasks and labelling configuration written, its export taken in.

Formats: https://labelstud.io/guide/task_format (JSON), https://labelstud.io/tags (configuration). The answer is hidden
there until a blind one is chosen; what is chosen first can be changed afterwards, so that blind answers made there are
less sure than those of our own page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from msgspec import Meta

from mabench_eval.construction import BuildFolder
from mabench_eval.construction.decisions import (
    REASONS,
    UNSURE,
    Act,
    BlindAnswer,
    Decision,
    TakenIn,
    asked_of,
    check_name,
    take_in,
)
from mabench_eval.errors import InputError
from mabench_eval.parsing import read_json
from mabench_eval.reviewing.material import ReviewMaterial
from mabench_eval.runfiles import from_json
from mabench_eval.types import AnswerKind, Json

READ = "I have looked"
"""In place of a blind answer to an open question."""
ACTS: tuple[Act, ...] = ("accept", "correct", "reword", "drop")
Short = Annotated[str, Meta(max_length=200)]
Words = Annotated[str, Meta(max_length=20_000)]
_CHOICES = "".join(f'<Choice value="{act}"/>' for act in ACTS)
_REASONS = "".join(f'<Choice value="{reason}"/>' for reason in REASONS)
CONFIGURATION = f"""\
<View>
  <Video name="video" value="$video" frameRate="$fps" muted="true"/>
  <Header value="$question"/>
  <Choices name="blind" toName="video" value="$answers" choice="single" required="true"/>
  <View visibleWhen="choice-selected" whenTagName="blind">
    <Header value="The question's answer: $answer"/>
    <Choices name="act" toName="video" choice="single" showInline="true" required="true">{_CHOICES}</Choices>
    <View visibleWhen="choice-selected" whenTagName="act" whenChoiceValue="correct">
      <Choices name="right" toName="video" value="$right" choice="single"/>
    </View>
    <Header value="New words, or the right text of an open question" size="5"/>
    <TextArea name="words" toName="video" maxSubmissions="1"/>
    <Choices name="reason" toName="video" choice="single" showInline="true">{_REASONS}</Choices>
    <TextArea name="note" toName="video" maxSubmissions="1" placeholder="Note"/>
  </View>
</View>
"""
"""The labelling configuration: paste it into the project's settings, Labeling Interface, Code."""


@dataclass(frozen=True, slots=True)
class Said:
    """One choice or text of an annotation."""

    from_name: Short
    value: Json


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one annotator said of one task."""

    result: tuple[Said, ...]
    completed_by: Any = None
    """A number, or an object with ``id`` and ``email``."""
    lead_time: float | None = None
    """Seconds."""
    was_cancelled: bool = False
    created_at: Short = ""
    updated_at: Short = ""


@dataclass(frozen=True, slots=True)
class ExportedTask:
    """A task of an export."""

    data: Json
    annotations: tuple[Annotation, ...] = ()


def label_studio_tasks(material: ReviewMaterial) -> list[Json]:
    """A task a question, answers among them: in the order of ``questions.jsonl``."""
    tasks: list[Json] = []
    for question in material.checked.questions:
        asked, row = asked_of(question), material.rows[material.places[question.clip]]
        is_text = asked.kind is AnswerKind.TEXT
        named = [{"value": letter, "hint": asked.options.get(letter, letter)} for letter in asked.answers]
        data = {
            # Local files that Label Studio serves itself, below the folder that it is told of.
            "video": f"/data/local-files/?d={quote(row.file)}",
            "fps": row.fps,
            "question": question.text,
            "answers": [{"value": READ}] if is_text else [*named, {"value": UNSURE}],
            "right": [each for each in named if each["value"] != question.answer],
            "answer": question.answer,
            "qid": question.qid,
            "task": question.task,
            "digest": question.digest,
        }
        tasks.append({"data": data})
    return tasks


def take_label_studio(folder: BuildFolder, file: Path, reviewer: str | None, round_: int) -> list[TakenIn]:
    """Take in an export in the form JSON; one result an annotator.

    Args:
        folder: The build.
        file: The export.
        reviewer: Who annotated, where one did; None: ``ls-NUMBER`` of each annotator.
        round_: In which round.

    Raises:
        InputError: A file of another form, a name for several annotators.
        JournalError: A reviewer's journal is in use.
    """
    hint = "Expected an export of Label Studio in the form JSON (not JSON-MIN)."
    try:
        value = read_json(file, hint=hint)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
    if not isinstance(value, list):
        raise InputError(f"{file}: no list of tasks", hint=hint)
    tasks = [from_json(ExportedTask, each, f"{file}: task {number}", hint) for number, each in enumerate(value, 1)]
    given = list(_annotations(tasks))
    names = sorted({name for name, _, _ in given})
    if reviewer is not None and len(names) > 1:
        raise InputError(f"{file}: --reviewer names one, and {len(names)} annotated: {', '.join(names)}")
    taken = []
    for name in names:
        blinds: list[BlindAnswer] = []
        decisions: list[Decision] = []
        for who, task, annotation in given:
            if who == name:
                _read(task, annotation, check_name(reviewer or name), round_, blinds, decisions)
        taken.append(take_in(folder, reviewer or name, blinds, decisions))
    return taken


def _annotations(tasks: Sequence[ExportedTask]) -> Iterator[tuple[str, ExportedTask, Annotation]]:
    """Those that were handed in, with their annotators' names."""
    for task in tasks:
        for annotation in task.annotations:
            if not annotation.was_cancelled:
                by = annotation.completed_by
                number = by.get("id") if isinstance(by, dict) else by
                yield f"ls-{number if isinstance(number, int) else 0}", task, annotation


def _read(
    task: ExportedTask,
    annotation: Annotation,
    name: str,
    round_: int,
    blinds: list[BlindAnswer],
    decisions: list[Decision],
) -> None:
    """Add what an annotation says; ``check_decision`` looks at it later."""
    said = {each.from_name: _word(each) for each in annotation.result}
    digest, qid = str(task.data.get("digest", "")), str(task.data.get("qid", ""))
    at, seconds = _time(annotation.updated_at or annotation.created_at), min(max(annotation.lead_time or 0, 0), 1e7)
    chosen = said.get("blind")
    blind = None if chosen in (None, UNSURE, READ) else chosen
    if chosen not in (None, READ):
        blinds.append(BlindAnswer(digest, qid, name, blind, seconds, at))
    act = next((each for each in ACTS if each == said.get("act")), None)
    if act is not None:
        words = said.get("words")
        answer = said.get("right", words) if act == "correct" else None
        text = words if act == "reword" else None
        reason, note = (None if act == "accept" else said.get("reason")), said.get("note", "")
        shown = str(task.data["answer"]) if "answer" in task.data else None
        decisions.append(
            Decision(digest, qid, name, round_, blind, act, answer, text, reason, note, seconds, at, shown)
        )


def _word(said: Said) -> str:
    """The choice or text of a result; of several the last."""
    for form in ("choices", "text"):
        found = said.value.get(form)
        if isinstance(found, list) and found and isinstance(found[-1], str):
            return found[-1][:20_000]
        if isinstance(found, str):
            return found[:20_000]
    return ""


def _time(text: str) -> float:
    """Seconds since 1970 of a time in ISO 8601; 0 for none."""
    try:
        return max(0.0, datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError, OSError):
        return 0.0
