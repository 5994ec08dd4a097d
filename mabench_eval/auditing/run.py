"""The audit of a benchmark: structure, answers, shortcuts, and a flag on every question that they concern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mabench_eval.auditing.answers import shares
from mabench_eval.auditing.findings import Finding, Flag, Reading, Share, Word
from mabench_eval.auditing.gate import Gate, take_gate
from mabench_eval.auditing.looks import FOLDS, REPEATS
from mabench_eval.auditing.overlap import Material, overlaps
from mabench_eval.auditing.probe import TextProbe
from mabench_eval.benchmark import Benchmark, load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.scoring import GUESS_THRESHOLD
from mabench_eval.taxonomy import task_order
from mabench_eval.types import Question

WORDS = 5
"""Words told for each answer of each task."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """What the audit says of one question."""

    flags: tuple[Flag, ...]
    why: tuple[str, ...]
    """The checks that flagged it."""
    guessed: float | None
    """Share of the deals in which words learnt on other clips are right, 0-1; None where that was not tried."""


@dataclass(frozen=True, slots=True)
class Audit:
    """All that an audit found."""

    benchmark: Benchmark
    tasks: Mapping[str, Mapping[str, int]]
    """Task -> ``questions``, ``clips``, ``texts`` (different ones), ``answers``."""
    gate: Gate
    """What was looked for and looked at; without answers no looks."""
    shares: tuple[Share, ...]
    """Empty without answers, as is the next."""
    words: tuple[Word, ...]
    probe: Mapping[str, int] | None
    """``folds``, ``repeats`` and ``seed`` of the deals; None where nothing was looked at."""
    flags: Mapping[str, Flagged]
    """Question id -> what is said of it, all questions in the benchmark's order."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was looked for."""
        return self.gate.findings

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was looked at."""
        return self.gate.readings

    def document(self) -> dict[str, Any]:
        """As a JSON object, without the flags of single questions."""
        about = {
            "name": self.benchmark.name,
            "sha256": self.benchmark.sha256,
            "clips": len(self.benchmark.clip_names),
            "questions": len(self.benchmark.questions),
            "labelled": self.benchmark.labelled,
        }
        return {
            "benchmark": about,
            "tasks": {task: dict(counts) for task, counts in self.tasks.items()},
            **self.gate.document(),
            "shares": [asdict(share) for share in self.shares],
            "words": [asdict(word) for word in self.words],
            "probe": self.probe,
            "flags": dict(Counter(flag for flagged in self.flags.values() for flag in flagged.flags)),
        }


def audit(
    data: str,
    *,
    clips: Path | None = None,
    answers: str | None = None,
    against: Sequence[str] = (),
    subjects: str | None = None,
    probe: bool = True,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Audit:
    """Audit the questions of a benchmark; no clip is decoded, those that are there are hashed.

    Args:
        data: As ``--data``: a question file or folder, ``demo``, ``hub``.
        clips: Folder of the clips; None: ``videos/`` beside the questions. Clips that are not there are left out.
        answers: A labelled file whose answers are taken over, by id, for questions that have none: the wording of
            published samples may differ from that of the whole.
        against: Other question files, such as the half that a model is trained on, with which it may share no clip and
            no person.
        subjects: Regular expression that finds the person in a clip's name: its first group, or all that it matches;
            None: the first number of names such as MA-52's, where all are.
        probe: Whether answers are looked at, where there are any.
        folds: Parts that the clips are dealt into; each is answered by what was learnt on the others.
        repeats: How often they are dealt anew.
        seed: Deals them.

    Raises:
        InputError: The data cannot be read, or scikit-learn is missing and the answers are looked at.
    """
    if folds < 2 or repeats < 1:
        raise InputError(f"--folds {folds} --repeats {repeats}: at least 2 folds and 1 repeat")
    tasks = load_catalogue(()).check().tasks
    benchmark = load_benchmark(data, tasks, clips)
    if answers is not None:
        benchmark = _answered(benchmark, load_benchmark(answers, tasks))
    own = Material.of(benchmark, subjects)
    others = [Material.of(load_benchmark(other, tasks), subjects) for other in against]
    gate = take_gate(
        benchmark.questions,
        sha256=own.sha256,
        overlaps=[finding for other in others for finding in overlaps(own, other)],
        look=probe and benchmark.labelled,
        folds=folds,
        repeats=repeats,
        seed=seed,
    )
    return Audit(
        benchmark,
        _tasks(benchmark.questions),
        gate,
        tuple(shares(benchmark.questions)),
        tuple(TextProbe().fit(benchmark.questions).words(WORDS)) if gate.readings else (),
        {"folds": folds, "repeats": repeats, "seed": seed} if gate.readings else None,
        _flags(benchmark.questions, gate),
    )


def _answered(benchmark: Benchmark, labelled: Benchmark) -> Benchmark:
    known = {(q.qid, q.task, q.clip): q.answer for q in labelled.questions if q.answer is not None}
    questions = tuple(
        q if q.answer is not None else replace(q, answer=known.get((q.qid, q.task, q.clip)))
        for q in benchmark.questions
    )
    if questions == benchmark.questions:
        raise InputError(f"--answers {labelled.file}: has no answer to a question of {benchmark.file} that has none")
    return replace(benchmark, questions=questions)


def _tasks(questions: Sequence[Question]) -> dict[str, dict[str, int]]:
    found = {}
    for task in sorted({question.task for question in questions}, key=task_order):
        asked = [question for question in questions if question.task == task]
        found[task] = {
            "questions": len(asked),
            "clips": len({question.clip for question in asked}),
            "texts": len({question.text for question in asked}),
            "answers": sum(question.answer is not None for question in asked),
        }
    return found


def _flags(questions: Sequence[Question], gate: Gate) -> dict[str, Flagged]:
    flags: dict[str, list[tuple[Flag, str]]] = {question.qid: [] for question in questions}
    for finding in gate.findings:
        for place in finding.places if finding.flag else ():
            flags[place].append((finding.flag, finding.check))  # type: ignore[arg-type]
    for qid, right in gate.guessed.items():
        if right > GUESS_THRESHOLD:
            flags[qid].append(("guessed", "words"))
    return {
        qid: Flagged(
            tuple(dict.fromkeys(flag for flag, _ in found)),
            tuple(check for _, check in found),
            gate.guessed.get(qid),
        )
        for qid, found in flags.items()
    }
