"""Where a corpus comes from: a benchmark that was built here, or any labelled question file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.benchmark import load_benchmark, usable_clips
from mabench_eval.catalogue import TaskCard
from mabench_eval.construction import (
    BuildFolder,
    Caption,
    FinalQuestions,
    Reference,
    final_questions,
    final_references,
    is_build,
    open_build,
    read_captions,
    stems,
)
from mabench_eval.errors import InputError
from mabench_eval.training.persons import told_persons
from mabench_eval.types import Clip, Question

CAPTIONS, QUESTIONS = "captions.jsonl", "questions.jsonl"
OPEN = ("MADU", "MARE")
"""The tasks whose answers captions are."""


@dataclass(frozen=True, slots=True)
class Source:
    """Answered questions, and the clips that they are on."""

    name: str
    questions: Iterable[Question]
    """Every one with its answer, in a fixed order; can be gone through again and again."""
    clips: Mapping[str, Clip]
    """Name -> the clip, whose file is there and whole."""
    persons: Mapping[str, str]
    """Clip -> person, of those whom labels, or a column ``subject``, name."""
    notes: tuple[str, ...] = ()
    """What users should know of it."""


def read_source(data: str, tasks: Mapping[str, TaskCard], clips: Path | None, *, closed: bool, wordings: int) -> Source:
    """The source's answered questions. Raises InputError with all that cannot be used: nothing is written then.

    Args:
        data: A folder under construction, or as ``--data``.
        tasks: Of the catalogue.
        clips: Folder of the clips; None: the build's, or ``videos/`` beside the questions.
        closed: Whether the closed questions are in.
        wordings: Ways in which each caption of a built benchmark is asked for.
    """
    if is_build(Path(data)):
        return _built(open_build(Path(data)), tasks, clips, closed=closed, wordings=wordings)
    benchmark = load_benchmark(data, tasks, clips)
    wanted = tuple(q for q in benchmark.questions if q.answer is not None and (closed or not tasks[q.task].closed))
    if not wanted:
        missing = "answered open question (--closed takes the closed ones)" if benchmark.labelled else "answer"
        raise InputError(f"{benchmark.file} has no {missing}: there is nothing to learn from")
    names = tuple(dict.fromkeys(question.clip for question in wanted))
    return Source(benchmark.name, wanted, _clips(names, benchmark.clip_folder), told_persons(benchmark))


def _built(
    folder: BuildFolder, tasks: Mapping[str, TaskCard], place: Path | None, *, closed: bool, wordings: int
) -> Source:
    """The captions of a build, and its final questions where they are wanted."""
    if not (folder.path / CAPTIONS).is_file():
        raise InputError(
            f"{folder.path} has no captions: there is nothing to learn from",
            hint=f"Write them: mabench-eval build {folder.path} caption",
        )
    rows = folder.clips()
    known = {row.clip for row in rows}
    # Before anything was asked, captions are as they were written.
    final = final_questions(folder) if closed or (folder.path / QUESTIONS).is_file() else None
    references = final_references(folder, final, OPEN) if final else {}
    problems, stale = [], 0
    for caption in read_captions(folder):
        if caption.clip not in known:
            problems.append(f"{CAPTIONS}: a caption of {caption.clip}, which is no clip of the build")
        stale += any(
            (asked := references.get((caption.clip, task))) is not None and asked.asked != text
            for task, text in _texts(caption)
        )
    if stale:
        raise InputError(
            f"{stale} captions of {folder.path} are newer than the questions: reviewers' word is on other texts",
            hint=f"Ask anew: mabench-eval build {folder.path} ask",
        )

    questions = _Chain((_Captions(folder, references, wordings), _closed(final, tasks) if final and closed else ()))
    names = tuple(dict.fromkeys(question.clip for question in questions))
    clips = _clips(names, place or Path(folder.settings.clips), problems)
    changed = [row.file for row in rows if row.clip in clips and clips[row.clip].sha256 != row.sha256]
    if changed:
        raise InputError(
            f"{len(changed)} clips were changed since `init`, {changed[0]} for one",
            hint=f"mabench-eval build {folder.path} takes them in again.",
        )
    persons = {row.clip: row.subject for row in rows if row.subject is not None}
    taken_out = sum(each.final is None for each in references.values())
    changed_texts = sum(each.final not in (None, each.asked) for each in references.values())
    notes = [f"{taken_out:,} captions are left out and {changed_texts:,} are as corrected: review and verification"]
    return Source(
        folder.path.resolve().name,
        questions,
        clips,
        persons,
        tuple(notes if taken_out or changed_texts else ()),
    )


@dataclass(frozen=True, slots=True)
class _Chain:
    """Some questions, then others; gone through as often as one likes, and no list of all is made."""

    parts: Sequence[Iterable[Question]]

    def __iter__(self) -> Iterator[Question]:
        for part in self.parts:
            yield from part


@dataclass(frozen=True, slots=True)
class _Captions:
    """Captions as open questions, read from their file whenever they are gone through: one is in memory at a time."""

    folder: BuildFolder
    references: Mapping[tuple[str, str], Reference]
    wordings: int
    """Ways in which each text is asked for, the next clip beginning with the next way."""

    def __iter__(self) -> Iterator[Question]:
        for caption in read_captions(self.folder):
            for task, text in _texts(caption):
                reference = self.references.get((caption.clip, task), Reference(text, text))
                if reference.final is not None:
                    yield from self._asked(task, caption.clip, reference.final)

    def _asked(self, task: str, clip: str, answer: str) -> Iterator[Question]:
        ways = stems(task)
        start = sum(clip.encode()) % len(ways)
        for number in range(min(self.wordings, len(ways))):
            yield Question(f"{task}_{clip}_{number}", task, clip, ways[(start + number) % len(ways)], answer=answer)


def _texts(caption: Caption) -> tuple[tuple[str, str], ...]:
    """The open tasks that it answers, with the answers."""
    return tuple(zip(OPEN, (caption.madu_text, caption.mare_text), strict=True))


def _closed(final: FinalQuestions, tasks: Mapping[str, TaskCard]) -> tuple[Question, ...]:
    """The closed ones of the questions that verifiers and reviewers left."""
    return tuple(
        Question(each.qid, each.task, each.clip, each.text, answer=each.answer)
        for each in final.questions
        if tasks[each.task].closed
    )


def _clips(names: Sequence[str], folder: Path, problems: Sequence[str] = ()) -> dict[str, Clip]:
    """Raises InputError that lists every clip that cannot be used, after the other problems."""
    clips, unusable = usable_clips(names, folder) if folder.is_dir() else ({}, [f"clip folder {folder} is not there"])
    found = [*problems, *unusable]
    if found:
        raise InputError(
            f"the corpus cannot be made of {len(names)} clips in {folder}; nothing was written",
            problems=found,
            hint="Give the clips' folder with --clips DIR.",
        )
    return clips
