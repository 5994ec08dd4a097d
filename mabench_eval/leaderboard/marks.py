"""What maintainers verified, in a file of its own: an entry cannot say it of itself, and a change of it loses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint, write_json
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.samples import KeptSample, kept_row
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import from_json, to_json

MARKS_FILE = "verified.json"
"""In the leaderboard's folder; written by ``--check --predictions FILE --data LABELLED --verified`` alone."""


@dataclass(frozen=True, slots=True)
class Mark:
    """That a maintainer recomputed an entry from the model's words."""

    entry: str
    """:func:`entry_digest` of the entry that was verified."""
    accuracies: tuple[str, ...]
    """Closed tasks whose answers were read again and compared with the references."""
    levels: tuple[str, ...]
    """Open tasks whose levels were averaged again from the judge's scores, and not judged anew."""
    answers: int
    """Answers that were read again."""
    predictions: str
    """sha256 of the file that they are from."""
    data: str
    """sha256 of the questions with their answers."""
    date: str
    """YYYY-MM-DD, UTC."""
    version: str
    """Of this library."""


@dataclass(frozen=True, slots=True)
class _Marks:
    runs: Mapping[str, Mark]


def entry_digest(entry: Entry, samples: Sequence[KeptSample] | None) -> str:
    """sha256 of all that an entry and its samples hold, however their files are laid out."""
    return fingerprint([to_json(entry), None if samples is None else [kept_row(sample) for sample in samples]])


def seal_of(entry: Entry, samples: Sequence[KeptSample] | None) -> str:
    """The seal of an entry: of all but its name and date, which may be set by hand."""
    return entry_digest(replace(entry, name="", date=None, seal=None), samples)


def read_marks(leaderboard_dir: Path) -> dict[str, Mark]:
    """Run id -> mark; none where there is no file. Raises InputError naming the key that does not fit."""
    path = leaderboard_dir / MARKS_FILE
    try:
        data = read_json(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
    return dict(from_json(_Marks, {"runs": data}, str(path)).runs)


def write_mark(leaderboard_dir: Path, run: str, mark: Mark) -> Path:
    """Add or replace the mark of a run. Raises InputError."""
    path = leaderboard_dir / MARKS_FILE
    marks = {**read_marks(leaderboard_dir), run: mark}
    try:
        write_json(path, {name: to_json(marks[name]) for name in sorted(marks)})
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}.") from error
    return path
