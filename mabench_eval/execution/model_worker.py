"""A worker with an engine and its model, which decodes clips for itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from mabench_eval.catalogue import REGISTRY, load_catalogue
from mabench_eval.engines import Engine, Model, open_engine
from mabench_eval.errors import ModelError
from mabench_eval.execution.executor import AnsweredRequest, PreparedClip, answer_clips
from mabench_eval.execution.messages import ClipAssignment, ModelSpec
from mabench_eval.execution.shared_clips import OTHER_CLIPS, differences
from mabench_eval.execution.worker import Work, Worker
from mabench_eval.journal import fingerprint
from mabench_eval.video import shown_frames

DECODING_THREADS = 2
"""And so clips that are decoded ahead of the model."""


class ModelWorker(Worker[ClipAssignment, PreparedClip, AnsweredRequest]):
    """Answers the requests of each clip by the run's model."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._engine: Engine | None = None
        self._pool = ThreadPoolExecutor(DECODING_THREADS, thread_name_prefix="decode")
        super().__init__()

    def _prepare(self, given: ClipAssignment) -> PreparedClip:
        if self._spec.view.sampling is None:
            return given.planned, lambda: None
        return given.planned, self._pool.submit(self._spec.view.shown, given.planned.clip, given.content).result

    def _load(self) -> Work[PreparedClip, AnsweredRequest]:
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
        engine.frames = shown_frames(spec.view.input, spec.view.sampling)
        if missing := engine.problems():
            raise ModelError("something is missing there", problems=missing)
        self._engine = engine
        return partial(_answers, engine.load(self._note, spec.view.decode))

    def _resolved(self) -> dict[str, Any]:
        return dict(self._engine.resolved) if self._engine else {}

    def _proves(self, answer: AnsweredRequest) -> bool:
        return not answer.clip_failed


def _answers(model: Model, clips: Iterator[PreparedClip]) -> Iterator[AnsweredRequest]:
    return answer_clips(model, clips, lambda: False)
