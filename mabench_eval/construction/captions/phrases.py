"""The template writer's words: one of several wordings, chosen by clip and seed, with its slots filled in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from mabench_eval.construction.parts import MIDDLE_PARTS, SIDED_PARTS
from mabench_eval.parsing import read_yaml

Item = TypeVar("Item")
FILE = Path(__file__).with_name("phrases.yaml")
_FORMS = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")
_GROUPS = {
    "arm": ("upper arm", "lower arm", "hand"),
    "leg": ("upper leg", "lower leg", "foot"),
    "upper and lower arm": ("upper arm", "lower arm"),
    "upper and lower leg": ("upper leg", "lower leg"),
    **{part: (part,) for part in SIDED_PARTS},
}
"""What parts of a side are called together; the first that fits is taken."""
_PLURALS = {"foot": "feet"}


class Phrase(NamedTuple):
    """Words, and the ids of what they rest on."""

    text: str
    ids: tuple[str, ...] = ()


class Named(NamedTuple):
    """A group of parts in words."""

    text: str
    """``the head and both hands``."""
    plural: bool


class Phrases:
    """The words of one clip."""

    def __init__(self, clip: str, seed: int, turn: int = 0) -> None:
        """``turn``: of phrases of one kind in one text, so that neighbours differ."""
        self._clip, self._seed, self._turn = clip, seed, turn

    def turned(self, turn: int) -> Phrases:
        """The same clip's words at another turn."""
        return Phrases(self._clip, self._seed, turn)

    def say(self, kind: str, named: Named | None = None, *, about: str = "", **slots: str) -> str:
        """A phrase of a kind.

        Args:
            kind: One of the file's.
            named: What it is about: fills ``{part}`` and decides between one and several.
            about: Told into the choice, so that texts differ.
            slots: The rest; a wording whose slots are not all given is not taken.
        """
        given = dict(slots)
        if named is not None:
            given |= {"part": named.text, "Part": capital(named.text)}
        able = [words for words in _phrases()[kind] if all(slot in given for slot in re.findall(r"\{(\w+)\}", words))]
        words = able[(self._number(kind, about) + self._turn) % len(able)]
        chosen = 2 if named is not None and named.plural else 1
        return _FORMS.sub(lambda match: match[chosen], words).format(**given)

    def drawn(self, items: Sequence[Item], about: str) -> list[Item]:
        """The items in an order of the clip's own: they stand as they did, begun elsewhere."""
        start = self._number("drawn", about) % max(len(items), 1)
        return [*items[start:], *items[:start]]

    def _number(self, *about: str) -> int:
        words = "/".join((str(self._seed), self._clip, *about))
        return int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big")


def capital(text: str) -> str:
    """The text as it begins a sentence."""
    return text[:1].upper() + text[1:]


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def name_parts(parts: Iterable[str]) -> Named:
    """Parts in words: whole limbs by the limb's name, a pair of sides by ``both``."""
    left = {*parts}
    words = [f"the {part}" for part in MIDDLE_PARTS if part in left]
    for name, members in _GROUPS.items():
        sides = [side for side in ("left", "right") if left >= {f"{side} {member}" for member in members}]
        left -= {f"{side} {member}" for side in sides for member in members}
        if len(sides) == 2:
            words.append(f"both {_PLURALS.get(name, name + 's')}")
        else:
            words += [f"the {side} {name}" for side in sides]
    text = listed(words)
    return Named(text, text.startswith("both") or " and " in text)


@cache
def _phrases() -> Mapping[str, list[str]]:
    """Kind -> its wordings."""
    value: Mapping[str, list[str]] = read_yaml(FILE).value
    return value
