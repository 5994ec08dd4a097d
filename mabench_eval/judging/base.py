"""The shape of every judge: open answers in, judgments out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from mabench_eval.journal import Budget, Price
from mabench_eval.types import Json, JudgeRequest, Judgment

Note = Callable[[str], None]
"""Takes a line that a user should see."""
HIGHEST = 5
"""Levels are integers 0-5."""


def quiet(line: str) -> None:
    """Drop the line."""


class Judge(ABC):
    """Who scores open answers. A judge states what differs from a free one that runs in this process.

    Making one is cheap: nothing is loaded or connected before ``judge``.
    """

    name: str
    """As tables call it."""
    official: bool = False
    """Whether this is the paper's judge."""

    @property
    @abstractmethod
    def identity(self) -> Json:
        """All that the scores depend on besides rubric, reference and answer."""

    @property
    def price(self) -> Price | None:
        """US dollars per million tokens; None where it costs nothing a token, or its price is not known."""
        return None

    @property
    def alongside(self) -> bool:
        """Whether it can judge while a model answers; else it waits until the model is done and gone."""
        return True

    def problems(self) -> list[str]:
        """What is missing (packages, keys, memory), a line each, with what to do about it."""
        return []

    def budget_problems(self) -> list[str]:
        """Why ``--max-cost`` could not be kept, a line each."""
        return []

    def charge(self, budget: Budget) -> None:  # noqa: B027 - most judges cost nothing
        """Have the calls to come charged to a budget."""

    @property
    def batch_price(self) -> float | None:
        """As an engine's: what its calls cost in a batch, as a share of their price; None: there are no batches."""
        return None

    def batch_files(self, requests: Iterable[JudgeRequest]) -> int:
        """Files that batches of these requests would take; 0 without batches."""
        return 0

    def use_batches(self, folder: Path, *, submit: bool) -> None:  # noqa: B027 - most judges have none
        """Have its calls made by batches, which are noted in a run's folder; new ones where ``submit``."""

    def stop(self) -> None:  # noqa: B027 - most judges end by themselves
        """Send nothing more by batches, and wait for none. Any thread may call."""

    def warnings(self) -> list[str]:
        """What a user should know before anything is spent, a line each."""
        return []

    @abstractmethod
    def judge(self, requests: Iterable[JudgeRequest], note: Note = quiet) -> Iterator[Judgment]:
        """Score each request; yield judgments as they come, in any order, keyed as the requests.

        What cannot be scored is a judgment with an error. Raises ModelError when nothing can go on.
        """
