"""Asking: clips with their questions in, answers out as they come; the same in a run's process and in a worker's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from mabench_eval.engines import Engine, Model
from mabench_eval.errors import ClipError
from mabench_eval.planning import PlannedClip
from mabench_eval.types import Clip, ClipWork, Frames, Response
from mabench_eval.video import DECODERS, InputMode, Sampling, arranged, prepare_ahead

SILENT = "the model gave no response"

PreparedClip = tuple[PlannedClip, Callable[[], Frames | None]]
"""A clip, and what gives its frames or raises ClipError; None for a model that does not look."""
ShouldStop = Callable[[], bool]
"""Whether no further clip may be handed to the model."""


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A response with what the run has to know of it besides."""

    response: Response
    frames: tuple[int, ...] | None = None
    """Numbers of the frames that the model saw."""
    of_clip: bool = False
    """The clip's failure, and not the model's: it could not be decoded."""


@dataclass(frozen=True, slots=True)
class FrameView:
    """What a model sees of a clip. Picklable: a worker decodes for itself."""

    sampling: Sampling | None
    """None: nothing."""
    decoder: str | None
    input: InputMode
    seed: int

    def decode(self, clip: Clip) -> Frames:
        """The sampled frames. Raises ClipError."""
        assert self.decoder and self.sampling and clip.path, "the preflight sees to these"
        return DECODERS[self.decoder](clip.path, self.sampling)

    def shown(self, clip: Clip) -> Frames | None:
        """The frames as the input mode shows them. Raises ClipError."""
        return arranged(self.decode(clip), self.input, self.seed, clip) if self.sampling else None


class Executor(Protocol):
    """What asks: the model in this process, or workers."""

    def ask(self, clips: Sequence[PlannedClip], enough: ShouldStop) -> Generator[AnsweredRequest]:
        """Answer all requests of the clips that could be handed over until ``enough()``; each once, in any order.

        Nothing goes on when the generator is closed. Raises ModelError when nothing can go on.
        """


class InProcessExecutor:
    """The model in this process."""

    def __init__(self, engine: Engine, view: FrameView, note: Callable[[str], None]) -> None:
        self._engine, self._view, self._note = engine, view, note

    def ask(self, clips: Sequence[PlannedClip], enough: ShouldStop) -> Generator[AnsweredRequest]:
        """Load the model and ask it."""
        model = self._engine.load(self._note, self._view.decode)
        if self._view.sampling is None:
            yield from answers(model, ((planned, lambda: None) for planned in clips), enough)
            return
        with closing(prepare_ahead(clips, lambda planned: self._view.shown(planned.clip))) as ready:
            yield from answers(model, ready, enough)


def answers(model: Model, ready: Iterable[PreparedClip], enough: ShouldStop) -> Generator[AnsweredRequest]:
    """Hand the clips over as the model draws them; the questions of one that cannot be decoded become errors."""
    handed: dict[str, tuple[int, ...] | None] = {}  # not the frames: they must go when the engine lets go of them
    failed: deque[AnsweredRequest] = deque()

    def work() -> Generator[ClipWork]:
        for planned, get in ready:
            if enough():
                return
            try:
                frames = get()
            except ClipError as error:
                lost = (Response(request.key, error=error.message) for request in planned.requests)
                failed.extend(AnsweredRequest(response, of_clip=True) for response in lost)
            else:
                indices = frames.indices if frames else None
                handed.update((request.key, indices) for request in planned.requests)
                yield ClipWork(planned.clip, frames, planned.requests)
                del frames

    with closing(work()) as drawn:
        for response in model.generate(drawn):
            yield AnsweredRequest(response, handed.pop(response.key))
            while failed:  # drawing may be another thread's
                yield failed.popleft()
    yield from failed
    for key, indices in handed.items():
        yield AnsweredRequest(Response(key, error=SILENT), indices)
