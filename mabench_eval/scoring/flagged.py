"""Flags that an audit put on questions, and what a model gets right without the flagged: clean and hard accuracies.

Official figures stay as they are; these stand beside them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mabench_eval.benchmark import as_printed
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.scoring.intervals import GradedAnswer, question_scores, score_intervals
from mabench_eval.taxonomy import OFFICIAL_CLOSED
from mabench_eval.types import Json, Question, Sample

GUESS_THRESHOLD = 0.5
"""A question is guessed when the text-only probe is right in more than this share of its rounds."""
HINT = "Flags of a benchmark: mabench-eval audit --data DATA --flags FILE"


@dataclass(frozen=True, slots=True)
class Flags:
    """A file of flags, checked."""

    sha256: str
    """Of the file's bytes."""
    questions: Mapping[str, Json]
    """Question id -> ``text`` (see `question_text`), ``flags``, ``why``, ``guessed``."""


def text_fingerprint(question: Question) -> str:
    """What tells whether a question is still the one that was flagged."""
    return fingerprint([question.task, question.clip, question.text])[:12]


def read_flags(path: Path, questions: Iterable[Question]) -> Flags:
    """The flags of a file. Raises InputError for one that is none, or that does not know one of the questions."""
    try:
        content = path.read_bytes()
        known = json.loads(content)["questions"]
        wrong = [q.qid for q in questions if q.qid not in known or known[q.qid]["text"] != text_fingerprint(q)]
        well_formed = all(isinstance(each["flags"], list) and "guessed" in each for each in known.values())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", hint=HINT) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: no file of flags: {error!r}", hint=HINT) from error
    if not well_formed:
        raise InputError(f"{path}: no file of flags", hint=HINT)
    if wrong:
        raise InputError(
            f"{path} is of other data: it does not know {len(wrong)} of the questions, {wrong[0]} for one", hint=HINT
        )
    return Flags(hashlib.sha256(content).hexdigest(), known)


def clean_and_hard(samples: Sequence[Sample], flags: Flags) -> dict[str, Any]:
    """Accuracies of the closed tasks, and their mean, on unflagged questions and on those the probe gets wrong.

    Returns:
        ``sha256`` of the flags; ``clean`` and ``hard``: figure -> as in :func:`.intervals.intervals`, with
        ``n`` questions. A task without such a question is not in it. ``hard`` is empty when the probe was not tried.
    """
    return {
        "sha256": flags.sha256,
        "clean": _figures(samples, {qid for qid, each in flags.questions.items() if not each["flags"]}),
        "hard": _figures(samples, {qid for qid, each in flags.questions.items() if _is_hard(each)}),
    }


def _is_hard(question: Json) -> bool:
    return question["guessed"] is not None and question["guessed"] <= GUESS_THRESHOLD


def _figures(samples: Sequence[Sample], kept: set[str]) -> dict[str, Any]:
    chosen = [s for s in as_printed(samples) if s.qid in kept and s.correct is not None]
    figures = question_scores(GradedAnswer(s.qid, s.clip, s.task, s.correct, None) for s in chosen)
    counts = {figure: len(scores) for figure, scores in figures.items()}
    counts["closed AVG"] = sum(counts.get(task, 0) for task in OFFICIAL_CLOSED)
    trials = Counter(sample.task for sample in chosen)
    return {figure: {**found, "n": counts[figure]} for figure, found in score_intervals(figures, trials=trials).items()}
