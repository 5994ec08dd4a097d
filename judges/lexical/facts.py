"""The language of movement descriptions: a text is read into facts that can be counted and compared.

"The right hand moves upward, then retracts" becomes: hand (right) goes up; then hand (right) retracts. A fact is bound
to a body part, so sentences about anything else (the room, the video, the reader) hold none. Rules and word lists only:
no model, the same facts on every machine. Words of one meaning share a value (``lift``, ``raise``); words that carry no
meaning for the comparison are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Literal, NamedTuple, cast

from .words import ENTRIES, LEFT_RIGHT, TARGETS, UP_DOWN, Entry

Kind = Literal["motion", "direction", "place", "touch", "pace"]
Role = Literal["lead", "follow", "still"]
Phase = Literal["start", "change", "then", "end"]

_MOVING = ("motion", "direction", "touch")


class Part(NamedTuple):
    """A body part of one side."""

    name: str
    """``hand``, ``arm``, ``head``, ``torso``, ``leg``, ``foot``, ``shoulder`` or ``others``."""
    side: str = ""
    """``left``, ``right``, ``both`` or empty when the text does not say."""


class Fact(NamedTuple):
    """One statement about one body part."""

    part: Part
    kind: Kind
    value: str
    """One word for all synonyms: ``up``, ``oscillate``, ``high``, ``at ear``; ``no up`` where the text denies it."""
    phase: Phase
    """At the start, during the change, after it (``then``), at the end."""


@dataclass(frozen=True)
class Description:
    """What a text says about a movement."""

    facts: tuple[Fact, ...] = ()
    """In the order of the text."""
    roles: frozenset[tuple[Part, Role]] = frozenset()
    """Which parts lead, follow or keep still."""

    @cached_property
    def leads(self) -> frozenset[Part]:
        """The parts that lead; where the text names none, the first part that moves."""
        named = frozenset(part for part, role in self.roles if role == "lead")
        first = next((fact.part for fact in self.facts if fact.kind in _MOVING), None)
        return named or (frozenset() if first is None else frozenset({first}))

    @property
    def moves(self) -> bool:
        """Whether anything moves at all."""
        still = {part for part, role in self.roles if role == "still"} - self.leads
        moving = [fact.part for fact in self.facts if fact.kind in _MOVING and not fact.value.startswith("no ")]
        return any(part not in still for part in moving)

    def mirrored(self, horizontally: bool, vertically: bool) -> Description:
        """The same movement with left and right, up and down, or both exchanged."""
        swap = {**(LEFT_RIGHT if horizontally else {}), **(UP_DOWN if vertically else {})}

        @cache
        def turned(text: str) -> str:
            return " ".join(swap.get(word, word) for word in text.split(" "))

        @cache
        def part_of(part: Part) -> Part:
            return part._replace(side=turned(part.side))

        return Description(
            tuple(fact._replace(part=part_of(fact.part), value=turned(fact.value)) for fact in self.facts),
            frozenset((part_of(part), role) for part, role in self.roles),
        )


_SIDE = r"left and right|right and left|left|right|both"
_PART_SIDE = re.compile(rf"(?:lower |upper )?({_SIDE})\b")
_PLURALS = ("s", "feet", "calves")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[;\n]")
_CLAUSE_END = re.compile(
    r"[,:()\u2014]|\b(?:while|whereas|although|though|as|when|which)\b|(?=\b(?:accompanied|followed) by\b)"
)
_LOOKS_BACK = re.compile(r"\W*(?:it|its|they|their|this|these|the (?:motion|movement|action))\b")
_SUBJECT = re.compile(r"\b(?:person|man|woman|subject|individual|he|she)\b")
_JOINED = re.compile(r"\W*(?:and|or|as well as)?\W*(?:the|his|her|their|its)?\W*")
_TAKES_OVER = re.compile(r"\b(?:of|by|in|involv\w+)\s+(?:the|his|her|their|its)?\s*$")
_TARGET = re.compile(
    r"\b(?:near|towards?|to|at|across|against|above|below|behind|beside|beneath|under|over|from|on|onto|around|along"
    r"|(?:front|sides?|level|midline|center) of|touch\w*|contact\w*(?: with)?|scratch\w*|pat(?:s|ting)?|approach\w*"
    r"|reach\w*|grasp\w*|hold\w*|than|relative to|close to)\s+"
    r"(?:the|his|her|their|its|one's|an?|(?:the )?body's)?\s*(?:[a-z]+er )?$"
)
_HAND_WORK = frozenset({"touch", "scratch", "rub", "cover", "push", "play", "pat"})


class _Mention(NamedTuple):
    kind: str
    """A Kind, or ``part``, ``role``, ``phase``, ``negation``."""
    value: str
    side: str
    start: int
    end: int
    plural: bool = False


class _Item(NamedTuple):
    kind: str
    value: str
    phase: Phase


@lru_cache(maxsize=64)  # a model that does not look answers many questions alike
def read_description(text: str) -> Description:
    """Read a text into facts, clause by clause; what is about no body part is skipped. Any text is accepted."""
    reader = _Reader()
    for sentence in _SENTENCE_END.split(_plain(text)):
        reader.sentence(sentence)
    return Description(tuple(dict.fromkeys(reader.facts)), frozenset(reader.roles))


def speaks_of_movement(text: str) -> bool:
    """Whether the text names a part of the body, contact or a definite kind of motion."""
    return any(m.kind in ("part", "touch") or (m.kind == "motion" and m.value != "move") for m in _scan(_plain(text)))


class _Reader:
    """Reads clause after clause and remembers which parts the text is about."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.roles: set[tuple[Part, Role]] = set()
        self.sides: dict[str, set[str]] = {}
        """Name of a part -> the sides mentioned so far."""
        self.actors: tuple[Part, ...] = ()
        """The parts that facts are about at present."""
        self.phase: Phase = "change"
        self.list_goes_on = False
        """Whether the clause before ended with a part, so that another may join it."""

    def sentence(self, text: str) -> None:
        if not _LOOKS_BACK.match(text):
            self.actors = ()
        self.phase = "change"
        for number, clause in enumerate(_CLAUSE_END.split(text)):
            self.clause(clause, first=number == 0)

    def clause(self, text: str, *, first: bool) -> None:
        """Facts go to the part named before them in the clause, else to the one after, else to the one before it."""
        mentions = list(_scan(text))
        if any(mention.kind in ("motion", "direction") for mention in mentions):
            self.phase = "change"

        waiting: list[_Item] = []
        actor_end, negated = -1, False
        for mention in mentions:
            if mention.kind == "phase":
                self.turn(mention.value)
            elif mention.kind == "negation":
                negated = bool(mention.value)
            elif mention.kind != "part" or _is_target(text, mention):
                waiting.extend(self.items(mention, negated))
            else:  # a part that moves: what waits belongs to the one before it, unless this one takes it over
                joined = _JOINED.fullmatch(text[max(actor_end, 0) : mention.start]) is not None
                taken_over = first or _TAKES_OVER.search(text[max(0, mention.start - 40) : mention.start])
                if not joined and (actor_end >= 0 or not taken_over):
                    waiting = self.emit(waiting)
                self.take(mention, joins=joined and (actor_end >= 0 or self.list_goes_on))
                actor_end = mention.end

        self.stand_in(text, waiting)
        self.list_goes_on = actor_end >= 0 and not waiting
        self.emit(waiting)

    def turn(self, cue: str) -> None:
        """Go on to another phase; ``from`` and ``to`` are start and end unless a clearer word has set the phase."""
        if cue in ("from", "to"):
            before: Phase = "change" if cue == "from" else "start"
            after: Phase = "start" if cue == "from" else "end"
            self.phase = after if self.phase == before else self.phase
        else:
            self.phase = cast("Phase", cue)

    def take(self, mention: _Mention, *, joins: bool) -> None:
        """Make a part the one that facts are about, or add it to those that are (``the head and torso``)."""
        side = mention.side or (self.actors[-1].side if joins and self.actors else "") or self.side_of(mention)
        part = Part(mention.value, side)
        self.sides.setdefault(part.name, set()).add(side)
        self.actors = (*self.actors, part) if joins else (part,)

    def side_of(self, mention: _Mention) -> str:
        """``the hand`` is the left hand, if that is the only hand so far; ``hands`` are both."""
        known = self.sides.get(mention.value, set()) - {""}
        if len(known) == 1:
            return next(iter(known))
        return "both" if mention.plural else ""

    def items(self, mention: _Mention, negated: bool) -> Iterator[_Item]:
        no = "no " if negated else ""
        if mention.kind == "part":
            if mention.value != "torso":  # all places are relative to it
                yield _Item("place", f"{no}at {mention.value}", self.phase)
            if mention.side and mention.value != "torso":
                yield _Item("place", f"{no}{mention.side} {mention.value}", self.phase)
        elif mention.kind != "role" or not negated:
            yield _Item(mention.kind, no + mention.value, self.phase)

    def stand_in(self, text: str, waiting: list[_Item]) -> None:
        """``She touches her nose`` names no part that moves: it is the hand; in ``he leans back`` it is the torso."""
        moves = any(item.kind in _MOVING for item in waiting)
        if moves and not self.actors and _SUBJECT.search(text):
            works = any(item.value in _HAND_WORK or item.value.startswith("at ") for item in waiting)
            self.actors = (Part("hand" if works else "torso"),)

    def emit(self, items: list[_Item]) -> list[_Item]:
        """Record items of the parts that facts are about; returns the list of those still waiting, empty."""
        for item in items:
            for part in self.actors:
                if item.kind == "role":
                    self.roles.add((part, cast("Role", item.value)))
                else:
                    self.facts.append(Fact(part, cast("Kind", item.kind), item.value, item.phase))
        return []


def _is_target(text: str, mention: _Mention) -> bool:
    return mention.value in TARGETS or _TARGET.search(text[max(0, mention.start - 60) : mention.start]) is not None


def _scan(text: str) -> Iterator[_Mention]:
    """What the text mentions, in order."""
    pattern, entries = _lexicon()
    for match in pattern.finditer(text):
        entry, words = entries[match.lastindex or 0], match[0]
        side = _PART_SIDE.match(words) if entry.kind == "part" else None
        yield _Mention(
            entry.kind,
            entry.meaning,
            ("both" if "and" in side[1] else side[1]) if side else "",
            match.start(),
            match.end(),
            plural=entry.kind == "part" and words.endswith(_PLURALS),
        )


def _plain(text: str) -> str:
    return text.lower().replace("\u2019", "'").replace("\u2013", "-").replace("*", "")


@cache
def _lexicon() -> tuple[re.Pattern[str], tuple[Entry, ...]]:
    """One pattern for all entries, and the entry of each of its groups, counted from 1.

    Each form of an entry is an alternative with an empty group at its end: Python passes over an alternative at once if
    that begins with another letter, and not if it begins with a group or with something that may be missing. So parts
    stand there twice, with a side and without.
    """
    entries: list[Entry] = [ENTRIES[0]]  # no group has the number 0

    def alternatives(chosen: Iterable[Entry]) -> str:
        forms = [(entry, form) for entry in chosen for form in _forms(entry.pattern)]
        entries.extend(entry for entry, _ in forms)
        return "|".join(f"{form}()" for _, form in forms)

    parts = [entry for entry in ENTRIES if entry.kind == "part"]
    others = [entry for entry in ENTRIES if entry.kind != "part"]
    sided = rf"(?:lower |upper )?(?:{_SIDE})[- ](?:{alternatives(parts)})"
    return re.compile(rf"\b(?=\w)(?:{sided}|{alternatives(parts)}|{alternatives(others)})\b"), tuple(entries)


def _forms(pattern: str) -> list[str]:
    """The alternatives of a pattern that are in no brackets."""
    forms, depth = [""], 0
    for sign in re.findall(r"\\.|\[[^]]*\]|.", pattern):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and not depth:
            forms.append("")
        else:
            forms[-1] += sign
    return forms
