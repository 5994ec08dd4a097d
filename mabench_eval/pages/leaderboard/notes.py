"""Footnotes of a page: marks that lead to them, and the notes, each once."""

from __future__ import annotations

from mabench_eval.pages.html import Markup, element


class Notes:
    """Notes of one place of the page, in the order of their first mention."""

    def __init__(self, name: str) -> None:
        """``name``: unique in the page; the beginning of the notes' addresses."""
        self._name = name
        self._texts: list[str] = []

    def mark(self, text: str) -> Markup:
        """The mark of a note; the same text has the same mark everywhere."""
        if text not in self._texts:
            self._texts.append(text)
        number = self._texts.index(text) + 1
        link = element("a", str(number), href=f"#{self._name}-{number}", aria_label=f"Note {number}")
        return element("sup", link, class_="note-mark")

    def listed(self) -> Markup | None:
        """The notes; None where nothing was marked."""
        if not self._texts:
            return None
        lines = [element("li", told, id=f"{self._name}-{number}") for number, told in enumerate(self._texts, start=1)]
        return element("ol", lines, class_="footnotes")
