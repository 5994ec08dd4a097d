"""Flags that an audit put on questions, and what a model gets right without the flagged: clean and hard accuracies.

Official figures stay as they are; these stand beside them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mabench_eval.benchmark import as_printed
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.parsing import parse_json, read_bytes
from mabench_eval.runfiles import FlagInterval, FlagScores, from_json
from mabench_eval.scoring.intervals import question_scores, score_intervals
from mabench_eval.taxonomy import OFFICIAL_CLOSED
from mabench_eval.types import Question, Sample

GUESS_THRESHOLD = 0.5
"""A question is guessed when the text-only probe is right in more than this share of its rounds."""
HINT = "Flags of a benchmark: mabench-eval audit --data DATA --flags FILE"


@dataclass(frozen=True, slots=True)
class FlaggedQuestion:
    """What an audit says of a question."""

    text: str
    """:func:`text_fingerprint` of the question that it looked at."""
    flags: tuple[str, ...]
    guessed: float | None
    """Share of the rounds in which the text-only probe is right, 0-1; None where it was not tried."""


@dataclass(frozen=True, slots=True)
class _FlagFile:
    questions: Mapping[str, FlaggedQuestion]


@dataclass(frozen=True, slots=True)
class Flags:
    """A file of flags, checked."""

    sha256: str
    """Of the file's bytes."""
    questions: Mapping[str, FlaggedQuestion]
    """Question id -> what is said of it; unflagged questions are there too."""


def text_fingerprint(question: Question) -> str:
    """What tells whether a question is still the one that was flagged."""
    return fingerprint([question.task, question.clip, question.text])[:12]


def read_flags(path: Path, questions: Iterable[Question]) -> Flags:
    """The flags of a file. Raises InputError for one that is none, or that does not know one of the questions."""
    try:
        content = read_bytes(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", hint=HINT) from error
    known = from_json(_FlagFile, parse_json(content, str(path), hint=HINT), f"{path}: no file of flags").questions
    unknown = [q.qid for q in questions if q.qid not in known or known[q.qid].text != text_fingerprint(q)]
    if unknown:
        raise InputError(
            f"{path} is of other data: it does not know {len(unknown)} of the questions, {unknown[0]} for one",
            hint=HINT,
        )
    return Flags(hashlib.sha256(content).hexdigest(), known)


def clean_and_hard(samples: Sequence[Sample], flags: Flags) -> FlagScores:
    """Accuracies of the closed tasks, and their mean, on unflagged questions and on those the probe gets wrong.

    A task without such a question is not in them.
    """
    questions = flags.questions.items()
    hard = {qid for qid, each in questions if each.guessed is not None and each.guessed <= GUESS_THRESHOLD}
    return FlagScores(
        flags.sha256,
        clean=_accuracies(samples, {qid for qid, each in questions if not each.flags}),
        hard=_accuracies(samples, hard),
    )


def _accuracies(samples: Sequence[Sample], kept: set[str]) -> dict[str, FlagInterval]:
    graded = [sample for sample in as_printed(samples) if sample.qid in kept and sample.correct is not None]
    scores = question_scores(graded)
    counts = {figure: len(questions) for figure, questions in scores.items()}
    counts["closed AVG"] = sum(counts.get(task, 0) for task in OFFICIAL_CLOSED)
    intervals = score_intervals(scores, trials=Counter(sample.task for sample in graded))
    return {figure: FlagInterval(**asdict(interval), n=counts[figure]) for figure, interval in intervals.items()}
