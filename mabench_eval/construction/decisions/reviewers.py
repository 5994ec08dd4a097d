"""Reviewers' journals: ``reviews/NAME/journal.jsonl``, one a reviewer, every answer and decision on disk at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.construction.decisions.rows import BlindAnswer, Decision
from mabench_eval.construction.folder import REVIEWS
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.errors import InputError
from mabench_eval.journal import Journal, Record, Records, read_journal

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def check_name(name: str) -> str:
    """The name of a person, which is that of a folder too. Raises InputError for one that cannot be."""
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a reviewer: letters, digits, dashes and underscores, 64 at most, the first of "
            "them a letter or a digit"
        )
    return name


def reviewer_folder(folder: Path, name: str) -> Path:
    """Where a reviewer's journal is, below the folder of a build. Raises InputError for what is no name."""
    return folder / REVIEWS / check_name(name)


class Notebook:
    """The journal of one person, open for writing by this process alone."""

    def __init__(self, folder: Path, name: str) -> None:
        """``folder``: of the journal itself. Raises InputError for what is no name, and JournalError."""
        self.name = check_name(name)
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(folder)

    @property
    def warnings(self) -> list[str]:
        """What was not readable in it."""
        return self._journal.records.warnings

    def blind(self, digest: str) -> BlindAnswer | None:
        """Their blind answer to a question; None where they have given none."""
        record = self._journal.records.blinds.get(digest)
        return None if record is None else _blind(self.name, record)

    def decision(self, digest: str, round_: int) -> Decision | None:
        """Their decision on a question in a round; None where they have taken none."""
        record = self._journal.records.decisions.get(_key(round_, digest))
        return None if record is None else _decision(self.name, record)

    def write_blind(self, answer: BlindAnswer) -> None:
        """Keep a blind answer. Raises JournalError."""
        fields = {"digest": answer.digest, "qid": answer.qid, "answer": answer.answer, "seconds": answer.seconds}
        self._journal.append("blind", answer.digest, **fields, **_time(answer.at))

    def write_decision(self, decision: Decision) -> None:
        """Keep a decision; it replaces one on the same question in the same round. Raises JournalError."""
        fields = {name: getattr(decision, name) for name in _FIELDS}
        self._journal.append("decision", _key(decision.round, decision.digest), **fields, **_time(decision.at))

    def close(self) -> None:
        """Sync and unlock."""
        self._journal.close()


@dataclass(frozen=True, slots=True)
class Reviews:
    """All that reviewers of a build have said."""

    decisions: tuple[Decision, ...]
    """One a reviewer, round and question; by name, in the order of each journal."""
    blinds: tuple[BlindAnswer, ...]
    """One a reviewer and question."""
    warnings: tuple[str, ...]
    """What was not readable."""

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Their names, sorted."""
        return tuple(sorted({each.reviewer for each in self.decisions} | {each.reviewer for each in self.blinds}))

    def by_question(self, questions: Iterable[BuiltQuestion]) -> Mapping[str, list[Decision]]:
        """Digest -> decisions on that question that still hold, rounds in order."""
        answers = {each.digest: each.answer for each in questions}
        found: dict[str, list[Decision]] = {}
        for decision in sorted(self.decisions, key=lambda each: (each.round, each.reviewer)):
            if decision.digest in answers and decision.holds_for(answers[decision.digest]):
                found.setdefault(decision.digest, []).append(decision)
        return found


def read_reviews(folder: Path) -> Reviews:
    """What all reviewers of a build have said. Folders that have no reviewer's name are passed over."""
    decisions: list[Decision] = []
    blinds: list[BlindAnswer] = []
    warnings: list[str] = []
    for name in _reviewers(folder):
        records = read_journal(folder / REVIEWS / name)
        decisions += [_decision(name, record) for record in records.decisions.values()]
        blinds += blinds_in(records, name)
        warnings += records.warnings
    return Reviews(tuple(decisions), tuple(blinds), tuple(warnings))


def blinds_in(records: Records, name: str) -> Iterator[BlindAnswer]:
    """The blind answers of a journal."""
    return (_blind(name, record) for record in records.blinds.values())


def _reviewers(folder: Path) -> Iterable[str]:
    try:
        entries = sorted((folder / REVIEWS).iterdir())
    except FileNotFoundError:
        return []
    return [entry.name for entry in entries if NAME.fullmatch(entry.name) and entry.is_dir()]


_FIELDS = ("digest", "qid", "round", "blind", "act", "answer", "text", "reason", "note", "seconds", "shown")


def _key(round_: int, digest: str) -> str:
    return f"{round_} {digest}"


def _time(at: float) -> dict[str, float]:
    return {"at": at} if at else {}


def _decision(name: str, record: Record) -> Decision:
    return Decision(reviewer=name, **{field: record[field] for field in (*_FIELDS, "at") if field in record})


def _blind(name: str, record: Record) -> BlindAnswer:
    return BlindAnswer(
        record["digest"], record["qid"], name, record["answer"], record.get("seconds", 0.0), record["at"]
    )
