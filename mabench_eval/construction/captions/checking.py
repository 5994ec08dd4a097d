"""What sentences claim, held against the facts that they cite: a word that no fact of the sentence holds is a problem.

Strict, since it checks what models write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mabench_eval.construction.captions.holding import Atom, atoms_of
from mabench_eval.construction.captions.reading import Group, Mention, Read, read_sentence
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.sides import SIDES, Sides

_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBERS = {**{word: number for number, word in enumerate(_WORDS, 2)}, "twice": 2, "thrice": 3}
_LINKED = re.compile(r"(?:\W|\b(?:and|are|is|it|they|in|the|part|clip|of)\b)*")
_CLAUSE_END = re.compile(r"[,;:.]|\b(?:while|whereas|which|as|since|because)\b")
_TIMED = ("direction", "rests", "begins", "busiest", "settles", "near", "approach", "apart")
_PLACED = ("side", "height", "reach")
_RELATIONS = ("alike", "clear", "near", "approach", "apart", "together", "before")


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


def _problem(mention: Mention, read: Read, atoms: Sequence[Atom], sides: Sides) -> str | None:
    """What is wrong with a claim; None: nothing, or it claims nothing."""
    kind, words = mention.kind, mention.words.replace("\x01", "...").replace("\x02", "...").strip()
    if kind in ("phase", "moment", "denied"):
        return None
    if kind == "unseen":
        return f"'{words}' is more than tracks of body parts show"
    if kind == "vague":
        return f"'{words}': name the parts"
    whens = _whens(mention, read)
    when = f" ({', '.join(map(str, whens))})" if whens != [None] else ""
    told = f"'{words}'{when} is held by no cited fact about the part"
    if kind in _RELATIONS:
        about = [atom for atom in atoms if _is_about(atom, mention, read)]
        held = all(any(_matches(atom, mention, each, sides) for atom in about) for each in whens)
        return None if held else f"{told}s that it names"
    for group in _subjects(mention, read):
        if all(_holds(mention, each, group, atoms, sides) for each in whens):
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
    """The groups that a claim may be about: the one before it in its clause, or behind it there; else one before."""
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


def _whens(mention: Mention, read: Read) -> list[str | None]:
    """The phases or moments that a claim is made of; None: of no one."""
    found = _phases(mention, read) if mention.kind in _TIMED else []
    found += _moments(mention, read) if mention.kind in _PLACED else []
    return [*found] or [None]


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
