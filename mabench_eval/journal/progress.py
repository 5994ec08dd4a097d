"""What a run tells while it works. The library is silent; the command line listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to a run. Two stages may be under way at once."""

    def stage(self, name: str, total: int, done: int) -> None:
        """A stage (``answering``, ``judging``) begins: ``done`` of its ``total`` items are already in the journal."""

    def advance(self, stage: str, error: str | None = None) -> None:
        """One more item of a stage came back; ``error`` says why it failed. Any thread may call."""

    def note(self, line: str) -> None:
        """Something a user should know, once. Any thread may call."""


class Silent:
    """Tells nobody."""

    def stage(self, name: str, total: int, done: int) -> None:
        """Say nothing."""

    def advance(self, stage: str, error: str | None = None) -> None:
        """Say nothing."""

    def note(self, line: str) -> None:
        """Say nothing."""
