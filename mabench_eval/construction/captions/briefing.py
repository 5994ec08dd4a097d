"""What a model is told when it writes a clip's captions: what is confirmed, the labels, and the form wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from mabench_eval.construction.captions.facts import FAMILIES, Fact
from mabench_eval.construction.captions.scene import Scene, at_once, stillness
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.questions import DIRECTIONS, Statement
from mabench_eval.types import Json

MADU_WORDS, MARE_WORDS = (25, 150), (40, 260)
"""Words that the two texts have, at least and at most."""
LABELS = "[Body part (coarse-grained)] {coarse} | [Micro-action (fine-grained)] {fine}"
"""The printed form of both labels."""
SYSTEM = """\
You write captions of short clips of a seated person for a benchmark of fine-grained body movement. You do not see \
the clip. You get facts that were measured on it, each with a number; they are all that you know.

Rules
- Say nothing that no fact says: no part, direction, phase, place, count or order of your own. Leave out what is not \
told. Never guess what the person feels or wants.
- Every sentence cites the facts that it rests on, by number. A sentence names a part only if a cited fact is about it.
- Use the parts' names as given ("left hand", "right upper arm"; "both hands" for the left and the right one) and \
plain words: upward, downward, leftward, rightward; early in the clip, in the middle of the clip, late in the clip; \
"at lap height", "on the left of the midline", "keeps still", "turns back three times".
- Words that tracks of body parts cannot show (touch, grasp, scratch, nod, rotate, tilt, forward, fingers, face) stand \
in no sentence, but in the names of actions. Near is near, and not contact.
- Plain English prose; one sentence an item; no Markdown, lists, links or quotation marks.

What the facts mean
leads: it moves farther than every other limb. larger a+b: a moves farther than b. rank: place of its limb by \
amplitude. extent: how far it moves. manner: one-way; return (there and back once); swings (turns back two or three \
times); repeated. turns: how often it turns back. axis: line of its movement. direction and heads: the way it goes \
in a phase. net: where it ends, from where it began. side, height, reach: where it is at the start or the end (reach: \
sideways from the torso). rests: it hardly moves in that phase. starts, settles, busiest: the phase in which it sets \
off, comes to rest, is fastest. pace: quick or slow. before a+b: a sets off before b. at once: both set off together. \
alike: two parts go the same way, opposite ways, or mirrored at the midline. near: two parts are near each other. \
clear: they never are. approach, apart: they come closer, or go apart. stillness: it keeps still.

Reply with one JSON object and nothing else. An item is {"text": "One sentence.", "facts": [1, 2]}.
- leading: the dominant part, and how it moves. coordinated: parts that move with it. minor: parts that keep still. \
space: places relative to the body and its midline. time: order, phases and rhythm. An item each; where nothing is \
known, {"text": "Nothing is confirmed about it.", "facts": []}.
- madu: a list of items, the description of the movement, about 75 words: which part leads, how and which way it \
moves, where, which parts follow, which keep still. It names no action.
- mare: a list of items, about 130 words, the reasoning: amplitudes, directions and places, rhythm, nearness; one or \
two of the neighbouring actions ruled out by facts cited ("Nodding is ruled out, since the head goes one way"); the \
last item begins with "Therefore" and ends with both labels exactly as given.
"""
ITEM: Json = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "facts": {"type": "array", "items": {"type": "integer"}}},
    "required": ["text", "facts"],
    "additionalProperties": False,
}
ITEMS: Json = {"type": "array", "items": ITEM}
STRUCTURE = ("leading", "coordinated", "minor", "space", "time")
FORM: Json = {
    "type": "object",
    "properties": {**dict.fromkeys(STRUCTURE, ITEM), "madu": ITEMS, "mare": ITEMS},
    "required": [*STRUCTURE, "madu", "mare"],
    "additionalProperties": False,
}
"""JSON schema of a reply."""
_HANDS = ("left hand", "right hand")
_NEAR = ("head", "torso", "left hand", "right hand")


@dataclass(frozen=True, slots=True)
class Brief:
    """What one clip's writer is told."""

    facts: tuple[str, ...]
    """Ids; the first has the number 1."""
    user: str
    labels: str
    """As the last sentence must end."""


def brief(scene: Scene, neighbours: tuple[str, ...]) -> Brief:
    """The facts of a clip in numbered lines, its labels, and actions that it could be taken for."""
    facts, row = tuple(dict.fromkeys(confirmed(scene))), scene.row
    lines = [f"{number} {_line(fact)}" for number, fact in enumerate(facts, 1)]
    labels = LABELS.format(coarse=row.coarse, fine=row.fine)
    sides = "the viewer's" if scene.known.descriptor.sides == "viewer" else "the person's own; directions the viewer's"
    told = [
        f"The clip lasts {scene.known.descriptor.seconds:.1f} s. Left and right of parts are {sides}.",
        "Facts:",
        *lines,
        f"Neighbouring actions: {', '.join(neighbours) or 'none'}.",
        f"Labels: {labels}",
    ]
    return Brief(tuple(fact.id for fact in facts), "\n".join(told), labels)


def confirmed(scene: Scene) -> Iterator[Fact | Statement]:
    """What is true of a clip and worth telling, part by part, the leading ones first."""
    holds = scene.known.holds
    if scene.leads is not None:
        yield scene.leads
    moving = (*scene.focus, *scene.followers, *scene.along)
    for part in moving:
        yield from filter(holds, _of_part(part))
    yield from filter(holds, map(stillness, scene.still))
    for part in scene.focus:
        others = [other for other in moving if other not in scene.focus]
        yield from filter(holds, (Statement("MAD", "larger", (part, other)) for other in others))
    for pair in combinations(moving, 2):
        yield from filter(holds, _of_pair(*pair))
    for hand in _HANDS:
        for other in _NEAR:
            if other != hand and (hand, other) != _HANDS[::-1]:
                yield from filter(holds, _of_hand(hand, other))


def _of_part(part: str) -> Iterator[Fact | Statement]:
    yield Fact("moves", (part,))
    for family in ("extent", "rank", "manner", "turns", "axis", "net", "pace"):
        for value in FAMILIES[family].values:
            yield Fact(family, (part,), value=value)
    for phase in PHASES:
        for direction in DIRECTIONS:
            yield Statement("SAD", "direction", (part,), phase, (direction,))
            yield Fact("heads", (part,), phase, direction)
        yield Fact("rests", (part,), phase)
        yield Statement("MAS", "starts", (part,), phase)
        yield Statement("SAD", "busiest", (part,), phase)
        yield Statement("MAS", "settles", (part,), phase)
    for family in ("side", "reach", *(("height",) if part.endswith(("hand", "lower arm")) else ())):
        for when in FAMILIES[family].when:
            for value in FAMILIES[family].values:
                yield Fact(family, (part,), when, value)


def _of_pair(one: str, other: str) -> Iterator[Fact | Statement]:
    yield Statement("MAS", "before", (one, other))
    yield Statement("MAS", "before", (other, one))
    yield at_once(one, other)
    for value in FAMILIES["alike"].values:
        yield Fact("alike", (one, other), value=value)


def _of_hand(hand: str, other: str) -> Iterator[Fact | Statement]:
    yield Fact("clear", (hand, other))
    yield Fact("near", (hand, other))
    for phase in PHASES:
        yield Fact("near", (hand, other), phase)
        yield Statement("PPR", "approach", (hand, other), phase)
        yield Statement("PPR", "apart", (hand, other), phase)


def _line(fact: Fact | Statement) -> str:
    """``left hand: height, start, lap``."""
    if isinstance(fact, Statement):
        more = (fact.family, fact.phase, *fact.directions)
    else:
        more = (fact.family, fact.when, fact.value)
    return f"{' + '.join(fact.parts)}: {', '.join(word for word in more if word)}"
