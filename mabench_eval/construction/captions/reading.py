"""Sentences read back: what their words claim, and whether the facts that they rest on hold that.

Strict, since it checks what models write: a word that claims something which no fact of the sentence holds makes a
problem, and so do words for what tracks of body parts cannot show. Rules and word lists alone (``claims.yaml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mabench_eval.construction.captions.holding import Atom, atoms_of
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.sides import SIDES, Sides
from mabench_eval.parsing import read_yaml

FILE = Path(__file__).with_name("claims.yaml")
NUMBERS = {
    word: number
    for number, word in enumerate(["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 2)
} | {"twice": 2, "thrice": 3}
_ONE_OF = {
    "forearm": ("lower arm",),
    "wrist": ("hand",),
    "elbow": ("upper arm", "lower arm"),
    "shoulder": ("upper arm",),
    "thigh": ("upper leg",),
    "shin": ("lower leg",),
    "calf": ("lower leg",),
    "knee": ("upper leg", "lower leg"),
    "ankle": ("foot",),
    "arm": ("upper arm", "lower arm", "hand"),
    "leg": ("upper leg", "lower leg", "foot"),
}
"""Word for a part -> parts of which one is enough to hold a claim; for stillness all of them."""
_SINGULAR = {"feet": "foot", "calves": "calf"}
_PART = (
    r"(?:(?P<side>left and right|right and left|left|right|both) )?(?P<kind>upper and lower (?:arm|leg)|upper arm|"
    r"lower arm|forearm|upper leg|lower leg|arm|leg|hand|wrist|elbow|shoulder|thigh|shin|calf|calves|knee|ankle|foot|"
    r"feet)(?P<plural>s?)\b|(?P<middle>head|torso|trunk|upper body)\b"
)
_JOINED = re.compile(r"[\s,]*(?:and|or|as well as)?[\s,]*(?:the |both )?")
_LINKED = re.compile(r"(?:\W|\b(?:and|are|is|it|they|in|the|part|clip|of)\b)*")
_CLAUSE_END = re.compile(r"[,;:.]|\b(?:while|whereas|which|as|since|because)\b")
_TIMED = ("direction", "rests", "begins", "busiest", "settles", "near", "approach", "apart")
_PLACED = ("side", "height", "reach")
_RELATIONS = ("alike", "clear", "near", "approach", "apart", "together", "before")


class Mention(NamedTuple):
    """Something that a sentence claims, or that says when."""

    kind: str
    value: str
    words: str
    start: int
    end: int


class Group(NamedTuple):
    """Parts that are named together."""

    parts: tuple[tuple[str, ...], ...]
    """For each: the parts of which one is meant, or all."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Read:
    """A sentence as it was read."""

    text: str
    mentions: tuple[Mention, ...]
    groups: tuple[Group, ...]

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """All parts that it names."""
        return tuple(part for group in self.groups for part in group.parts)


def problems(text: str, ids: Iterable[str], sides: Sides, names: Iterable[str] = ()) -> Iterator[str]:
    """What a sentence claims that its facts do not hold, in words for who wrote it.

    Args:
        text: The sentence.
        ids: Of the facts that it rests on, each an id that exists.
        sides: Whose left and right name the parts.
        names: Names of actions and body parts, which claim nothing.
    """
    atoms = [atom for id in ids for atom in atoms_of(id)]
    held = {atom.part for atom in atoms}
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        read = read_sentence(sentence, names)
        for part in read.parts:
            if not {*part} & held:
                yield f"it names the {' or '.join(part)}, of which no cited fact speaks"
        for mention in read.mentions:
            if problem := _problem(mention, read, atoms, sides):
                yield problem


def read_sentence(text: str, names: Iterable[str] = ()) -> Read:
    """What a sentence claims, in the order of its words."""
    rest = re.sub(r"\s+", " ", text.lower().replace("\u2019", "'"))
    rest = _blanked(rest, _any_of(tuple(names)), "\x02")
    mentions, groups = list[Mention](), list[Group]()
    for kind, value, pattern in _rules():
        if kind == "parts":
            groups = _groups(rest)
            rest = _blanked(rest, pattern, "\x01")
            continue
        found = [Mention(kind, value, match[0], match.start(), match.end()) for match in pattern.finditer(rest)]
        if found:
            mentions += found
            rest = _blanked(rest, pattern, "\x02")
    return Read(rest, tuple(sorted(mentions, key=lambda mention: mention.start)), tuple(groups))


def _blanked(text: str, pattern: re.Pattern[str], mark: str) -> str:
    return pattern.sub(lambda match: mark * len(match[0]), text)


def _groups(text: str) -> list[Group]:
    """Parts in the order of the text; those of a list (``a, b and c``) together, not those that a clause parts."""
    found = [Group(_parts_named(match), match.start(), match.end()) for match in _rules_of_parts().finditer(text)]
    groups: list[Group] = []
    while found:
        links = [text[one.end : other.start] for one, other in pairwise(found)]
        length = next((n for n, link in enumerate(links) if not _JOINED.fullmatch(link)), len(links))
        # A comma alone joins what a later `and` joins.
        length = max((n for n in range(length + 1) if n == 0 or "and" in links[n - 1]), default=0)
        parts = tuple(part for group in found[: length + 1] for part in group.parts)
        groups.append(Group(parts, found[0].start, found[length].end))
        found = found[length + 1 :]
    return groups


def _parts_named(match: re.Match[str]) -> tuple[tuple[str, ...], ...]:
    if match["middle"]:
        return (("head",) if match["middle"] == "head" else ("torso",),)
    kind, side = _SINGULAR.get(match["kind"], match["kind"]), match["side"]
    kinds: tuple[tuple[str, ...], ...] = (_ONE_OF.get(kind, (kind,)),)
    if kind.startswith("upper and lower"):
        kinds = tuple((f"{level} {kind.split()[-1]}",) for level in ("upper", "lower"))
    several = match["plural"] or match["kind"] in _SINGULAR or (side not in (None, "left", "right"))
    if side in ("left", "right"):
        sides: tuple[tuple[str, ...], ...] = ((side,),)
    else:
        sides = (("left",), ("right",)) if several else (("left", "right"),)
    return tuple(tuple(f"{s} {k}" for s in either for k in one) for either in sides for one in kinds)


def _problem(mention: Mention, read: Read, atoms: Sequence[Atom], sides: Sides) -> str | None:
    """What is wrong with a claim; None: nothing, or it claims nothing."""
    kind, words = mention.kind, mention.words.replace("\x01", "...").replace("\x02", "...").strip()
    if kind in ("phase", "moment", "denied"):
        return None
    if kind == "unseen":
        return f"'{words}' is more than tracks of body parts show"
    if kind == "vague":
        return f"'{words}': name the parts"
    whens = _phases(mention, read) if kind in _TIMED else _moments(mention, read) if kind in _PLACED else []
    told = f"'{words}'{f' ({chr(44).join(whens)})' if whens else ''} is held by no cited fact about the part"
    if kind in _RELATIONS:
        about = [atom for atom in atoms if _is_about(atom, mention, read)]
        held = all(any(_matches(atom, mention, when, sides) for atom in about) for when in whens or [None])
        return None if held else f"{told}s that it names"
    for group in _subjects(mention, read):
        if all(_holds(mention, when, group, atoms, sides) for when in whens or [None]):
            return None
    return f"{told} that it is said of"


def _is_about(atom: Atom, mention: Mention, read: Read) -> bool:
    """Whether a fact of two parts is about those that a sentence names; the time of one may be told of it alone."""
    named = {part for alternatives in read.parts for part in alternatives}
    alone = mention.kind in ("together", "before") or len(named) < 2
    return not named or {*atom.parts} <= named or (alone and bool({*atom.parts} & named))


def _holds(mention: Mention, when: str | None, group: Group | None, atoms: Sequence[Atom], sides: Sides) -> bool:
    """Whether every part of a group does what is claimed; of no group: whether any part does."""
    doing = {atom.part for atom in atoms if _matches(atom, mention, when, sides)}
    if group is None:
        return bool(doing)
    if mention.kind == "still":
        return all({*part} <= doing for part in group.parts)
    return all({*part} & doing for part in group.parts)


def _matches(atom: Atom, mention: Mention, when: str | None, sides: Sides) -> bool:
    if when is not None and atom.when != when:
        return False
    kind, value = mention.kind, mention.value
    if kind == "direction":
        if value in ("inward", "outward"):
            side = atom.part.split()[0]
            if atom.kind != "direction" or side not in SIDES[sides]:
                return False
            toward = SIDES[sides][side] * (1 if value == "outward" else -1)
            return atom.value == ("rightward" if toward > 0 else "leftward")
        return atom.kind == "direction" and atom.value == value
    if kind == "count":
        number = NUMBERS.get(mention.words.split()[0]) or int("0" + re.sub(r"\D", "", mention.words))
        return atom.kind == "turns" and atom.value == str(number)
    if kind == "begins" and when is None:
        return atom.kind in ("begins", "together", "before", "follow", "moves")
    return atom.kind == kind and value in ("", atom.value)


def _subjects(mention: Mention, read: Read) -> Iterator[Group | None]:
    """The groups that a claim may be about: the one before it in its clause, the clause's first, else what is near."""
    ends = [match.end() for match in _CLAUSE_END.finditer(read.text)]
    inside_lists = [end for end in ends for group in read.groups if group.start < end <= group.end]
    bounds = [0, *(end for end in ends if end not in inside_lists), len(read.text) + 1]
    begin = max(bound for bound in bounds if bound <= mention.start)
    end = min(bound for bound in bounds if bound > mention.start)
    before = [group for group in read.groups if begin <= group.start and group.end <= mention.start]
    after = [group for group in read.groups if mention.end <= group.start]
    if mention.words.endswith(("than", "after ")):  # the part that follows these words is what it is compared with
        after = after[1:]
    elif before and not (mention.words.endswith("by") or read.text[mention.end :].startswith(" by")):
        yield before[-1]
        yield before[0]
        return
    inside = [group for group in after if group.start < end] or (after[:1] if mention.words.endswith("than") else [])
    if inside:
        yield inside[0]
        return
    earlier = [group for group in read.groups if group.end <= mention.start]
    if earlier:
        yield earlier[-1]
        yield earlier[0]
    elif after:
        yield after[0]
    else:
        yield None


def _phases(mention: Mention, read: Read) -> list[str]:
    """The phases that are told of a claim: what stands behind it, or before it where nothing does."""
    timed = [each for each in read.mentions if each.kind in _TIMED]
    place = timed.index(mention)
    nexts = timed[place + 1 :]
    while (
        nexts
        and not _between(mention.end, nexts[0].start, read)
        and _LINKED.fullmatch(read.text[mention.end : nexts[0].start].replace("\x02", " "))
    ):
        mention = nexts.pop(0)
    behind = _between(mention.end, nexts[0].start if nexts else len(read.text), read)
    first = timed[place - 1].end if place else 0
    # Phases that stand before a claim are its own only where none is told of the claim before.
    ahead = _between(first, timed[place].start, read) if place == 0 else []
    found = behind or ahead
    return list(PHASES) if "all" in found else found


def _between(start: int, end: int, read: Read) -> list[str]:
    return [each.value for each in read.mentions if each.kind == "phase" and start <= each.start < end]


def _moments(mention: Mention, read: Read) -> list[str]:
    """The moments that a place is told of: those that were named last before it, together."""
    before = [each for each in read.mentions if each.kind == "moment" and each.end <= mention.start]
    if not before:
        return []
    found = [before.pop()]
    while before and re.fullmatch(r"\s*and\s*", read.text[before[-1].end : found[-1].start]):
        found.append(before.pop())
    return sorted({each.value for each in found})


@lru_cache(maxsize=16)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these names, the longer one first; of no names, nothing."""
    words = "|".join(re.escape(name.lower()) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"\b(?:{words})\b" if words else r"(?!)")


@cache
def _rules() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    part = r"(?:\x01|(?:left |right )?(?:upper |lower )?(?:head|torso|hand|arm|leg|foot|feet|knee|forearm|thigh|wrist))"
    rules = []
    for kind, value, pattern in read_yaml(FILE).value:
        words = re.compile(rf"\b(?:{pattern.replace('{part}', part)})(?!\w)")
        rules.append((kind, value, _rules_of_parts() if kind == "parts" else words))
    return tuple(rules)


@cache
def _rules_of_parts() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_PART})")
