"""Questions under way in vLLM: as many at once as a bounded number of clips has."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from mabench_eval.engines.asynchronous import Draw, first_of
from mabench_eval.engines.local.options import first_tokens, is_free, options_of
from mabench_eval.engines.local.seeds import own_seed
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm import failures, versions
from mabench_eval.engines.vllm.inputs import Prompts
from mabench_eval.engines.vllm.logs import Log
from mabench_eval.errors import ModelError
from mabench_eval.types import Request, Response

MOST_PIXELS = 2 << 30
"""Bytes of frames under way at which no further clip is drawn: 64 clips of eight frames of 1080x1296."""
MOST_CLIPS = 512
"""Clips under way, however small: 6,144 questions."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A clip's questions as vLLM takes them."""

    requests: tuple[Request, ...]
    prompts: tuple[dict[str, Any] | str, ...]
    """One for each, or what keeps it from having one."""
    size: int
    """Bytes of frames."""


class Asker:
    """The questions of a run; ``all`` lives in the engine's event loop."""

    def __init__(
        self, engine: Any, prompts: Prompts, settings: LocalSettings, seed: int, log: Log, more: Mapping[str, Any]
    ) -> None:
        """``more``: what every prompt carries besides, as the adapter."""
        self._engine, self._prompts, self._settings, self._seed = engine, prompts, settings, seed
        self._log, self._more = log, more
        self._since = log.place()
        self._length = int(engine.model_config.max_model_len)
        self._numbers = itertools.count()
        self._answered = False

    async def all(self, draw: Draw, pool: Executor, emit: Callable[[Response], None]) -> None:
        """Ask everything that ``draw`` gives, until it gives None; clips are drawn and prepared in ``pool``.

        All questions of a clip are under way together, so that its frames are worked through once. Raises ModelError,
        and what drawing raises.
        """
        loop = asyncio.get_running_loop()
        room = _Room()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await room.free()
                    clip = await loop.run_in_executor(pool, self._prepare, draw)
                    if clip is None:
                        return
                    self._begin(clip, group, room, emit)
                    del clip  # the questions alone hold the frames
        except BaseExceptionGroup as failed:  # of a question, or of drawing
            raise first_of(failed) from None

    def _begin(self, clip: _Prepared, group: asyncio.TaskGroup, room: _Room, emit: Callable[[Response], None]) -> None:
        """Put all questions of a clip under way; its place is free when the last has ended."""
        leave = room.enter(clip.size, len(clip.requests))
        for request, prompt in zip(clip.requests, clip.prompts, strict=True):
            group.create_task(self._ask(request, prompt, emit)).add_done_callback(leave)

    def _prepare(self, draw: Draw) -> _Prepared | None:
        """The next clip, its frames hashed once, its prompts in tokens."""
        work = draw()
        if work is None:
            return None
        prompts: list[dict[str, Any] | str] = []
        try:
            media = self._prompts.media(work.frames)
        except Exception as error:  # noqa: BLE001 - the clip's questions are lost, and the others go on
            return _Prepared(work.requests, (_unprepared(error),) * len(work.requests), 0)
        for request in work.requests:
            try:
                prompts.append(self._prompts.prompt(request, media))
            except Exception as error:  # noqa: BLE001 - templates and tokenizers raise what they like
                prompts.append(_unprepared(error))
        return _Prepared(work.requests, tuple(prompts), 0 if work.frames is None else work.frames.pixels.nbytes)

    async def _ask(self, request: Request, prompt: dict[str, Any] | str, emit: Callable[[Response], None]) -> None:
        """Put one question. What goes wrong with it is its own error, unless nothing can go on."""
        if isinstance(prompt, str):
            emit(Response(request.key, error=prompt))
            return
        from vllm.v1.engine.exceptions import EngineDeadError

        start, name = time.perf_counter(), f"{next(self._numbers)}"
        try:
            given = self._sampling(request)
            ready = await versions.rendered(self._engine, prompt)
            async for output in self._engine.generate(ready, given, request_id=name, **self._more):
                answer = output  # the only one: whole
            emit(self._response(request, given.max_tokens, answer, time.perf_counter() - start))
        except ModelError:
            raise
        except EngineDeadError:
            raise failures.engine_ended(self._settings, self._log, self._since) from None
        except Exception as error:  # noqa: BLE001 - only this question is lost
            tokens = error.tokens if isinstance(error, _TooSmallError) else failures.too_long(error)
            emit(Response(request.key, error=failures.line(error) if tokens is None else self._small(request, tokens)))

    def _sampling(self, request: Request) -> Any:
        """How the answer is looked for, by the answer mode. Raises ModelError where the mode cannot be had."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        given: dict[str, Any] = {
            "temperature": self._settings.temperature,
            "max_tokens": request.max_tokens,
            "output_kind": RequestOutputKind.FINAL_ONLY,
        }
        if self._settings.temperature:
            given["seed"] = own_seed(self._seed, request)
        if not is_free(self._settings, request):
            given["temperature"] = 0.0
            if self._settings.answers == "constrained":
                options = options_of(request)
                given |= versions.choice_of(options)
                # an option may be spelled out in tokens of a byte, and then ends
                given["max_tokens"] = 1 + max(len(option.encode()) for option in options)
            else:
                given |= versions.logprobs_of(list(first_tokens(request, self._prompts.ids).values()))
                given["max_tokens"] = 1
        return SamplingParams(**given)

    def _response(self, request: Request, limit: int, output: Any, seconds: float) -> Response:
        """The response in an output. Raises ValueError for one that is none or that the context cut off."""
        (answer,), prompt_tokens = output.outputs, len(output.prompt_token_ids)
        text, logprobs = answer.text.strip(), None
        if answer.finish_reason not in ("stop", "length"):
            raise ValueError(f"vllm broke off: {answer.finish_reason}")
        cut = answer.finish_reason == "length"
        if not is_free(self._settings, request) and self._settings.answers == "logprob":
            text, logprobs, cut = *self._best(request, answer.logprobs[0]), False
        elif cut and len(answer.token_ids) < limit:  # the context was full before
            raise _TooSmallError(prompt_tokens)
        self._answered = True
        return Response(
            request.key,
            text=text,
            stop_reason="length" if cut else ("stop" if text else "empty"),
            prompt_tokens=prompt_tokens,
            output_tokens=len(answer.token_ids),
            cached_tokens=output.num_cached_tokens,
            seconds=round(seconds, 6),
            logprobs=logprobs,
        )

    def _best(self, request: Request, found: Mapping[int, Any]) -> tuple[str, dict[str, float]]:
        """The option of the highest log-probability, and that of each. Raises ValueError where one was not told."""
        first = first_tokens(request, self._prompts.ids)
        if missing := [option for option, token in first.items() if token not in found]:
            raise ValueError(f"no log-probability of {', '.join(missing)} among the {len(found)} highest")
        logprobs = {option: float(found[token].logprob) for option, token in first.items()}
        return max(logprobs, key=lambda option: logprobs[option]), logprobs

    def _small(self, request: Request, prompt_tokens: int) -> str:
        """The error of a question that the context does not hold. Raises ModelError where none fitted before."""
        error = failures.context_too_small(self._settings, self._length, prompt_tokens, request.max_tokens)
        if not self._answered:
            raise error
        return f"{error.message}. {error.hint}"


class _TooSmallError(ValueError):
    """The context was full before the answer had ended."""

    def __init__(self, tokens: int) -> None:
        super().__init__(tokens)
        self.tokens = tokens
        """Of the prompt."""


class _Room:
    """Place for clips, by the bytes of their frames and by their number."""

    def __init__(self) -> None:
        self._clips = self._bytes = 0
        self._changed = asyncio.Event()

    async def free(self) -> None:
        """Wait until there is a place."""
        while self._clips >= MOST_CLIPS or self._bytes >= MOST_PIXELS:
            self._changed.clear()
            await self._changed.wait()

    def enter(self, size: int, questions: int) -> Callable[[object], None]:
        """Take a place; it is free again when what is returned has been called for each question."""
        self._clips, self._bytes, left = self._clips + 1, self._bytes + size, questions

        def leave(_: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                self._clips, self._bytes = self._clips - 1, self._bytes - size
                self._changed.set()

        return leave


def _unprepared(error: Exception) -> str:
    return f"cannot be prepared: {failures.line(error)}"
