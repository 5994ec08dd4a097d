"""Answers from a shared prefix: one pass over the frames, then all questions of a clip on copies of its cache."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Prefix:
    """The shared beginning of some prompts, after its forward pass."""

    cache: Any
    """Its key-value cache, a batch of one."""
    length: int
    """Tokens."""
    position: int
    """Position id of the first token after it; not ``length`` where frames take other positions than their tokens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was generated for one question."""

    ids: list[int]
    """Token ids, without the one that ended it."""
    finished: bool
    """False: cut off at the token limit."""
    logprobs: Mapping[str, float] | None = None
    """Option -> log-probability, where they were read."""


def prefill(model: Any, inputs: Mapping[str, Any]) -> Prefix:
    """Run the prefix, frames included, through the model. The vision tower runs here and nowhere else.

    ``inputs``: the processor's tensors, a batch of one.
    """
    inputs = {name: _placed(value, model) for name, value in inputs.items()}
    inner = getattr(model, "model", model)
    if hasattr(inner, "rope_deltas") and not any("pixel" in name for name in inputs):
        inner.rope_deltas = None  # else text alone would get positions as if after the frames of the clip before
    with torch.inference_mode():
        outputs = model(**inputs, use_cache=True, logits_to_keep=1)
    length = inputs["input_ids"].shape[1]
    deltas = getattr(inner, "rope_deltas", None)
    shift = int(deltas.reshape(-1)[0]) if deltas is not None else 0
    return Prefix(getattr(outputs, cache_name(model)), length, length + shift)


def cache_name(model: Any) -> str:
    """What the model's ``forward`` calls its key-value cache.

    From transformers 5.24 on it is ``cache``; the older name goes in 5.40. A repository's own code keeps the older one.
    """
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


class SuffixBatch:
    """A batch of questions after one prefix, decoded token by token."""

    def __init__(self, model: Any, prefix: Prefix, suffixes: Sequence[Sequence[int]], pad: int) -> None:
        """``suffixes``: token ids of each question, at least one each; ``pad``: any token id."""
        self._model = model
        count, width = len(suffixes), max(map(len, suffixes))
        self._cache = copy.deepcopy(prefix.cache)
        self._cache.batch_repeat_interleave(count)

        # Padded on the left, between prefix and question, so that the last column holds every question's last token.
        ids = torch.tensor([[pad] * (width - len(suffix)) + list(suffix) for suffix in suffixes])
        own = torch.tensor([[0] * (width - len(suffix)) + [1] * len(suffix) for suffix in suffixes])
        self._mask = torch.cat([torch.ones(count, prefix.length, dtype=own.dtype), own], dim=1).to(model.device)
        positions = prefix.position + (own.cumsum(1) - 1).clamp(min=0)
        self._next_position = positions[:, -1:].to(model.device) + 1

        self.logits = self._forward(ids.to(model.device), positions.to(model.device))
        """(questions, vocabulary), float32: of the next token."""

    def advance(self, tokens: Sequence[int]) -> None:
        """Append one token to each question; ``logits`` are then those of the next."""
        ids = torch.tensor(tokens, device=self._model.device).reshape(-1, 1)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], dim=1)
        self.logits = self._forward(ids, self._next_position)
        self._next_position = self._next_position + 1

    def keep(self, rows: Sequence[int]) -> None:
        """Continue with these rows of the batch alone."""
        chosen = torch.tensor(rows, device=self._model.device)
        self._cache.batch_select_indices(chosen)
        self._mask, self._next_position = self._mask[chosen], self._next_position[chosen]
        self.logits = self.logits[chosen]

    def _forward(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            outputs = self._model(
                input_ids=ids,
                attention_mask=self._mask,
                position_ids=positions,
                use_cache=True,
                logits_to_keep=1,
                **{cache_name(self._model): self._cache},
            )
        return outputs.logits[:, -1].float()


def generate(
    batch: SuffixBatch,
    max_tokens: Sequence[int],
    eos_ids: frozenset[int],
    temperature: float,
    generators: Sequence[torch.Generator],
) -> list[Answer]:
    """Free text for each question, greedy at temperature 0, up to its ``max_tokens`` or one of the ``eos_ids``.

    ``generators``: one for each question, so that what is asked beside it changes nothing.
    """
    answers: list[list[int]] = [[] for _ in max_tokens]
    finished = [False] * len(max_tokens)
    rows = list(range(len(max_tokens)))
    """The questions still being answered, in the order of the batch's rows."""
    while rows:
        tokens = _next_tokens(batch.logits, temperature, [generators[number] for number in rows])
        stay = []
        for row, number in enumerate(rows):
            finished[number] = tokens[row] in eos_ids
            if not finished[number]:
                answers[number].append(tokens[row])
                if len(answers[number]) < max_tokens[number]:
                    stay.append(row)

        if stay and len(stay) < len(rows):
            batch.keep(stay)
        rows = [rows[row] for row in stay]
        if rows:
            batch.advance([tokens[row] for row in stay])
    return [Answer(ids, done) for ids, done in zip(answers, finished, strict=True)]


def decode_constrained(batch: SuffixBatch, options: Sequence[Sequence[Sequence[int]]]) -> list[Answer]:
    """For each question the option that greedy decoding reaches when only options are allowed.

    ``options``: for each question, the token ids of each option.
    """
    answers: list[list[int]] = [[] for _ in options]
    while True:
        unfinished = [number for number, own in enumerate(options) if answers[number] not in [list(ids) for ids in own]]
        if not unfinished:
            return [Answer(ids, finished=True) for ids in answers]
        for number in unfinished:
            logits = batch.logits[number]
            allowed = _allowed_tokens(options[number], answers[number])
            answers[number].append(max(allowed, key=logits.__getitem__))
        batch.advance([ids[-1] for ids in answers])


def _allowed_tokens(options: Sequence[Sequence[int]], answer: Sequence[int]) -> list[int]:
    """Tokens that continue an answer towards an option."""
    length = len(answer)
    return sorted({ids[length] for ids in options if len(ids) > length and list(ids[:length]) == list(answer)})


def score_options(batch: SuffixBatch, options: Sequence[Mapping[str, int]]) -> list[Answer]:
    """For each question the log-probability of each option's first token, and the best option; one forward pass.

    ``options``: for each question, option -> its first token.
    """
    scores = torch.log_softmax(batch.logits, dim=-1)
    answers = []
    for row, first_tokens in enumerate(options):
        logprobs = {option: float(scores[row, token]) for option, token in first_tokens.items()}
        best = max(logprobs, key=lambda option: logprobs[option])
        answers.append(Answer([first_tokens[best]], finished=True, logprobs=logprobs))
    return answers


def _next_tokens(logits: torch.Tensor, temperature: float, generators: Sequence[torch.Generator]) -> list[int]:
    if temperature == 0:
        return [int(token) for token in logits.argmax(dim=-1)]
    probabilities = torch.softmax(logits.cpu() / temperature, dim=-1)
    return [int(torch.multinomial(row, 1, generator=own)) for row, own in zip(probabilities, generators, strict=True)]


def _placed(value: Any, model: Any) -> Any:
    """A tensor on the model's device, pixels in its number format; anything else as it is."""
    if not isinstance(value, torch.Tensor):
        return value
    return value.to(model.device, model.dtype) if value.is_floating_point() else value.to(model.device)
