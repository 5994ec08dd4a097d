"""A run's requests answered by models in workers on Ray."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval.catalogue import MODULE, REGISTRY
from mabench_eval.execution.cluster import ClusterChoice, ClusterLayout, model_layout
from mabench_eval.execution.executor import AnsweredRequest, FrameView, ShouldStop
from mabench_eval.execution.messages import ClipAssignment, ModelSpec
from mabench_eval.execution.model_worker import ModelWorker
from mabench_eval.execution.scheduler import RayWorkers
from mabench_eval.journal import fingerprint
from mabench_eval.planning import PlannedClip, Run
from mabench_eval.types import Response


class RayExecutor(RayWorkers[PlannedClip, AnsweredRequest]):
    """Asks the model in workers on Ray."""

    unable = "cannot load the model"

    def __init__(self, run: Run, view: FrameView, note: Callable[[str], None]) -> None:
        self._run, self._view = run, view
        config = run.config
        assert config.workers is not None, "else the model is asked in this process"
        super().__init__(ClusterChoice(config.workers, config.ray, config.ship_clips, run.environment), note)

    def ask(self, clips: Sequence[PlannedClip], should_stop: ShouldStop) -> Generator[AnsweredRequest]:
        """Start workers and give them clips; they are gone when this ends, in whatever way."""
        return self.do(clips, should_stop)

    def _find_layout(self) -> ClusterLayout:
        card = self._run.card
        return model_layout(self._choice.workers, card.engine, dict(card.settings))

    def _files_of(self, task: PlannedClip) -> Sequence[Path]:
        return [task.clip.path] if task.clip.path and self._view.sampling is not None else []

    def _worker(self, sizes: Mapping[str, int | None]) -> tuple[type[ModelWorker], ModelSpec]:
        run = self._run
        registration = REGISTRY.models[run.card.name] if run.card.engine == "python" else None
        if registration and registration.target.__module__.startswith(MODULE):
            registration = None  # in a file, where the worker's catalogue finds it; code of a notebook is sent
        include = tuple(path.absolute() for path in run.config.include)
        identity = fingerprint(run.identity["model"])
        spec = ModelSpec(run.card, run.config.seed, include, registration, identity, self._view, sizes, Path.cwd())
        return ModelWorker, spec

    def _assignment(self, task: PlannedClip) -> ClipAssignment:
        """The clip under its absolute path, with its bytes where they are sent."""
        path = task.clip.path and task.clip.path.absolute()
        absolute = replace(task, clip=replace(task.clip, path=path))
        content = None
        if self._choice.ship_clips and self._view.sampling is not None and path:
            with suppress(OSError):  # the worker says that the clip cannot be read
                content = path.read_bytes()
        return ClipAssignment(absolute, content)

    def _learn(self, resolved: Mapping[str, Any]) -> None:
        self._run.engine.resolved |= resolved

    def _key_of(self, answer: AnsweredRequest) -> str:
        return answer.response.key

    def _given_up(self, task: PlannedClip, error: str) -> Iterator[AnsweredRequest]:
        for request in task.requests:
            yield AnsweredRequest(Response(request.key, error=error), clip_failed=True)
