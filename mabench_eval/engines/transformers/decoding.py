"""Answers from a shared beginning: one pass over the frames, then all questions of a clip from copies of its cache."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Beginning:
    """A shared beginning that has been read."""

    cache: Any
    """Its key-value cache, a batch of one."""
    length: int
    """Tokens."""
    position: int
    """Of the first token after it; differs from ``length`` where frames take other positions than tokens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was generated for one question."""

    ids: list[int]
    """Without the token that ended it."""
    finished: bool
    """False: cut off at the token limit."""
    logprobs: Mapping[str, float] | None = None
    """Option -> log-probability, where they were read."""


def read_beginning(model: Any, head: Mapping[str, Any]) -> Beginning:
    """Run the shared beginning, frames included, through the model: the vision tower works here and nowhere else."""
    inputs = {name: _placed(value, model) for name, value in head.items()}
    inner = getattr(model, "model", model)
    if hasattr(inner, "rope_deltas") and not any("pixel" in name for name in inputs):
        inner.rope_deltas = None  # text alone would be placed as after the frames before
    with torch.inference_mode():
        outputs = model(**inputs, use_cache=True, logits_to_keep=1)
    length = inputs["input_ids"].shape[1]
    deltas = getattr(inner, "rope_deltas", None)
    shift = int(deltas.reshape(-1)[0]) if deltas is not None else 0
    return Beginning(outputs.past_key_values, length, length + shift)


class Continuation:
    """A batch of questions on one beginning."""

    def __init__(self, model: Any, beginning: Beginning, tails: Sequence[Sequence[int]], pad: int) -> None:
        """``tails``: token ids of each question, at least one each."""
        self._model, self._beginning = model, beginning
        count, width = len(tails), max(map(len, tails))
        self._cache = copy.deepcopy(beginning.cache)
        self._cache.batch_repeat_interleave(count)
        # padded on the left, between beginning and question: the last column holds everybody's last token
        ids = torch.tensor([[pad] * (width - len(tail)) + list(tail) for tail in tails])
        own = torch.tensor([[0] * (width - len(tail)) + [1] * len(tail) for tail in tails])
        self._mask = torch.cat([torch.ones(count, beginning.length, dtype=own.dtype), own], dim=1).to(model.device)
        positions = beginning.position + (own.cumsum(1) - 1).clamp(min=0)
        self._next = positions[:, -1:].to(model.device) + 1
        self.logits = self._step(ids.to(model.device), positions.to(model.device))
        """(questions, vocabulary), float32: of the next token."""

    def advance(self, tokens: Sequence[int]) -> None:
        """Take one more token for each question; ``logits`` are then those of the next."""
        ids = torch.tensor(tokens, device=self._model.device).reshape(-1, 1)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], dim=1)
        self.logits = self._step(ids, self._next)
        self._next = self._next + 1

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with some of the questions alone."""
        chosen = torch.tensor(rows, device=self._model.device)
        self._cache.batch_select_indices(chosen)
        self._mask, self._next, self.logits = self._mask[chosen], self._next[chosen], self.logits[chosen]

    def _step(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            outputs = self._model(
                input_ids=ids,
                attention_mask=self._mask,
                position_ids=positions,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        return outputs.logits[:, -1].float()


def generate(
    continuation: Continuation,
    limits: Sequence[int],
    ends: frozenset[int],
    temperature: float,
    randomness: Sequence[torch.Generator],
) -> list[Answer]:
    """Free text for each question, greedy at temperature 0, up to its token limit or one of the ``ends``.

    ``randomness``: of each question its own, so that what is asked beside it changes nothing.
    """
    answers: list[list[int]] = [[] for _ in limits]
    finished = [False] * len(limits)
    rows = list(range(len(limits)))
    """The questions still at work, in the order of the continuation's rows."""
    while rows:
        tokens = _choose(continuation.logits, temperature, [randomness[number] for number in rows])
        stay = []
        for row, number in enumerate(rows):
            finished[number] = tokens[row] in ends
            if not finished[number]:
                answers[number].append(tokens[row])
                if len(answers[number]) < limits[number]:
                    stay.append(row)
        if stay and len(stay) < len(rows):
            continuation.keep(stay)
        rows = [rows[row] for row in stay]
        if rows:
            continuation.advance([tokens[row] for row in stay])
    return [Answer(ids, done) for ids, done in zip(answers, finished, strict=True)]


def constrain(continuation: Continuation, options: Sequence[Sequence[Sequence[int]]]) -> list[Answer]:
    """For each question the option that greedy decoding reaches when nothing but options is allowed.

    ``options``: for each question, the token ids of each option.
    """
    reached: list[list[int]] = [[] for _ in options]
    while True:
        open_ = {number for number, own in enumerate(options) if reached[number] not in [list(ids) for ids in own]}
        if not open_:
            return [Answer(ids, finished=True) for ids in reached]
        for number in open_:
            logits = continuation.logits[number]
            allowed = _next_tokens(options[number], reached[number])
            reached[number].append(max(allowed, key=logits.__getitem__))
        continuation.advance([ids[-1] for ids in reached])


def _next_tokens(options: Sequence[Sequence[int]], reached: Sequence[int]) -> list[int]:
    """Tokens that lead on from what has been reached towards an option."""
    here = len(reached)
    return sorted({ids[here] for ids in options if len(ids) > here and list(ids[:here]) == list(reached)})


def score(continuation: Continuation, options: Sequence[Mapping[str, int]]) -> list[Answer]:
    """For each question the log-probability of each option's first token, and the best option; one pass."""
    found = torch.log_softmax(continuation.logits, dim=-1)
    answers = []
    for number, own in enumerate(options):
        logprobs = {option: float(found[number, token]) for option, token in own.items()}
        best = max(logprobs, key=lambda option: logprobs[option])
        answers.append(Answer([own[best]], finished=True, logprobs=logprobs))
    return answers


def _choose(logits: torch.Tensor, temperature: float, randomness: Sequence[torch.Generator]) -> list[int]:
    if temperature == 0:
        return [int(token) for token in logits.argmax(dim=-1)]
    shares = torch.softmax(logits.cpu() / temperature, dim=-1)
    return [int(torch.multinomial(row, 1, generator=own)) for row, own in zip(shares, randomness, strict=True)]


def _placed(value: Any, model: Any) -> Any:
    """A tensor on the model's device, pixels in its number format."""
    if not isinstance(value, torch.Tensor):
        return value
    return value.to(model.device, model.dtype) if value.is_floating_point() else value.to(model.device)
