"""A loaded checkpoint that answers clip by clip: the frames once, the questions of a clip together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch

from mabench_eval.engines.local.answer_modes import first_tokens, is_generated, options_of, request_seed
from mabench_eval.engines.local.model import answer_prepared
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.local.stdout import stdout_taken
from mabench_eval.engines.transformers import decoding
from mabench_eval.engines.transformers.decoding import Answer, Prefix, SuffixBatch
from mabench_eval.engines.transformers.loading import load_checkpoint
from mabench_eval.engines.transformers.prompts import PromptGroup, Prompts
from mabench_eval.errors import ModelError, error_line
from mabench_eval.types import ClipWork, Request, Response

MEMORY_HINT = "Take fewer frames (--frames), --set dtype=bfloat16, or a larger GPU."


class TransformersModel:
    """A model ready to answer."""

    def __init__(self, settings: LocalSettings, seed: int, note: Callable[[str], None]) -> None:
        """Load it. Raises ModelError."""
        self._settings, self._seed, self._note = settings, seed, note
        self._model, processor = load_checkpoint(settings)
        self._prompts = Prompts(processor, settings)
        self._eos_ids = _eos_ids(self._model, processor)
        self._batch_size = settings.batch

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer each clip's requests; the next clip is prepared on another thread meanwhile."""
        return answer_prepared(work, self._prompts.groups, lambda _, groups: self._answer(groups))

    def _answer(self, groups: list[PromptGroup]) -> Iterator[Response]:
        for group in groups:
            yield from self._answer_group(self._prefill(group), group)

    def _prefill(self, group: PromptGroup) -> Prefix:
        prefix, suffix = group.prefix["input_ids"].shape[1], max(map(len, group.suffixes))
        context = self._settings.context or context_of(self._model.config)
        needed = prefix + suffix + max(request.max_tokens for request in group.requests)
        if context is not None and needed > context:
            raise ModelError(
                f"{self._settings.repo} reads {context:,} tokens; a question of this run needs {needed:,}, "
                f"{prefix:,} of them up to the end of the frames",
                hint="Take fewer frames (--frames), or smaller answers (max_tokens in --prompts).",
            )
        try:
            with stdout_taken():
                return decoding.prefill(self._model, group.prefix)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"memory ran out over the {prefix:,} tokens of one clip: {error_line(error)}", hint=MEMORY_HINT
            ) from error

    def _answer_group(self, prefix: Prefix, group: PromptGroup) -> Iterator[Response]:
        # In two passes, since a batch is decoded in one way: generated answers, and those chosen among options.
        pairs = list(zip(group.requests, group.suffixes, strict=True))
        generated = [pair for pair in pairs if is_generated(self._settings, pair[0])]
        chosen = [pair for pair in pairs if not is_generated(self._settings, pair[0])]
        for remaining in (generated, chosen):
            while remaining:
                batch = remaining[: self._batch_size]
                start = time.perf_counter()
                answers = self._answer_batch(prefix, batch)
                if answers is None:  # out of memory: the same again, fewer at a time
                    continue
                remaining = remaining[len(batch) :]
                seconds = (time.perf_counter() - start) / len(batch)
                for (request, suffix), answer in zip(batch, answers, strict=True):
                    yield self._response(request, answer, prefix.length + len(suffix), seconds)

    def _answer_batch(self, prefix: Prefix, batch: Sequence[tuple[Request, list[int]]]) -> list[Answer] | None:
        """Answers to questions, each with its suffix; None when memory ran out, and the next batch is smaller."""
        try:
            with stdout_taken():
                suffixes = SuffixBatch(self._model, prefix, [suffix for _, suffix in batch], min(self._eos_ids))
                return self._decode(suffixes, [request for request, _ in batch])
        except torch.OutOfMemoryError as error:
            if len(batch) == 1:
                raise ModelError(
                    f"memory ran out over a single question: {error_line(error)}", hint=MEMORY_HINT
                ) from error
            self._batch_size = len(batch) // 2
            torch.cuda.empty_cache()
            self._note(f"out of memory: {self._batch_size} questions at once from here on")
            return None

    def _decode(self, batch: SuffixBatch, requests: Sequence[Request]) -> list[Answer]:
        """By the answer mode, which is the same for all of a batch."""
        if is_generated(self._settings, requests[0]):
            max_tokens = [request.max_tokens for request in requests]
            generators = [torch.Generator().manual_seed(request_seed(self._seed, request)) for request in requests]
            return decoding.generate(batch, max_tokens, self._eos_ids, self._settings.temperature, generators)
        token_ids = self._prompts.token_ids
        if self._settings.answers == "constrained":
            options = [[token_ids(option) for option in options_of(request)] for request in requests]
            return decoding.decode_constrained(batch, options)
        return decoding.score_options(batch, [first_tokens(request, token_ids) for request in requests])

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


def context_of(config: Any) -> int | None:
    """Tokens that a checkpoint can read, by its configuration; None where that does not say."""
    length: int | None = getattr(config.get_text_config(), "max_position_embeddings", None)
    return length


def _eos_ids(model: Any, processor: Any) -> frozenset[int]:
    """Token ids that end an answer: the generation configuration's and the tokenizer's."""
    configured = model.generation_config.eos_token_id
    own = getattr(processor, "tokenizer", processor).eos_token_id
    ids = [*(configured if isinstance(configured, list) else [configured]), own]
    return frozenset(token for token in ids if token is not None)
