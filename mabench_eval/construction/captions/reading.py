"""Sentences read back: which parts they name and what their words claim, by rules and word lists (``claims.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mabench_eval.parsing import read_yaml

FILE = Path(__file__).with_name("claims.yaml")
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
