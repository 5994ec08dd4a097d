"""A worker: one engine with its model, which is given clips and decodes them for itself. Knows nothing of Ray."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from mabench_eval.catalogue import REGISTRY, load_catalogue
from mabench_eval.engines import Model, open_engine
from mabench_eval.errors import MabenchError, ModelError, error_at, trace_of
from mabench_eval.execution.executor import AnsweredRequest, PreparedClip, answer_clips
from mabench_eval.execution.messages import ClipAssignment, WorkerFailure, WorkerSpec, WorkerUpdate
from mabench_eval.execution.shared_clips import OTHER_CLIPS, differences
from mabench_eval.journal import fingerprint

DECODING_THREADS = 2
"""And so clips that are decoded ahead of the model."""


class Worker:
    """Loads the model on a thread of its own; ``exchange`` gives it clips and returns its answers."""

    def __init__(self, spec: WorkerSpec) -> None:
        self._spec = spec
        self._changed = threading.Condition()
        """Guards all that follows."""
        self._queued: deque[PreparedClip] = deque()
        self._answers: list[AnsweredRequest] = []
        self._notes: list[str] = []
        self._failure: WorkerFailure | None = None
        self._waiting = False
        """Whether the model waits for a clip."""
        self._has_answered = False
        self._no_more = False
        """Whether the model is to finish with the clips it has."""
        self._pool = ThreadPoolExecutor(DECODING_THREADS, thread_name_prefix="decode")
        threading.Thread(target=self._work, name="model", daemon=True).start()

    def exchange(self, clips: list[ClipAssignment], keep: int, no_more: bool, timeout_s: float) -> WorkerUpdate:
        """Queue clips; return what is new: answers, or that fewer than ``keep`` clips are queued.

        ``keep`` 0 waits until the model itself waits for a clip; below 0 only answers count. ``no_more``: no clip will
        follow for now, so that the model can finish those it has. After ``timeout_s`` there may be nothing new.
        """
        prepared = [self._prepare(assignment) for assignment in clips]
        with self._changed:
            self._queued.extend(prepared)
            self._no_more = no_more
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._has_news(keep), timeout_s)
            waiting = self._waiting and not self._queued
            update = WorkerUpdate(tuple(self._answers), len(self._queued), waiting, tuple(self._notes), self._failure)
            self._answers.clear()
            self._notes.clear()
        return update

    def _has_news(self, keep: int) -> bool:
        if self._answers or self._notes or self._failure:
            return True
        if self._no_more or keep < 0:
            return False
        return len(self._queued) < keep or (self._waiting and not self._queued)

    def _prepare(self, assignment: ClipAssignment) -> PreparedClip:
        if self._spec.view.sampling is None:
            return assignment.planned, lambda: None
        clip, content = assignment.planned.clip, assignment.content
        return assignment.planned, self._pool.submit(self._spec.view.frames_of, clip, content).result

    def _work(self) -> None:
        """The model's thread: load it, and have it answer whatever comes."""
        try:
            model = self._load()
            while True:
                with self._changed:
                    self._wait_for(lambda: bool(self._queued))
                for answered in answer_clips(model, self._draw_clips(), lambda: False):
                    with self._changed:
                        self._has_answered = self._has_answered or not answered.clip_failed
                        self._answers.append(answered)
                        self._changed.notify_all()
        except Exception as error:  # noqa: BLE001 - the run's process reports it
            self._fail(error)

    def _load(self) -> Model:
        """The run's model. Raises MabenchError where something differs or is missing here."""
        spec = self._spec
        with suppress(OSError):  # without the folder the clips are not found either, and that is reported
            os.chdir(spec.folder)
        if unequal := differences(spec.clip_sizes):
            raise ModelError(OTHER_CLIPS, problems=unequal)

        load_catalogue(spec.include).check()
        if spec.registration and spec.card.name not in REGISTRY.models:
            REGISTRY.models[spec.card.name] = spec.registration
        engine = open_engine(spec.card, spec.seed)
        if fingerprint(engine.identity) != spec.identity:
            raise ModelError(f"{spec.card.name!r} is another model there: its code or its files differ")
        if missing := engine.problems():
            raise ModelError("something is missing there", problems=missing)
        return engine.load(self._note, spec.view.decode)

    def _draw_clips(self) -> Iterator[PreparedClip]:
        while True:
            with self._changed:
                self._wait_for(lambda: bool(self._queued) or self._no_more)
                if not self._queued:
                    return
                clip = self._queued.popleft()
                self._changed.notify_all()
            yield clip

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait while the model has nothing to do. The lock is held."""
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
            loading = not self._has_answered  # some models load with their first clip
            if isinstance(error, MabenchError):
                message = ": ".join([error.message, *(["; ".join(error.problems)] if error.problems else [])])
                self._failure = WorkerFailure(message, error.hint, loading, getattr(error, "trace", ""))
            else:
                self._failure = WorkerFailure(error_at(error), loading=loading, trace=trace_of(error))
            self._changed.notify_all()
