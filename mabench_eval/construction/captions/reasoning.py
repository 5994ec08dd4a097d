"""The template's reasoning from evidence to labels: the reference of MARE."""

from __future__ import annotations

from collections.abc import Iterator

from mabench_eval.construction.captions.facts import Fact
from mabench_eval.construction.captions.motions import Motions, joined
from mabench_eval.construction.captions.neighbours import ruled_out
from mabench_eval.construction.captions.phrases import Phrases, name_parts
from mabench_eval.construction.captions.rows import Sentence
from mabench_eval.construction.captions.scene import Scene, ids, stillness
from mabench_eval.construction.intake import Actions
from mabench_eval.construction.parts import PARTS

RULED_OUT = 2
"""Neighbours that are named, at most."""


def reason(scene: Scene, phrases: Phrases, actions: Actions) -> Iterator[Sentence]:
    """Amplitudes, directions, places, rhythm, contact; what they rule out; both labels."""
    motions = Motions(scene.known, phrases)
    if not scene.focus:
        yield Sentence(phrases.say("nothing", about="mare"))
        yield _labelled(scene, phrases, "therefore only")
        return
    named = name_parts(scene.focus)
    yield from _ranking(scene, phrases, motions)

    way = joined(motions.way(scene.focus, "mare", ends=False))
    for turn, phrase in enumerate([each for each in (way, motions.places(scene.focus)) if each.text]):
        yield Sentence(phrases.turned(turn).say("it is placed", named, about="mare", places=phrase.text), phrase.ids)
    rhythm = motions.rhythm(scene.focus, "mare")
    if rhythm.text:
        yield Sentence(phrases.say("its rhythm", named, about="mare", rhythm=rhythm.text), rhythm.ids)
    yield from _contacts(scene, phrases)

    for turn, (label, why) in enumerate(ruled_out(scene, actions, phrases)[:RULED_OUT]):
        yield Sentence(phrases.turned(turn).say("ruled out", label=label, reason=why.text), why.ids)
    if scene.still:
        text = phrases.say("still", name_parts(sorted(scene.still, key=PARTS.index)), about="mare")
        yield Sentence(text, ids([stillness(part) for part in scene.still]))
    yield _labelled(scene, phrases, "therefore")


def _ranking(scene: Scene, phrases: Phrases, motions: Motions) -> Iterator[Sentence]:
    """Which part moves farthest, which next, and how the first one moves."""
    named, motion = name_parts(scene.focus), motions.motion(scene.focus, "mare")
    if scene.leads is None:
        yield Sentence(phrases.say("evidence", named, about="mare", motion=motion.text), motion.ids)
        return
    text, rests = phrases.say("ranks first", named, about="mare"), [scene.leads.id]
    place = len(scene.focus) + 1
    for turn, part in enumerate(scene.followers[:2]):
        rank = Fact("rank", (part,), value=str(place))
        if not scene.known.holds(rank):
            break
        text += phrases.turned(turn).say("ranks next", name_parts((part,)))
        rests.append(rank.id)
        place += 1
    yield Sentence(f"{text}.", tuple(rests))
    yield Sentence(phrases.say("alone", named, motion=motion.text), motion.ids)


def _contacts(scene: Scene, phrases: Phrases) -> Iterator[Sentence]:
    """What is near the leading hands, or that the head is not."""
    if not all(part.endswith("hand") for part in scene.focus):
        return
    named = name_parts(scene.focus)
    for other in ("head", "torso"):
        near = [Fact("near", (part, other)) for part in scene.focus]
        clear = [Fact("clear", (part, other)) for part in scene.focus]
        if all(map(scene.known.holds, near)):
            text = phrases.say("near", named, about=f"mare {other}", other=f"the {other}", when="")
            yield Sentence(text, ids(near))
        elif other == "head" and all(map(scene.known.holds, clear)):
            yield Sentence(phrases.say("contact none", named, other=f"the {other}"), ids(clear))


def _labelled(scene: Scene, phrases: Phrases, kind: str) -> Sentence:
    labels = phrases.say("labels", coarse=scene.row.coarse, fine=scene.row.fine)
    if scene.leads is not None:
        return Sentence(phrases.say("therefore led", name_parts(scene.focus), labels=labels), (scene.leads.id,))
    return Sentence(phrases.say(kind, labels=labels))
