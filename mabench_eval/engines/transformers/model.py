"""A loaded checkpoint at work: clip by clip, the frames once, the questions of a clip together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch

from mabench_eval.engines.local.options import first_tokens, is_free, options_of
from mabench_eval.engines.local.prefetch import prepared_ahead, unprepared
from mabench_eval.engines.local.seeds import own_seed
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.transformers import decoding
from mabench_eval.engines.transformers.decoding import Answer, Beginning, Continuation
from mabench_eval.engines.transformers.loading import load_checkpoint
from mabench_eval.engines.transformers.prompts import Group, Prompts
from mabench_eval.errors import ModelError
from mabench_eval.types import ClipWork, Request, Response


class LoadedModel:
    """A model ready to answer."""

    def __init__(self, settings: LocalSettings, seed: int, note: Callable[[str], None]) -> None:
        """Load it. Raises ModelError."""
        self._settings, self._note = settings, note
        self._model, processor = load_checkpoint(settings)
        self._prompts = Prompts(processor, settings)
        self._ends = _ends(self._model, processor)
        self._batch = settings.batch
        self._seed = seed

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer each clip's requests; the next clip is prepared on another thread meanwhile."""
        for clip, groups in prepared_ahead(work, self._prompts.groups):
            yield from unprepared(clip, groups) if isinstance(groups, Exception) else self._answer(groups)

    def _answer(self, groups: list[Group]) -> Iterator[Response]:
        for group in groups:
            yield from self._answer_group(self._read(group), group)

    def _answer_group(self, beginning: Beginning, group: Group) -> Iterator[Response]:
        pairs = list(zip(group.requests, group.tails, strict=True))
        free = [pair for pair in pairs if is_free(self._settings, pair[0])]
        for left in (free, [pair for pair in pairs if not is_free(self._settings, pair[0])]):
            while left:
                some = left[: self._batch]
                start = time.perf_counter()
                answers = self._ask(beginning, some)
                if answers is None:  # out of memory: the same again, fewer at once
                    continue
                left = left[len(some) :]
                seconds = (time.perf_counter() - start) / len(some)
                for (request, tail), answer in zip(some, answers, strict=True):
                    yield self._response(request, answer, beginning.length + len(tail), seconds)

    def _read(self, group: Group) -> Beginning:
        tokens, longest = group.head["input_ids"].shape[1], max(map(len, group.tails))
        context = self._settings.context or _context(self._model)
        needed = tokens + longest + max(request.max_tokens for request in group.requests)
        if context is not None and needed > context:
            raise ModelError(
                f"{self._settings.repo} reads {context:,} tokens; a question of this run needs {needed:,}, "
                f"{tokens:,} of them up to the end of the frames",
                hint="Take fewer frames (--frames), or smaller answers (max_tokens in --prompts).",
            )
        try:
            return decoding.read_beginning(self._model, group.head)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"memory ran out over the {tokens:,} tokens of one clip: {_line(error)}",
                hint="Take fewer frames (--frames), --set dtype=bfloat16, or a larger GPU.",
            ) from error

    def _ask(self, beginning: Beginning, some: Sequence[tuple[Request, list[int]]]) -> list[Answer] | None:
        """Answers to some questions on one beginning; None when memory ran out and the next batch is smaller."""
        try:
            continuation = Continuation(self._model, beginning, [tail for _, tail in some], min(self._ends))
            return self._by_mode(continuation, [request for request, _ in some])
        except torch.OutOfMemoryError as error:
            if len(some) == 1:
                raise ModelError(
                    f"memory ran out over a single question: {_line(error)}",
                    hint="Take fewer frames (--frames), --set dtype=bfloat16, or a larger GPU.",
                ) from error
            self._batch = len(some) // 2
            torch.cuda.empty_cache()
            self._note(f"out of memory: {self._batch} questions at once from here on")
            return None

    def _by_mode(self, continuation: Continuation, requests: Sequence[Request]) -> list[Answer]:
        if is_free(self._settings, requests[0]):
            limits = [request.max_tokens for request in requests]
            randomness = [torch.Generator().manual_seed(own_seed(self._seed, request)) for request in requests]
            return decoding.generate(continuation, limits, self._ends, self._settings.temperature, randomness)
        if self._settings.answers == "constrained":
            spelled = [[self._prompts.ids(option) for option in options_of(request)] for request in requests]
            return decoding.constrain(continuation, spelled)
        return decoding.score(continuation, [first_tokens(request, self._prompts.ids) for request in requests])

    def _response(self, request: Request, answer: Answer, prompt_tokens: int, seconds: float) -> Response:
        text = self._prompts.decode(answer.ids)
        return Response(
            request.key,
            text=text,
            stop_reason=("stop" if text else "empty") if answer.finished else "length",
            prompt_tokens=prompt_tokens,
            output_tokens=len(answer.ids),
            seconds=round(seconds, 6),
            logprobs=answer.logprobs,
        )


def _ends(model: Any, processor: Any) -> frozenset[int]:
    """Token ids that end an answer: the generation settings' and the tokenizer's."""
    given = model.generation_config.eos_token_id
    own = getattr(processor, "tokenizer", processor).eos_token_id
    found = [*(given if isinstance(given, list) else [given]), own]
    return frozenset(token for token in found if token is not None)


def _context(model: Any) -> int | None:
    config = model.config.get_text_config()
    length: int | None = getattr(config, "max_position_embeddings", None)
    return length


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
