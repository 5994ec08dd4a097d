"""A model's captions, read strictly: form, words, and every claim against the facts that its sentence cites."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mabench_eval.construction.asking import UnreadableError, read_as
from mabench_eval.construction.captions.briefing import MADU_WORDS, MARE_WORDS, STRUCTURE, Brief
from mabench_eval.construction.captions.checking import problems
from mabench_eval.construction.captions.rows import Sentence, Structure
from mabench_eval.construction.intake import Actions
from mabench_eval.construction.sides import Sides
from mabench_eval.text import HIDDEN

LONGEST = 500
"""Characters of a sentence."""
SHOWN = 6
"""Problems that a model is told at once."""
_ODD = re.compile(r"https?:|www\.|[\n\r\t`*#_~<>{}\[\]|\\\"]")
"""What is no plain prose."""
_RULES_OUT = re.compile(r"\b(?:rul\w+ out|exclud\w+|rather than|instead of|not)\b", re.IGNORECASE)


class Written(NamedTuple):
    """What a model wrote of a clip."""

    structure: Structure
    madu: tuple[Sentence, ...]
    mare: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class _Item:
    text: str
    facts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reply:
    leading: _Item
    coordinated: _Item
    minor: _Item
    space: _Item
    time: _Item
    madu: tuple[_Item, ...]
    mare: tuple[_Item, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the replies about one clip."""

    brief: Brief
    sides: Sides
    fine: str
    actions: Actions

    def read(self, reply: str) -> Written:
        """What was written, held by the facts to the last claim. Raises UnreadableError: ``kind: what``."""
        try:
            given = read_as(_Reply, reply)
        except UnreadableError as error:
            raise UnreadableError(f"form: {error}") from error
        parts = {name: (getattr(given, name),) for name in STRUCTURE} | {"madu": given.madu, "mare": given.mare}
        for kind, found in (
            ("form", self._odd(parts)),
            ("facts", self._unknown(parts)),
            ("labels", self._labels(given)),
            ("length", self._lengths(given)),
            ("words", self._contradictions(parts)),
        ):
            listed = list(dict.fromkeys(found))
            if listed:
                more = f"; and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
                raise UnreadableError(f"{kind}: {'; '.join(listed[:SHOWN])}{more}")
        structure = Structure(*(self._sentence(getattr(given, name)) for name in STRUCTURE))
        return Written(structure, tuple(map(self._sentence, given.madu)), tuple(map(self._sentence, given.mare)))

    def _sentence(self, item: _Item) -> Sentence:
        return Sentence(item.text, tuple(dict.fromkeys(self.brief.facts[number - 1] for number in item.facts)))

    def _odd(self, parts: dict[str, tuple[_Item, ...]]) -> Iterator[str]:
        for where, item in _each(parts):
            text = item.text
            if where == _last(parts["mare"]):
                text = text.replace(self.brief.labels, "")
            if not text.strip() or len(text) > LONGEST:
                yield f"{where} has {len(text)} characters, not 1 to {LONGEST}"
            elif HIDDEN.search(text) or _ODD.search(text):
                yield f"{where} holds Markdown, a link, a quotation mark or a character that cannot be seen"

    def _unknown(self, parts: dict[str, tuple[_Item, ...]]) -> Iterator[str]:
        for where, item in _each(parts):
            for number in item.facts:
                if not 1 <= number <= len(self.brief.facts):
                    yield f"{where} cites fact {number}, and there are {len(self.brief.facts)}"

    def _labels(self, given: _Reply) -> Iterator[str]:
        for name in sorted({action.name for action in self.actions.all}):
            if any(_names(name, item.text) for item in given.madu):
                yield f"madu names an action, {name}"
        last = given.mare[-1].text if given.mare else ""
        if not last.startswith("Therefore") or not last.rstrip(".").endswith(self.brief.labels):
            yield f"the last item of mare must begin with Therefore and end with: {self.brief.labels}"
        for number, item in enumerate(given.mare[:-1], 1):
            if not item.facts and any(_names(action.name, item.text) for action in self.actions.all):
                yield f"mare {number} names an action without a fact"
            if _names(self.fine, item.text) and _RULES_OUT.search(item.text):
                yield f"mare {number} rules out {self.fine}, which is the label"

    def _lengths(self, given: _Reply) -> Iterator[str]:
        for name, items, (least, most) in (("madu", given.madu, MADU_WORDS), ("mare", given.mare, MARE_WORDS)):
            count = sum(len(item.text.split()) for item in items)
            if not least <= count <= most:
                yield f"{name} has {count} words, not {least} to {most}"

    def _contradictions(self, parts: dict[str, tuple[_Item, ...]]) -> Iterator[str]:
        names = [action.name for action in self.actions.all]
        for where, item in _each(parts):
            text = item.text.replace(self.brief.labels, "it") if where == _last(parts["mare"]) else item.text
            for problem in problems(text, self._sentence(item).statements, self.sides, names):
                yield f"{where}: {problem}"


def _each(parts: dict[str, tuple[_Item, ...]]) -> Iterator[tuple[str, _Item]]:
    for name, items in parts.items():
        for number, item in enumerate(items, 1):
            yield name if name in STRUCTURE else f"{name} {number}", item


def _last(items: Sequence[_Item]) -> str:
    return f"mare {len(items)}"


def _names(action: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(action.lower())}\b", text.lower()) is not None
