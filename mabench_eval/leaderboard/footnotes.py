"""Footnotes of a markdown page."""

from __future__ import annotations


class Footnotes:
    """Footnotes of the page in the order of their first mention."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def mark(self, text: str) -> str:
        """The mark of a footnote; the same text has the same mark everywhere."""
        if text not in self._texts:
            self._texts.append(text)
        return f"[^{self._texts.index(text) + 1}]"

    def lines(self) -> list[str]:
        """The footnotes."""
        return [f"[^{number}]: {text}" for number, text in enumerate(self._texts, start=1)]
