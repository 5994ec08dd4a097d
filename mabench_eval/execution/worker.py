"""A worker: one engine with its model, fed with clips, which decodes them for itself. Knows nothing of Ray."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mabench_eval.catalogue import REGISTRY, load_catalogue
from mabench_eval.engines import Engine, Model, open_engine
from mabench_eval.errors import MabenchError, ModelError
from mabench_eval.execution.executor import AnsweredRequest, PreparedClip, answers
from mabench_eval.execution.messages import ClipAssignment, Failure, WorkerSpec, WorkerUpdate
from mabench_eval.execution.shared_clips import UNEQUAL, differences
from mabench_eval.journal import fingerprint
from mabench_eval.types import Frames

DECODERS = 2
"""Threads that decode, and so clips that are decoded ahead of the model."""


class Worker:
    """Loads the model on a thread of its own; ``exchange`` gives it clips and takes its answers."""

    def __init__(self, order: WorkerSpec) -> None:
        self._order = order
        self._changed = threading.Condition()
        self._queued: deque[PreparedClip] = deque()
        self._answers: list[AnsweredRequest] = []
        self._notes: list[str] = []
        self._failure: Failure | None = None
        self._waiting = False
        self._has_answered = False
        self._ended = False
        """Whether the model is to finish with what it has."""
        self._pool = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        threading.Thread(target=self._work, name="model", daemon=True).start()

    def exchange(self, clips: list[ClipAssignment], keep: int, ended: bool, patience: float) -> WorkerUpdate:
        """Take clips in; wait for answers, or until fewer than ``keep`` clips are queued; tell.

        ``keep`` 0 waits until the model itself is out of clips, and less waits for answers alone. ``ended``: nothing
        more will come for now. After ``patience`` seconds there may be nothing to tell.
        """
        ready = [self._ready(handed) for handed in clips]
        with self._changed:
            self._queued.extend(ready)
            self._ended = ended
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._has_news(keep), patience)
            waiting = self._waiting and not self._queued
            report = WorkerUpdate(tuple(self._answers), len(self._queued), waiting, tuple(self._notes), self._failure)
            self._answers.clear()
            self._notes.clear()
        return report

    def _has_news(self, keep: int) -> bool:
        if self._answers or self._notes or self._failure:
            return True
        if self._ended or keep < 0:
            return False
        return len(self._queued) < keep or (self._waiting and not self._queued)

    def _work(self) -> None:
        """The model's thread: load, and answer whatever comes."""
        try:
            model = self._load()
        except Exception as error:  # noqa: BLE001 - told where the run is
            self._fail(error)
            return
        try:
            while True:
                with self._changed:
                    self._wait_for(lambda: bool(self._queued))
                for answered in answers(model, self._drawn(), lambda: False):
                    with self._changed:
                        self._has_answered = self._has_answered or not answered.of_clip
                        self._answers.append(answered)
                        self._changed.notify_all()
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        """The model has nothing to do until then; the lock is held."""
        self._waiting = True
        self._changed.notify_all()
        self._changed.wait_for(condition)
        self._waiting = False

    def _drawn(self) -> Iterator[PreparedClip]:
        while True:
            with self._changed:
                self._wait_for(lambda: bool(self._queued) or self._ended)
                if not self._queued:
                    return
                clip = self._queued.popleft()
                self._changed.notify_all()
            yield clip

    def _load(self) -> Model:
        with suppress(OSError):  # where it is not there, paths of the run are not either, and that is told
            os.chdir(self._order.folder)
        if unequal := differences(self._order.clips):
            raise ModelError(UNEQUAL, problems=unequal)
        engine = self._engine()
        if missing := engine.problems():
            raise ModelError("something is missing there", problems=missing)
        return engine.load(self._note, self._order.view.decode)

    def _engine(self) -> Engine:
        """The engine, as the run has it. Raises ModelError for one of other code."""
        order = self._order
        load_catalogue(order.include).check()
        if order.registration and order.card.name not in REGISTRY.models:
            REGISTRY.models[order.card.name] = order.registration
        engine = open_engine(order.card, order.seed)
        if fingerprint(engine.identity) != order.identity:
            raise ModelError(f"{order.card.name!r} is another model there: its code or its files differ")
        return engine

    def _note(self, line: str) -> None:
        with self._changed:
            self._notes.append(line)
            self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        with self._changed:
            loading = not self._has_answered  # models load as late as with the first clip
            if isinstance(error, MabenchError):
                message = ": ".join([error.message, *(["; ".join(error.problems)] if error.problems else [])])
                self._failure = Failure(message, error.hint, loading)
            else:
                self._failure = Failure(f"{type(error).__name__}: {error}", loading=loading)
            self._changed.notify_all()

    def _ready(self, handed: ClipAssignment) -> PreparedClip:
        if self._order.view.sampling is None:
            return handed.planned, lambda: None
        return handed.planned, self._pool.submit(self._decode, handed).result

    def _decode(self, handed: ClipAssignment) -> Frames | None:
        if handed.content is None:
            return self._order.view.shown(handed.planned.clip)
        with tempfile.TemporaryDirectory(prefix="mabench_eval_") as folder:
            path = Path(folder) / f"{handed.planned.clip.name}.mp4"
            path.write_bytes(handed.content)
            return self._order.view.shown(replace(handed.planned.clip, path=path))
