"""Executors: clips with their requests in, answers out as they come. One asks the model in its own process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from mabench_eval.engines import BatchedModel, Engine, Model, Seen, ask_in_rounds
from mabench_eval.errors import ClipError
from mabench_eval.planning import PlannedClip
from mabench_eval.types import Clip, ClipWork, Frames, Response
from mabench_eval.video import (
    DecoderName,
    InputMode,
    Sampling,
    WholeClip,
    arranged,
    decode,
    decode_content,
    prepare_ahead,
    read_whole,
)

NO_RESPONSE = "the model gave no response"

Shown = Frames | bytes | None
"""What a model is given of a clip: its frames, or its file; None for a model that does not look."""
PreparedClip = tuple[PlannedClip, Callable[[], Shown]]
"""A clip, and a function that gives what is shown of it or raises ClipError."""
NOTHING_UNDER_WAY: Mapping[str, Seen] = MappingProxyType({})
ShouldStop = Callable[[], bool]
"""Whether no further clip may be given to the model."""


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A response, with what the run needs to know besides."""

    response: Response
    frames: tuple[int, ...] | None = None
    """Numbers of the frames that the model saw."""
    decoder: str | None = None
    """As in :class:`Frames`."""
    clip_failed: bool = False
    """Whether the clip is to blame, and not the model: it could not be decoded, or killed its workers."""


@dataclass(frozen=True, slots=True)
class FrameView:
    """What a model sees of a clip. Can be pickled: workers decode for themselves."""

    sampling: Sampling | WholeClip | None
    """None: nothing."""
    input: InputMode
    seed: int
    decoder: DecoderName

    def decode(self, clip: Clip, content: bytes | None = None) -> Frames:
        """The sampled frames; ``content`` are the file's bytes where they were sent. Raises ClipError."""
        assert isinstance(self.sampling, Sampling), "a model that does not look asks for no frames"
        if content is None:
            return decode(clip, self.sampling, self.decoder)
        return decode_content(content, clip, self.sampling, self.decoder)

    def shown(self, clip: Clip, content: bytes | None = None) -> Shown:
        """The sampled frames as the input mode shows them, or the clip's file. Raises ClipError."""
        if isinstance(self.sampling, WholeClip):
            return read_whole(clip)
        return arranged(self.decode(clip, content), self.input, self.seed, clip) if self.sampling else None


class Executor(Protocol):
    """Has requests answered: by the model in this process, or by workers."""

    def ask(self, clips: Sequence[PlannedClip], should_stop: ShouldStop) -> Generator[AnsweredRequest]:
        """Answer each request of the clips once, in any order; of those clips that are begun before ``should_stop()``.

        Closing the generator ends all work. Raises ModelError when nothing can go on.
        """


class InProcessExecutor:
    """Asks the model in this process, in rounds where its answers come by batches."""

    def __init__(self, engine: Engine, view: FrameView, note: Callable[[str], None]) -> None:
        self._engine, self._view, self._note = engine, view, note

    def ask(self, clips: Sequence[PlannedClip], should_stop: ShouldStop) -> Generator[AnsweredRequest]:
        """Load the model and ask it. Clips of which batches hold all requests are not decoded."""
        model = self._engine.load(self._note, self._view.decode)
        if not isinstance(model, BatchedModel):
            yield from self._ask(model, clips, should_stop, {})
            return

        def ask(keys: Collection[str], under_way: Mapping[str, Seen]) -> Generator[AnsweredRequest]:
            chosen = (planned.only(keys) for planned in clips)
            left = [planned for planned in chosen if planned.requests]
            yield from self._ask(model, left, should_stop, under_way)

        requests = [request for planned in clips for request in planned.requests]
        yield from ask_in_rounds(model, requests, ask, lambda answered: answered.response.key)

    def _ask(
        self, model: Model, clips: Sequence[PlannedClip], should_stop: ShouldStop, under_way: Mapping[str, Seen]
    ) -> Generator[AnsweredRequest]:
        if self._view.sampling is None:
            yield from answer_clips(model, ((planned, lambda: None) for planned in clips), should_stop, under_way)
            return
        with closing(prepare_ahead(clips, lambda planned: self._view.shown(planned.clip))) as prepared:
            yield from answer_clips(model, prepared, should_stop, under_way)


def answer_clips(
    model: Model,
    clips: Iterable[PreparedClip],
    should_stop: ShouldStop,
    under_way: Mapping[str, Seen] = NOTHING_UNDER_WAY,
) -> Generator[AnsweredRequest]:
    """Give the model clips as it draws them; the questions of a clip that cannot be decoded become errors.

    ``under_way``: requests of no clip here that the model gives responses for too.
    """
    # Frame numbers and their decoder, not frames: the engine decides when those go.
    unanswered = dict(under_way)
    undecoded: deque[AnsweredRequest] = deque()

    def work() -> Generator[ClipWork]:
        for planned, get_shown in clips:
            if should_stop():
                return
            try:
                shown = get_shown()
            except ClipError as error:
                for request in planned.requests:
                    undecoded.append(AnsweredRequest(Response(request.key, error=error.message), clip_failed=True))
            else:
                frames, content = (None, shown) if isinstance(shown, bytes) else (shown, None)
                seen = (frames.indices, frames.decoder) if frames else (None, None)
                unanswered.update((request.key, seen) for request in planned.requests)
                yield ClipWork(planned.clip, frames, planned.requests, content)
                del shown, frames, content

    with closing(work()) as drawn:
        for response in model.generate(drawn):
            yield AnsweredRequest(response, *unanswered.pop(response.key))
            while undecoded:  # the engine may draw on another thread
                yield undecoded.popleft()
    yield from undecoded
    for key, seen in unanswered.items():
        yield AnsweredRequest(Response(key, error=NO_RESPONSE), *seen)
