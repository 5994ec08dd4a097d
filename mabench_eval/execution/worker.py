"""A worker: it is given clips, and does what is to be done with each, on a thread of its own. Knows nothing of Ray."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from mabench_eval.errors import MabenchError, error_at, trace_of
from mabench_eval.execution.messages import Answer, WorkerFailure, WorkerUpdate

Given = TypeVar("Given")
"""What is sent to a worker for one clip."""
Prepared = TypeVar("Prepared")
"""What it makes of that at once."""
Work = Callable[[Iterator[Prepared]], Iterable[Answer]]
"""Draws clips as it likes, and gives an answer, or several, to each."""


class Worker(ABC, Generic[Given, Prepared, Answer]):
    """Loads what does the work on a thread of its own; ``exchange`` gives it clips and returns its answers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        """Guards all that follows."""
        self._queued: deque[Prepared] = deque()
        self._answers: list[Answer] = []
        self._notes: list[str] = []
        self._failure: WorkerFailure | None = None
        self._waiting = False
        """Whether the work waits for a clip."""
        self._has_answered = False
        self._no_more = False
        """Whether the clips that it has are to be finished."""
        threading.Thread(target=self._work, name="work", daemon=True).start()

    def exchange(self, given: list[Given], keep: int, no_more: bool, timeout_s: float) -> WorkerUpdate[Answer]:
        """Queue clips; return what is new: answers, or that fewer than ``keep`` clips are queued.

        ``keep`` 0 waits until the work itself waits for a clip; below 0 only answers count. ``no_more``: no clip will
        follow for now, so that those it has can be finished. After ``timeout_s`` there may be nothing new.
        """
        prepared = [self._prepare(each) for each in given]
        with self._changed:
            self._queued.extend(prepared)
            self._no_more = no_more
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._has_news(keep), timeout_s)
            waiting = self._waiting and not self._queued
            news = tuple(self._answers), len(self._queued), waiting, tuple(self._notes), self._failure
            update = WorkerUpdate(*news, self._resolved())
            self._answers.clear()
            self._notes.clear()
        return update

    @abstractmethod
    def _load(self) -> Work[Prepared, Answer]:
        """What does the work. Raises MabenchError where something differs or is missing here."""

    @abstractmethod
    def _prepare(self, given: Given) -> Prepared:
        """What can be begun as soon as a clip comes."""

    def _proves(self, answer: Answer) -> bool:
        """Whether an answer shows that all is loaded: some models load with their first clip."""
        return True

    def _resolved(self) -> dict[str, Any]:
        """What is known of the work's settings now; see ``Engine.resolved``."""
        return {}

    def _has_news(self, keep: int) -> bool:
        if self._answers or self._notes or self._failure:
            return True
        if self._no_more or keep < 0:
            return False
        return len(self._queued) < keep or (self._waiting and not self._queued)

    def _work(self) -> None:
        """The thread: load, and do whatever comes."""
        try:
            work = self._load()
            while True:
                with self._changed:
                    self._wait_for(lambda: bool(self._queued))
                for answer in work(self._draw_clips()):
                    with self._changed:
                        self._has_answered = self._has_answered or self._proves(answer)
                        self._answers.append(answer)
                        self._changed.notify_all()
        except Exception as error:  # noqa: BLE001 - the first process reports it
            self._fail(error)

    def _draw_clips(self) -> Iterator[Prepared]:
        while True:
            with self._changed:
                self._wait_for(lambda: bool(self._queued) or self._no_more)
                if not self._queued:
                    return
                clip = self._queued.popleft()
                self._changed.notify_all()
            yield clip

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait while there is nothing to do. The lock is held."""
        self._waiting = True
        self._changed.notify_all()
        self._changed.wait_for(condition)
        self._waiting = False

    def _note(self, line: str) -> None:
        with self._changed:
            self._notes.append(line)
            self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        with self._changed:
            loading = not self._has_answered
            if isinstance(error, MabenchError):
                message = ": ".join([error.message, *(["; ".join(error.problems)] if error.problems else [])])
                self._failure = WorkerFailure(message, error.hint, loading, getattr(error, "trace", ""))
            else:
                self._failure = WorkerFailure(error_at(error), loading=loading, trace=trace_of(error))
            self._changed.notify_all()
