"""Footnotes of a page: marks that lead to them, and the notes, each once."""

from __future__ import annotations

from mabench_eval.leaderboard import Footnotes
from mabench_eval.pages.html import Markup, element


class Notes(Footnotes):
    """Notes of one place of the page, in the order of their first mention."""

    def __init__(self, name: str) -> None:
        """``name``: unique in the page; the beginning of the notes' addresses."""
        super().__init__()
        self._name = name

    def mark(self, text: str) -> Markup:
        """The mark of a note."""
        number = self.number(text)
        link = element("a", str(number), href=f"#{self._name}-{number}", aria_label=f"Note {number}")
        return element("sup", link, class_="note-mark")

    def listed(self) -> Markup | None:
        """The notes; None where nothing was marked."""
        if not self.texts:
            return None
        lines = [element("li", text, id=f"{self._name}-{number}") for number, text in enumerate(self.texts, start=1)]
        return element("ol", lines, class_="footnotes")
