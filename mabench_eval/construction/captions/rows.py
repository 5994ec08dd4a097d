"""Structured captions: the lines of ``captions.jsonl``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMA = 1
"""Of the form of a caption."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the statements that it rests on."""

    text: str
    statements: tuple[str, ...] = ()
    """Their ids (``Statement.id``): each of them is true of the clip."""


@dataclass(frozen=True, slots=True)
class Structure:
    """The structured caption, as the paper has it: which parts do what, where, and when."""

    leading: Sentence
    """The dominant part, and how it moves."""
    coordinated: Sentence
    """Parts that move with it."""
    minor: Sentence
    """Parts that move little or keep still."""
    space: Sentence
    """Where, relative to the body and its midline."""
    time: Sentence
    """In what order, and in which phases."""


@dataclass(frozen=True, slots=True)
class Caption:
    """The captions of one clip."""

    schema: int
    clip: str
    coarse: str
    """Body part of the clip's label."""
    fine: str
    """Its action."""
    parts: Mapping[str, Sentence]
    """Body part -> its own caption; every part of which something is known."""
    structure: Structure
    madu: tuple[Sentence, ...]
    """The motion description: the reference of MADU."""
    mare: tuple[Sentence, ...]
    """Evidence, what it rules out, and both labels: the reference of MARE."""
    writer: str
    """``template``, or the model that wrote the two texts."""
    fell_back: str | None = None
    """Why the template wrote it in place of the model that was asked; None: it did not."""

    nothing: str | None = None
    """Why no movement could be confirmed, so that the texts say hardly anything; None: one was."""

    @property
    def madu_text(self) -> str:
        """The description, one paragraph."""
        return " ".join(sentence.text for sentence in self.madu)

    @property
    def mare_text(self) -> str:
        """The reasoning, one paragraph."""
        return " ".join(sentence.text for sentence in self.mare)
