"""How a run reports its progress. The library prints nothing itself; the command line listens and prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener. Two stages may be under way at once."""

    def stage(self, name: str, total: int, done: int) -> None:
        """A stage (``answering``, ``judging``) begins: ``done`` of its ``total`` items are already in the journal."""

    def advance(self, stage: str, error: str | None = None) -> None:
        """One more item of a stage is done; ``error`` says why it failed. Any thread may call."""

    def retried(self, stage: str, times: int) -> None:
        """An item of a stage that is done was tried again so many times before. Any thread may call."""

    def note(self, line: str) -> None:
        """Something the user should know, said once. Any thread may call."""


class Silent:
    """Ignores all progress."""

    def stage(self, name: str, total: int, done: int) -> None:
        """Ignore it."""

    def advance(self, stage: str, error: str | None = None) -> None:
        """Ignore it."""

    def retried(self, stage: str, times: int) -> None:
        """Ignore it."""

    def note(self, line: str) -> None:
        """Ignore it."""
