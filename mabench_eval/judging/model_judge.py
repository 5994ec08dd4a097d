"""A model as a judge, through the same engines as the models under test: text in, a verdict out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mabench_eval.catalogue import JudgeCard, ModelCard
from mabench_eval.engines import BatchedModel, BatchPlace, Model, ask_texts, open_engine
from mabench_eval.journal import Budget, Price
from mabench_eval.judging import prompt
from mabench_eval.judging.base import Judge, Note, quiet
from mabench_eval.judging.verdict import UnreadableError, read_verdict
from mabench_eval.types import Clip, Frames, Json, JudgeRequest, Judgment, Request, Response

MAX_TOKENS = 1000
"""Token limit of a verdict: three lines and three integers, and room for a model that explains itself at length."""
SEED = 0
"""Where an endpoint takes one. Not the run's: a run with another seed has the same judge."""
_COUNTS = ("prompt_tokens", "output_tokens", "cached_tokens", "unmetered_usd")


class ModelJudge(Judge):
    """A model of the catalogue, or of an endpoint, that judges."""

    def __init__(self, card: JudgeCard, model: ModelCard) -> None:
        self._card = card
        self._engine = open_engine(model, SEED)
        self.name, self.official = card.name, card.official
        self._model: Model | None = None

    @property
    def identity(self) -> Json:
        """Card, model and prompt."""
        card = {"name": self._card.name, "engine": "model", "version": self._card.version}
        return {**card, "model": self._engine.identity, "prompt": prompt.VERSION, "max_tokens": MAX_TOKENS}

    @property
    def price(self) -> Price | None:
        """The model's."""
        return self._engine.price

    @property
    def alongside(self) -> bool:
        """A model elsewhere can; one on this machine would take the memory of the model that answers."""
        return self._engine.remote

    def problems(self) -> list[str]:
        """The engine's, under the judge's name."""
        return [f"judge {self.name!r}: {problem}" for problem in self._engine.problems()]

    def budget_problems(self) -> list[str]:
        """The engine's, under the judge's name."""
        return [f"judge {self.name!r}: {problem}" for problem in self._engine.budget_problems(looks=False)]

    def charge(self, budget: Budget) -> None:
        """The engine charges each call."""
        self._engine.budget = budget

    @property
    def batch_price(self) -> float | None:
        """The model's."""
        return self._engine.batch_price

    def batch_files(self, requests: Iterable[JudgeRequest]) -> int:
        """The engine's, of the first calls."""
        return self._engine.batch_files((prompt.judge_prompt(request, MAX_TOKENS) for request in requests), None)

    def use_batches(self, folder: Path, *, submit: bool) -> None:
        """The engine makes the calls."""
        self._engine.batches = BatchPlace(folder, self.name, submit)

    def stop(self) -> None:
        """The model does."""
        if isinstance(self._model, BatchedModel):
            self._model.stop()

    def warnings(self) -> list[str]:
        """The engine's, under the judge's name."""
        return [f"judge {self.name!r}: {warning}" for warning in self._engine.warnings()]

    def judge(self, requests: Iterable[JudgeRequest], note: Note = quiet) -> Iterator[Judgment]:
        """Ask for each verdict; what could not be read is asked for once more when all others are there."""
        self._model = model = self._engine.load(note, _no_frames)
        asked: dict[str, _Asked] = {}
        yield from _round(model, _first(requests, asked), asked)
        again = [asked[key].repair() for key in asked if asked[key].unreadable]
        if again:
            yield from _round(model, again, asked)


class _Asked:
    """One answer that is being judged."""

    def __init__(self, request: JudgeRequest) -> None:
        self.prompt = prompt.judge_prompt(request, MAX_TOKENS)
        self.unreadable = ""
        """What was wrong with the first reply, where it is worth asking again."""
        self.spent: dict[str, Any] = {"calls": 0, **dict.fromkeys(_COUNTS, 0)}
        self._request = request
        self._reply = ""

    def repair(self) -> Request:
        """The second and last attempt."""
        return prompt.repair_prompt(self.prompt, self._reply, self.unreadable)

    def judged(self, response: Response) -> Judgment | None:
        """The judgment in a response; None when it cannot be read and may be asked for again."""
        self.spent["calls"] += 1
        for name in _COUNTS:
            self.spent[name] += getattr(response, name) or 0
        first = self.spent["calls"] == 1
        factor = response.price_factor if first else _higher(self.spent["price_factor"], response.price_factor)
        self.spent["price_factor"] = factor
        key, spent = self._request.key, self.spent
        if response.text is None:
            return Judgment(key, error=response.error, **spent)
        try:
            levels, reasons = read_verdict(response.text, self._request.levels)
        except UnreadableError as error:
            if self.unreadable or response.stop_reason in ("refusal", "content_filter"):
                return Judgment(key, error=f"no verdict: {error}", text=response.text, **spent)
            self._reply, self.unreadable = response.text, str(error)
            return None
        return Judgment(key, levels, reasons, text=response.text, **spent)


def _higher(first: float | None, second: float | None) -> float | None:
    """Of two shares of a price; None is all of it."""
    return None if first is None or second is None else max(first, second)


def _first(requests: Iterable[JudgeRequest], asked: dict[str, _Asked]) -> Iterator[Request]:
    for request in requests:
        asked[request.key] = _Asked(request)
        yield asked[request.key].prompt


def _round(model: Model, requests: Iterable[Request], asked: Mapping[str, _Asked]) -> Iterator[Judgment]:
    for response in ask_texts(model, requests):
        judgment = asked[response.key].judged(response)
        if judgment is not None:
            yield judgment


def _no_frames(clip: Clip) -> Frames:
    raise AssertionError("a judge sees texts alone")
