"""A person answers the questions of any benchmark: the human baseline. No answer, no track and no label is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.benchmark import Benchmark, read_clips
from mabench_eval.catalogue import TaskCard
from mabench_eval.construction.decisions import (
    BlindAnswer,
    Notebook,
    asked_in,
    blinds_in,
    digest_of,
)
from mabench_eval.errors import InputError
from mabench_eval.journal import read_journal
from mabench_eval.pages import review_page
from mabench_eval.reviewing.server import ReviewServer
from mabench_eval.reviewing.sessions import GivenBlind, GivenDecision, TooEarlyError, blind_row, question_row
from mabench_eval.types import AnswerKind, Json, Question

CANNOT_TELL = "I cannot tell."
"""In place of the answer of one who gave none: it is read as no answer, which is wrong, and not as a missing one."""
_TELLING = (AnswerKind.YES_NO, AnswerKind.CHOICE, AnswerKind.TEXT)
"""In this order: options name actions, which the other questions do not."""


@dataclass(frozen=True, slots=True)
class Collected:
    """How far somebody is."""

    answered: int
    total: int


class HumanSession:
    """One person who answers the questions of a benchmark."""

    def __init__(self, benchmark: Benchmark, tasks: Mapping[str, TaskCard], name: str, folder: Path) -> None:
        """``folder``: of the journal. Raises InputError for clips that cannot be shown, and JournalError."""
        found = read_clips(benchmark.clip_names, benchmark.clip_folder)
        places = {clip: place for place, clip in enumerate(benchmark.clip_names)}
        self.name = name
        self.clips: Sequence[Path] = [Path(str(found[clip].path)) for clip in benchmark.clip_names]
        kinds = {task: card.answer for task, card in tasks.items()}
        order = sorted(benchmark.questions, key=lambda each: _place(each, kinds, name))
        self._asked = [asked_in(each, kinds[each.task], digest(each)) for each in order]
        self._clip = [places[each.clip] for each in order]
        self._tasks = {task: card.full_name for task, card in tasks.items()}
        self._notebook = Notebook(folder, name)

    def page(self) -> str:
        """The whole page."""
        return review_page("answer")

    def state(self) -> Json:
        """A row a question: its number, task, and whether it is done."""
        rows = [[each.qid, each.task, self._notebook.blind(each.digest) is not None] for each in self._asked]
        return {"mode": "answer", "name": self.name, "round": 1, "questions": rows, "tasks": self._tasks}

    def question(self, number: int) -> Json:
        """One question, with the answer that was given."""
        asked = self._asked[number]
        blind = blind_row(self._notebook.blind(asked.digest))
        return {**question_row(asked, self._clip[number]), "blind": blind, "shown": None}

    def tracks(self, number: int) -> Json:
        """There are none."""
        raise TooEarlyError(f"question {self._asked[number].qid}: tracks are not shown to people who answer")

    def answer(self, number: int, given: GivenBlind) -> Json:
        """Keep an answer; it replaces an earlier one, since no answer is shown."""
        asked = self._asked[number]
        if given.answer is not None and (problem := asked.problem(given.answer)):
            raise InputError(f"question {asked.qid}: {problem}")
        self._notebook.write_blind(BlindAnswer(asked.digest, asked.qid, self.name, given.answer, given.seconds))
        return self.question(number)

    def decide(self, number: int, given: GivenDecision) -> Json:
        """There is nothing to decide."""
        raise InputError(f"question {self._asked[number].qid}: here questions are answered, and not decided on")

    def collected(self) -> Collected:
        """How far they are."""
        done = sum(self._notebook.blind(each.digest) is not None for each in self._asked)
        return Collected(done, len(self._asked))

    def close(self) -> None:
        """Close the journal."""
        self._notebook.close()


def collect_answers(
    benchmark: Benchmark,
    tasks: Mapping[str, TaskCard],
    name: str,
    folder: Path,
    *,
    port: int = 0,
    ready: Callable[[str], None] = lambda address: None,
) -> Collected:
    """Let a person answer the questions of a benchmark in a browser, until somebody interrupts (Ctrl-C).

    Args:
        benchmark: Its questions; clips are those of its clip folder.
        tasks: Task cards by name.
        name: Who answers: letters, digits, dashes and underscores.
        folder: Where the answers are kept, in ``journal.jsonl``, each at once; the same call again goes on.
        port: Of 127.0.0.1; 0: one that is free.
        ready: Called with the page's address when it can be opened.

    Raises:
        InputError: What is no name, a clip that is missing, a port that is taken.
        JournalError: The folder is in use, or cannot be written.
    """
    session = HumanSession(benchmark, tasks, name, folder)
    with closing(session), ReviewServer([session], port) as server:
        try:
            ready(server.addresses[name])
            server.wait()
        except KeyboardInterrupt:
            pass
        return session.collected()


def blind_answers(folder: Path, questions: Iterable[Question]) -> dict[str, str]:
    """Qid -> the answer that a person gave to that question, by the journal in ``folder``; ``CANNOT_TELL`` for none.

    Only answers to the very words, clip and task of a question count. Questions without an answer are not there.
    """
    given = {each.digest: each.answer for each in blinds_in(read_journal(folder), "")}
    found = {each.qid: digest(each) for each in questions}
    return {qid: given[key] or CANNOT_TELL for qid, key in found.items() if key in given}


def digest(question: Question) -> str:
    """Of what a person is asked."""
    return digest_of(question.clip, question.task, question.text)


def _place(question: Question, kinds: Mapping[str, AnswerKind], name: str) -> tuple[int, str]:
    """Of a question in the order of one person: drawn anew for each."""
    return _TELLING.index(kinds[question.task]), digest_of(name, question.task, digest(question))
