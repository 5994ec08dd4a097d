"""The audit of a benchmark: structure, answers, shortcuts, and a flag on every question that they concern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mabench_eval.auditing.answers import contradictions, shares
from mabench_eval.auditing.findings import Finding, Flag, Share, Shortcut, Word
from mabench_eval.auditing.probe import TextProbe
from mabench_eval.auditing.shortcuts import FOLDS, REPEATS, Tried, find_shortcuts, try_rules
from mabench_eval.auditing.structure import by_clip, check_structure, twins
from mabench_eval.benchmark import Benchmark, load_benchmark, usable_clips
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
    """Share of the repeats in which the text-only probe is right, 0-1; None where it was not tried."""


@dataclass(frozen=True, slots=True)
class Audit:
    """All that an audit found."""

    benchmark: Benchmark
    tasks: Mapping[str, Mapping[str, int]]
    """Task -> ``questions``, ``clips``, ``texts`` (different ones), ``answers``."""
    findings: tuple[Finding, ...]
    shares: tuple[Share, ...]
    """Empty without answers, as are the next two."""
    shortcuts: tuple[Shortcut, ...]
    words: tuple[Word, ...]
    probe: Mapping[str, int] | None
    """``folds``, ``repeats`` and ``seed`` of the cross-validation; None where the probe was not tried."""
    flags: Mapping[str, Flagged]
    """Question id -> what is said of it, all questions in the benchmark's order."""

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
            "findings": [asdict(finding) for finding in self.findings],
            "shares": [asdict(share) for share in self.shares],
            "shortcuts": [{**asdict(row), "above_best": row.above_best} for row in self.shortcuts],
            "words": [asdict(word) for word in self.words],
            "probe": self.probe,
            "flags": dict(Counter(flag for flagged in self.flags.values() for flag in flagged.flags)),
        }


def audit(
    data: str,
    *,
    clips: Path | None = None,
    answers: str | None = None,
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
        probe: Whether rules and the text-only probe are tried, where there are answers.
        folds: Parts that the clips are dealt into; each is answered by what was learnt on the others.
        repeats: How often they are dealt anew.
        seed: Deals them.

    Raises:
        InputError: The data cannot be read, or scikit-learn is missing and the probe is wanted.
    """
    if folds < 2 or repeats < 1:
        raise InputError(f"--folds {folds} --repeats {repeats}: at least 2 folds and 1 repeat")
    tasks = load_catalogue(()).check().tasks
    benchmark = load_benchmark(data, tasks, clips)
    if answers is not None:
        benchmark = _answered(benchmark, load_benchmark(answers, tasks))
    questions = benchmark.questions
    asked = by_clip(questions)
    findings = [*check_structure(questions), twins(questions, _hashes(benchmark))]
    findings += contradictions(asked) if benchmark.labelled else []
    tried = try_rules(questions, folds, repeats, seed) if probe and benchmark.labelled else {}
    return Audit(
        benchmark,
        _tasks(questions),
        tuple(findings),
        tuple(shares(questions)),
        tuple(find_shortcuts(questions, tried)),
        tuple(TextProbe().fit(questions).words(WORDS)) if tried else (),
        {"folds": folds, "repeats": repeats, "seed": seed} if tried else None,
        _flags(questions, findings, tried.get("text probe", {})),
    )


def _hashes(benchmark: Benchmark) -> dict[str, str]:
    """Clip -> hash, for clips whose files are there and whole."""
    if not benchmark.clip_folder.is_dir():
        return {}
    clips, _ = usable_clips(benchmark.clip_names, benchmark.clip_folder)
    return {name: clip.sha256 for name, clip in clips.items() if clip.sha256}


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


def _flags(
    questions: Sequence[Question], findings: Sequence[Finding], probe: Mapping[str, Tried]
) -> dict[str, Flagged]:
    flags: dict[str, list[tuple[Flag, str]]] = {question.qid: [] for question in questions}
    for finding in findings:
        for place in finding.places if finding.flag else ():
            flags[place].append((finding.flag, finding.check))  # type: ignore[arg-type]
    for qid, tried in probe.items():
        if tried.right > GUESS_THRESHOLD:
            flags[qid].append(("guessed", "text probe"))
    return {
        qid: Flagged(
            tuple(dict.fromkeys(flag for flag, _ in found)),
            tuple(check for _, check in found),
            probe[qid].right if qid in probe else None,
        )
        for qid, found in flags.items()
    }
