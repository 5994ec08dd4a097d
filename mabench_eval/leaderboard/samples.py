"""The samples beside an entry: of each question what its scores are made of, and nothing of what the model said.

A prediction that is known to be right is the reference: together they would publish the key of the benchmark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mabench_eval.errors import InputError
from mabench_eval.scoring import GradedAnswer, QuestionScores, question_scores
from mabench_eval.types import Json

Samples = Mapping[str, QuestionScores]
"""Run id -> its figures, question by question; without runs that have no samples."""
TOP = 5
"""Best score of a level."""
_KEPT = ("qid", "clip", "task", "outcome", "correct", "levels", "repeat")
_TEXTS = ("qid", "clip", "task", "outcome")
_HINT = "Write it anew from the run's folder: mabench-eval leaderboard RUN --add"


def samples_file(entry: Path) -> Path:
    """Where the samples of an entry's file are: NAME.samples.jsonl beside NAME.json."""
    return entry.with_suffix(".samples.jsonl")


def kept_rows(file: Path) -> list[dict[str, Any]] | None:
    """The lines to keep of a run's ``samples.jsonl``, in its order; None where there is none.

    Options that were rotated are left out, as they are in no figure.

    Raises:
        InputError: The file cannot be read; with its line.
    """
    if not file.exists():
        return None
    return [{key: row[key] for key in _KEPT if row.get(key) is not None} for row in _rows(file)]


def read_figures(file: Path) -> QuestionScores | None:
    """The figures of a run's samples or of those that were kept, question by question; None where there is no file.

    Raises:
        InputError: The file cannot be read; with its line.
    """
    if not file.exists():
        return None
    return question_scores(
        GradedAnswer(row["qid"], row["clip"], row["task"], row.get("correct"), row.get("levels")) for row in _rows(file)
    )


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    """The rows with options as printed, each checked. Raises InputError."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}.", hint=_HINT) from error
    seen: set[tuple[str, int]] = set()
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{file}:{number}: not JSON: {error}.", hint=_HINT) from error
        if problem := _problem(row):
            raise InputError(f"{file}:{number}: {problem}.", hint=_HINT)
        if row.get("rotation"):
            continue
        asked = row["qid"], row.get("repeat", 0)
        if asked in seen:
            raise InputError(f"{file}:{number}: {row['qid']} is there twice.", hint=_HINT)
        seen.add(asked)
        yield row


def _problem(row: object) -> str | None:
    """What is wrong with a line, if anything."""
    if not isinstance(row, dict):
        return "not a JSON object"
    for key in _TEXTS:
        if not isinstance(row.get(key), str):
            return f"{key}: {row.get(key)!r:.40} is no text"
    for key in ("repeat", "rotation"):
        if type(row.get(key, 0)) is not int:
            return f"{key}: {row[key]!r:.40} is no int"
    if not isinstance(row.get("correct"), bool | None):
        return f"correct: {row['correct']!r:.40} is neither true nor false"
    return _levels_problem(row.get("levels"))


def _levels_problem(levels: object) -> str | None:
    if levels is None:
        return None
    if not isinstance(levels, Mapping):
        return f"levels: {levels!r:.40} is no object"
    wrong = {level: score for level, score in levels.items() if not _is_score(score)}
    return next((f"levels.{level}: {score!r:.40} is no number from 0 to {TOP}" for level, score in wrong.items()), None)


def _is_score(score: object) -> bool:
    return isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= TOP


def text_of(rows: Sequence[Json]) -> str:
    """Rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
