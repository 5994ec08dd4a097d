"""The requests of a run to vLLM: those of a bounded number of clips are in flight together."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mabench_eval.engines.asynchronous import ClipLimit, Draw, Emit
from mabench_eval.engines.local.answer_modes import first_tokens, is_generated, options_of, request_seed
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm import failures, versions
from mabench_eval.engines.vllm.failures import Log
from mabench_eval.engines.vllm.inputs import Prompts
from mabench_eval.engines.vllm.preprocessing import Preprocessor, Prompt
from mabench_eval.errors import ModelError
from mabench_eval.types import ClipWork, Request, Response

MAX_FRAME_BYTES = 2 << 30
"""Bytes of frames in flight at which no further clip is drawn: 64 clips of eight frames of 1080x1296."""
MAX_CLIPS = 512
"""Clips in flight at which no further one is drawn, however small their frames: 6,144 questions."""


@dataclass(frozen=True, slots=True)
class _PreparedClip:
    """A clip's questions as vLLM takes them."""

    requests: tuple[Request, ...]
    prompts: tuple[Prompt, ...]
    """One for each request; an error where there is none."""
    frame_bytes: int


class BusyClock:
    """The time in which the engine had a request, and in which it had none between two that it had."""

    def __init__(self) -> None:
        self.busy_s = self.idle_s = 0.0
        self._requests = 0
        self._since: float | None = None
        """When it last became busy or idle; None before the first request."""

    def enter(self) -> None:
        """A request is given to the engine."""
        if not self._requests:
            now = time.perf_counter()
            self.idle_s += 0.0 if self._since is None else now - self._since
            self._since = now
        self._requests += 1

    def leave(self) -> None:
        """A request is answered, or has failed."""
        self._requests -= 1
        if not self._requests and self._since is not None:
            now = time.perf_counter()
            self.busy_s += now - self._since
            self._since = now


class RequestPool:
    """The requests of a run; ``ask_all`` runs in the engine's event loop."""

    def __init__(
        self, engine: Any, prompts: Prompts, settings: LocalSettings, seed: int, log: Log, options: Mapping[str, Any]
    ) -> None:
        """``options``: further arguments of vLLM's ``generate``, such as the LoRA adapter."""
        self._engine, self._prompts, self._settings, self._seed = engine, prompts, settings, seed
        self._log, self._options = log, options
        self._log_start = log.size()
        self._context = int(engine.model_config.max_model_len)
        self._numbers = itertools.count()
        self._answered = False
        self._preprocessor, self._clock = Preprocessor(engine), BusyClock()
        self._clips = 0

    async def ask_all(self, draw: Draw, emit: Emit) -> None:
        """Ask all requests of the clips that ``draw`` gives. Raises ModelError, and what drawing raises.

        The requests of a clip are in flight together, so that its frames are processed once; the next clips' are
        prepared meanwhile.
        """
        clips = ClipLimit(MAX_FRAME_BYTES)
        async with asyncio.TaskGroup() as group:
            while True:
                await clips.wait()
                clip = await draw(self._prepare)
                if clip is None:
                    return
                self._start(clip, group, clips, emit)
                del clip  # the tasks alone keep the frames

    def _start(self, clip: _PreparedClip, group: asyncio.TaskGroup, clips: ClipLimit, emit: Emit) -> None:
        weight = max(clip.frame_bytes, MAX_FRAME_BYTES // MAX_CLIPS)
        request_ended = clips.enter(weight, len(clip.requests))
        self._clips += 1
        group.create_task(self._ask_clip(clip, group, emit, request_ended))

    async def _ask_clip(
        self, clip: _PreparedClip, group: asyncio.TaskGroup, emit: Emit, request_ended: Callable[[object], None]
    ) -> None:
        ready = await self._preprocessor.ready(clip.prompts)
        for request, prompt in zip(clip.requests, ready, strict=True):
            group.create_task(self._ask(request, prompt, emit)).add_done_callback(request_ended)

    def usage(self) -> dict[str, Any]:
        """How busy the engine was so far, and what preparing the frames took; for the end of a run, and its record."""
        seconds = self._clock.busy_s + self._clock.idle_s
        return {
            "idle_share": round(self._clock.idle_s / seconds, 4) if seconds else 0.0,
            "seconds": round(seconds, 3),
            "clips": self._clips,
            "preprocessing_seconds": round(self._preprocessor.seconds, 3),
            "preprocessing_threads": self._preprocessor.threads,
        }

    def _prepare(self, work: ClipWork) -> _PreparedClip:
        """A clip with its frames hashed once and its prompts in tokens; what cannot be prepared is an error."""
        try:
            media = self._prompts.media(work.frames)
        except Exception as error:  # noqa: BLE001 - the clip's questions are lost, and the others go on
            return _PreparedClip(work.requests, (error,) * len(work.requests), 0)

        prompts: list[Prompt] = []
        for request in work.requests:
            try:
                prompts.append(self._prompts.prompt(request, media))
            except Exception as error:  # noqa: BLE001 - templates and tokenizers may raise anything
                prompts.append(error)
        return _PreparedClip(work.requests, tuple(prompts), 0 if work.frames is None else work.frames.pixels.nbytes)

    async def _ask(self, request: Request, prompt: Prompt, emit: Emit) -> None:
        """Ask one question. What goes wrong with it is its own error, unless nothing can go on."""
        if isinstance(prompt, Exception):
            emit(Response(request.key, error=f"cannot be prepared: {failures.error_line(prompt)}"))
            return
        from vllm.v1.engine.exceptions import EngineDeadError

        start, name = time.perf_counter(), f"{next(self._numbers)}"
        try:
            sampling = self._sampling(request)
            given = await self._preprocessor.engine_input(prompt)
            self._clock.enter()
            try:
                async for output in self._engine.generate(given, sampling, request_id=name, **self._options):
                    final = output  # the only one: whole
            finally:
                self._clock.leave()
            emit(self._response(request, sampling.max_tokens, final, time.perf_counter() - start))
        except ModelError:
            raise
        except EngineDeadError:
            raise failures.engine_died(self._settings, self._log, self._log_start) from None
        except Exception as error:  # noqa: BLE001 - only this question is lost
            tokens = error.prompt_tokens if isinstance(error, _ContextFullError) else failures.too_long(error)
            message = failures.error_line(error) if tokens is None else self._context_error(request, tokens)
            emit(Response(request.key, error=message))

    def _sampling(self, request: Request) -> Any:
        """``SamplingParams`` by the answer mode. Raises ModelError where the mode cannot be had."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        given: dict[str, Any] = {
            "temperature": self._settings.temperature,
            "max_tokens": request.max_tokens,
            "output_kind": RequestOutputKind.FINAL_ONLY,
        }
        if self._settings.temperature:
            given["seed"] = request_seed(self._seed, request)
        if is_generated(self._settings, request):
            given |= versions.schema_of(request.schema) if request.schema else {}
        else:
            given["temperature"] = 0.0
            if self._settings.answers == "constrained":
                options = options_of(request)
                given |= versions.choice_of(options)
                # an option may be written in tokens of one byte each, and then the end
                given["max_tokens"] = 1 + max(len(option.encode()) for option in options)
            else:
                given |= versions.logprobs_of(list(first_tokens(request, self._prompts.token_ids).values()))
                given["max_tokens"] = 1
        return SamplingParams(**given)

    def _response(self, request: Request, max_tokens: int, output: Any, seconds: float) -> Response:
        """The response in an output. Raises ValueError for one that was aborted or that the context cut off."""
        (answer,), prompt_tokens = output.outputs, len(output.prompt_token_ids)
        text, logprobs = answer.text.strip(), None
        if answer.finish_reason not in ("stop", "length"):
            raise ValueError(f"vllm broke off: {answer.finish_reason}")
        cut_off = answer.finish_reason == "length"
        if not is_generated(self._settings, request) and self._settings.answers == "logprob":
            text, logprobs, cut_off = *self._best_option(request, answer.logprobs[0]), False
        elif cut_off and len(answer.token_ids) < max_tokens:
            raise _ContextFullError(prompt_tokens)

        self._answered = True
        return Response(
            request.key,
            text=text,
            stop_reason="length" if cut_off else ("stop" if text else "empty"),
            prompt_tokens=prompt_tokens,
            output_tokens=len(answer.token_ids),
            cached_tokens=output.num_cached_tokens,
            seconds=round(seconds, 6),
            logprobs=logprobs,
        )

    def _best_option(self, request: Request, by_token: Mapping[int, Any]) -> tuple[str, dict[str, float]]:
        """The option of the highest log-probability, and that of each. Raises ValueError where one is not known."""
        first = first_tokens(request, self._prompts.token_ids)
        if missing := [option for option, token in first.items() if token not in by_token]:
            raise ValueError(f"no log-probability of {', '.join(missing)} among the {len(by_token)} highest")
        logprobs = {option: float(by_token[token].logprob) for option, token in first.items()}
        return max(logprobs, key=lambda option: logprobs[option]), logprobs

    def _context_error(self, request: Request, prompt_tokens: int) -> str:
        """The error of a question that does not fit into the context. Raises ModelError where none has fitted yet."""
        error = failures.context_too_small(self._settings, self._context, prompt_tokens, request.max_tokens)
        if not self._answered:
            raise error
        return f"{error.message}. {error.hint}"


class _ContextFullError(ValueError):
    """The context was full before the answer had ended."""

    def __init__(self, prompt_tokens: int) -> None:
        super().__init__(prompt_tokens)
        self.prompt_tokens = prompt_tokens
