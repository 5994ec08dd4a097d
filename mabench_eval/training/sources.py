"""Where a corpus comes from: a benchmark that was built here, or any labelled question file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.benchmark import load_benchmark, usable_clips
from mabench_eval.catalogue import TaskCard
from mabench_eval.construction import BuildFolder, Caption, final_questions, is_build, open_build, read_captions, stems
from mabench_eval.errors import InputError
from mabench_eval.training.persons import told_persons
from mabench_eval.types import Clip, Question

CAPTIONS = "captions.jsonl"


@dataclass(frozen=True, slots=True)
class Source:
    """Answered questions, and the clips that they are on."""

    name: str
    questions: tuple[Question, ...]
    """Every one with its answer, in a fixed order."""
    clips: Mapping[str, Clip]
    """Name -> the clip, whose file is there and whole."""
    persons: Mapping[str, str]
    """Clip -> person, of those whom labels, or a column ``subject``, name."""


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
    questions, problems = list[Question](), list[str]()
    for caption in read_captions(folder):
        if caption.clip in known:
            questions += _of_caption(caption, wordings)
        else:
            problems.append(f"{CAPTIONS}: a caption of {caption.clip}, which is no clip of the build")
    if closed:
        questions += [
            Question(each.qid, each.task, each.clip, each.text, answer=each.answer)
            for each in final_questions(folder).questions
            if tasks[each.task].closed
        ]

    names = tuple(dict.fromkeys(question.clip for question in questions))
    clips = _clips(names, place or Path(folder.settings.clips), problems)
    changed = [row.file for row in rows if row.clip in clips and clips[row.clip].sha256 != row.sha256]
    if changed:
        raise InputError(
            f"{len(changed)} clips were changed since `init`, {changed[0]} for one",
            hint=f"mabench-eval build {folder.path} takes them in again.",
        )
    persons = {row.clip: row.subject for row in rows if row.subject is not None}
    return Source(folder.path.resolve().name, tuple(questions), clips, persons)


def _of_caption(caption: Caption, wordings: int) -> Iterator[Question]:
    """Each text of a caption, asked for in several ways, the next clip beginning with the next way."""
    texts = {"MADU": caption.madu_text, "MARE": caption.mare_text}
    for task, answer in texts.items():
        ways = stems(task)
        start = sum(caption.clip.encode()) % len(ways)
        for number in range(min(wordings, len(ways))):
            yield Question(
                f"{task}_{caption.clip}_{number}", task, caption.clip, ways[(start + number) % len(ways)], answer=answer
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
