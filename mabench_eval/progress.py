"""What a run tells while it works. The library is silent; the command line listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to a run."""

    def stage(self, name: str, total: int, done: int) -> None:
        """A stage (``answering``, ``judging``) begins: ``done`` of its ``total`` items are already in the journal."""

    def advance(self, error: str | None = None) -> None:
        """One more item came back; ``error`` says why it failed."""

    def note(self, line: str) -> None:
        """Something a user should know, once."""


class Silent:
    """Tells nobody."""

    def stage(self, name: str, total: int, done: int) -> None:
        """Say nothing."""

    def advance(self, error: str | None = None) -> None:
        """Say nothing."""

    def note(self, line: str) -> None:
        """Say nothing."""
