"""A row of the leaderboard recomputed from the model's words, by who has the answers. Nothing is published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mabench_eval._version import __version__
from mabench_eval.answers import sample_of
from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import file_digest
from mabench_eval.leaderboard import Entry, EntryClosedTask, KeptSample, Mark, OwnRun, entry_digest, entry_problems
from mabench_eval.planning import clips_in_scope
from mabench_eval.runfiles import from_json, read_samples_file
from mabench_eval.runs.submission import read_predictions
from mabench_eval.types import Outcome, Question, StopReason

SHOWN = 10
"""Questions that a message names; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a model said, from a file."""

    texts: Mapping[tuple[str, int], tuple[str, StopReason | None]]
    """(question, repeat) -> its words, and why it stopped."""
    are_read: bool
    """Whether they are answers as they were read, as in an official prediction file, which leaves out what could not
    be read and every repeat but the first; False: the model's own words, all of them."""
    sha256: str
    """Of the file."""


def read_words(file: Path) -> Words:
    """The words of a prediction file (JSON) or of a run's ``samples.jsonl``. Raises InputError."""
    if file.suffix == ".jsonl":
        texts = {}
        for sample in read_samples_file(file):
            if sample.rotation:
                continue
            if (sample.qid, sample.repeat) in texts:
                raise InputError(f"{file}: {sample.qid} is there twice")
            if sample.response is not None:
                texts[sample.qid, sample.repeat] = sample.response, sample.stop_reason
        return Words(texts, False, file_digest(file))
    texts = {}
    for row in read_predictions(file)["answers"]:
        if (row["qid"], 0) in texts:
            raise InputError(f"{file}: {row['qid']} is there twice")
        if row["pred_answer"].strip():
            texts[row["qid"], 0] = row["pred_answer"], None
    return Words(texts, True, file_digest(file))


def recompute(run: OwnRun, words: Words, benchmark: Benchmark, tasks: Mapping[str, TaskCard]) -> Mark:
    """Read the words again, compare them with the answers, and the outcome with the entry.

    Args:
        run: A committed entry.
        words: Of its model.
        benchmark: With answers, the one that the run was made on.
        tasks: The catalogue's.

    Returns:
        What was verified.

    Raises:
        InputError: With everything in the entry that the words do not give; nothing can be compared.
    """
    entry = run.entry
    questions = _asked(run, benchmark)
    if problems := entry_problems(run):
        raise InputError(f"{run.file}: it does not even follow from its own samples", problems=problems)
    closed = tuple(name for name, task in entry.scores.tasks.items() if isinstance(task, EntryClosedTask))
    if not closed:
        raise InputError(f"{run.file}: it has no accuracies, and levels cannot be recomputed without their judge")
    if words.are_read and entry.repeats > 1:
        raise InputError(
            f"{run.file}: asked {entry.repeats} times a question, and a prediction file has the first answers alone",
            hint="Give the samples.jsonl of the run to --predictions.",
        )

    known = {question.qid for question in questions}
    foreign = sorted({qid for qid, _ in words.texts} - known)
    problems = [f"{qid}: no question of this row" for qid in foreign]
    read = {
        (question.qid, repeat): _reread(question, tasks[question.task], words, repeat)
        for question in questions
        for repeat in range(entry.repeats)
    }
    if run.samples is not None:
        kept = {(sample.qid, sample.repeat): sample for sample in run.samples}
        problems += [p for key, sample in read.items() if (p := _difference(kept.get(key), sample, words))]
    problems += _counts(entry, read.values(), words)
    if problems:
        shown = [*problems[:SHOWN], *([f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else [])]
        raise InputError(f"{run.file}: {len(problems)} things do not follow from the words", problems=shown)
    return Mark(
        entry_digest(run.entry, run.samples),
        accuracies=closed,
        levels=tuple(entry.open_tasks),
        answers=len(words.texts),
        predictions=words.sha256,
        data=benchmark.sha256,
        date=datetime.now(UTC).date().isoformat(),
        version=__version__,
    )


def _asked(run: OwnRun, benchmark: Benchmark) -> list[Question]:
    """The questions of the row. Raises InputError where the benchmark is another one, or has no answers."""
    entry = run.entry
    if not (entry.benchmark.sha256 == benchmark.sha256 or (entry.benchmark.official and benchmark.official)):
        raise InputError(
            f"{benchmark.file} is another benchmark ({benchmark.sha256[:12]}) than that of {run.file} "
            f"({entry.benchmark.sha256[:12]})"
        )
    if any(question.answer is None for question in benchmark.questions):
        raise InputError(f"{benchmark.file} has no answers to compare with", hint="Give a labelled file to --data.")
    scope = _Scope() if entry.identity is None else from_json(_Scope, entry.identity, f"{run.file}: identity")
    clips = set(clips_in_scope(benchmark.clip_names, scope.limit, scope.shard))
    return [q for q in benchmark.questions if q.task in entry.scores.tasks and q.clip in clips]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What of an identity says which clips were asked about."""

    limit: int | None = None
    shard: tuple[int, int] | None = None


def _reread(question: Question, task: TaskCard, words: Words, repeat: int) -> KeptSample | None:
    """A question's sample from the words; None where there are none."""
    text, stop_reason = words.texts.get((question.qid, repeat), (None, None))
    if text is None:
        return None
    sample = sample_of(question, task, text, stop_reason=stop_reason)
    return KeptSample(question.qid, question.clip, question.task, sample.outcome, sample.correct, sample.levels, repeat)


def _difference(kept: KeptSample | None, read: KeptSample | None, words: Words) -> str | None:
    """What the entry says otherwise of an asking than its words."""
    if kept is None:
        return f"{read.qid}: the entry has no sample of it" if read else None
    if read is None:
        # A prediction file leaves out what could not be read; the model's own words leave out errors alone.
        silent = kept.outcome is not Outcome.ANSWERED if words.are_read else kept.outcome is Outcome.ERROR
        return None if silent else f"{kept.qid}: {kept.outcome.value} in the entry, and there are no words"
    if kept.clip != read.clip or kept.task != read.task:
        return f"{kept.qid}: the entry has it on {kept.clip} of {kept.task}"
    if kept.outcome is not read.outcome:
        return f"{kept.qid}: {kept.outcome.value} in the entry, {read.outcome.value} by the words"
    if kept.correct != read.correct:
        return f"{kept.qid}: {_right(kept)} in the entry, {_right(read)} by the words"
    return None


def _right(sample: KeptSample) -> str:
    return "right" if sample.correct else "wrong"


def _counts(entry: Entry, read: Iterable[KeptSample | None], words: Words) -> Iterator[str]:
    """Right answers of each closed task, and answers of all tasks: all there is of an entry without samples."""
    samples = [sample for sample in read if sample is not None]
    right = Counter(sample.task for sample in samples if sample.correct)
    there = Counter(sample.task for sample in samples)
    for name, task in entry.scores.tasks.items():
        if isinstance(task, EntryClosedTask):
            claimed = round((task.accuracy or 0.0) * task.n / 100)
            if claimed != right[name]:
                yield f"scores.tasks.{name}.accuracy: {claimed} right answers in the entry, {right[name]} by the words"
        if task.n < there[name] or (task.n > there[name] and not words.are_read):
            yield f"scores.tasks.{name}.n: {task.n} answers in the entry, {there[name]} by the words"
