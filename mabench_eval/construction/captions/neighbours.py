"""Actions that a clip's own could be taken for, ruled out by what was measured, and by nothing else.

An action has cues that it cannot be without (``neighbours.yaml``), a group of parts and what these do. A cue speaks
against an action where every part of the group clearly does something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path

from mabench_eval.construction.captions.facts import Fact, Known
from mabench_eval.construction.captions.phrases import Phrase, Phrases, listed, name_parts
from mabench_eval.construction.captions.scene import Scene, ids, named_parts, stillness
from mabench_eval.construction.intake import Action, Actions
from mabench_eval.construction.questions import Statement
from mabench_eval.parsing import read_yaml

FILE = Path(__file__).with_name("neighbours.yaml")
_ARMS = tuple(f"{side} {part}" for side in ("left", "right") for part in ("upper arm", "lower arm", "hand"))
_LEGS = tuple(f"{side} {part}" for side in ("left", "right") for part in ("upper leg", "lower leg", "foot"))
GROUPS: Mapping[str, tuple[str, ...]] = {
    "head": ("head",),
    "torso": ("torso",),
    "hands": ("left hand", "right hand"),
    "feet": ("left foot", "right foot"),
    "legs": _LEGS,
}
AGAINST: Mapping[str, tuple[tuple[str, str], ...]] = {
    "move": (),
    "to and fro": (("manner", "one-way"), ("manner", "return")),
    "comes back": (("manner", "one-way"),),
    "once": (("manner", "swings"), ("manner", "repeated")),
    "vertical": (("axis", "horizontal"),),
    "horizontal": (("axis", "vertical"),),
    "upward": (("net", "downward"),),
}
"""What a group must do -> facts (family, value) of a part that show that it does not. So does its stillness, but for
the head, which can turn in its place."""
MEETINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "hands meet": (("left hand", "right hand"),),
    "hand at head": tuple(product(GROUPS["hands"], ("head",))),
    "hand at neck": tuple(product(GROUPS["hands"], ("head", "torso"))),
    "hand at arm": tuple((a, b) for a, b in product(GROUPS["hands"], _ARMS) if a.split()[0] != b.split()[0]),
    "hand at leg": tuple((a, b) for a, b in product(GROUPS["hands"], _LEGS) if not b.endswith("foot")),
    "hand at foot": tuple(product(GROUPS["hands"], GROUPS["feet"])),
}
"""Cue -> the pairs of which one would have to be near."""
_PLACES = {
    "head": "the head",
    "neck": "the head and the torso",
    "arm": "the arms",
    "leg": "the legs",
    "foot": "the feet",
}


def ruled_out(scene: Scene, actions: Actions, phrases: Phrases) -> list[tuple[str, Phrase]]:
    """(action, why it is not this one) of neighbours: of the same body part first, one a cue."""
    found: list[tuple[str, Phrase]] = []
    used: set[str] = {*cues(scene.row.fine, scene.row.coarse)}
    for action in neighbours(scene, actions, phrases):
        for cue in cues(action.name, action.body_part):
            why = None if cue in used else _against(cue, scene.known, phrases)
            if why is not None:
                used.add(cue)
                found.append((action.name, why))
                break
    return found


@cache
def cues(name: str, body_part: str) -> tuple[str, ...]:
    """What an action cannot be without."""
    actions, words = _tables()
    if name in actions:
        return tuple(actions[name])
    text = f"{body_part} {name}".lower()
    return tuple(
        dict.fromkeys(
            cue for each in words for pattern, given in each.items() if re.search(pattern, text) for cue in given
        )
    )


def neighbours(scene: Scene, actions: Actions, phrases: Phrases) -> Iterator[Action]:
    """Other actions: of the same body part first, then those that are about one of the same parts; drawn by clip."""
    row = scene.row
    about = named_parts(row.coarse, row.fine)
    others = [action for action in actions.all if action.name != row.fine]
    near = [action for action in others if action.body_part == row.coarse]
    far = [a for a in others if a.body_part != row.coarse and about & named_parts(a.body_part, a.name)]
    for group in (near, far):
        yield from phrases.drawn(group, "neighbours")


def _against(cue: str, known: Known, phrases: Phrases) -> Phrase | None:
    """How a clip clearly lacks what a cue asks for; None: it does not."""
    if cue in MEETINGS:
        facts = [Fact("clear", pair) for pair in MEETINGS[cue]]
        if not all(map(known.holds, facts)):
            return None
        place = cue.removeprefix("hand at ")
        other = "each other" if cue == "hands meet" else _PLACES[place]
        return Phrase(phrases.say("reason clear", name_parts(GROUPS["hands"]), other=other), ids(facts))

    group, _, does = cue.partition(" ")
    shown = [_shown(part, does, known) for part in GROUPS[group]]
    if not all(shown):
        return None
    reasons: dict[str, list[str]] = {}
    for part, fact in zip(GROUPS[group], shown, strict=True):
        value = "still" if isinstance(fact, Statement) else str(fact and fact.value)
        reasons.setdefault(value, []).append(part)
    words = [phrases.say(f"reason {value}", name_parts(parts)) for value, parts in reasons.items()]
    return Phrase(listed(words), ids([fact for fact in shown if fact]))


def _shown(part: str, does: str, known: Known) -> Fact | Statement | None:
    """What shows that a part does not do it."""
    facts: Sequence[Fact] = [Fact(family, (part,), value=value) for family, value in AGAINST[does]]
    if part != "head" and known.holds(stillness(part)):
        return stillness(part)
    return known.first(facts)


@cache
def _tables() -> tuple[Mapping[str, list[str]], list[Mapping[str, list[str]]]]:
    """Action -> cues; and words -> cues, in order."""
    value = read_yaml(FILE).value
    return value["actions"], value["words"]
