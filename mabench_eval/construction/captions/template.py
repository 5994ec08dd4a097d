"""The writer ``template``: captions from what is known of a clip, without any model, in varied wordings."""

from __future__ import annotations

from collections.abc import Iterator

from mabench_eval.construction.captions.facts import Fact, Known
from mabench_eval.construction.captions.motions import Motions, joined
from mabench_eval.construction.captions.phrases import Phrase, Phrases, capital, name_parts
from mabench_eval.construction.captions.reasoning import reason
from mabench_eval.construction.captions.rows import SCHEMA, Caption, Sentence, Structure
from mabench_eval.construction.captions.scene import Scene, at_once, ids, scene_of, stillness
from mabench_eval.construction.folder import ClipRow
from mabench_eval.construction.intake import Actions
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.questions import Statement

NAME = "template"
FOLLOWERS = 2
"""Parts besides the leading ones that the description tells of."""
_IN = {None: "", "early": " early in the clip", "middle": " in the middle of the clip", "late": " late in the clip"}


def write_caption(known: Known, row: ClipRow, actions: Actions, seed: int) -> Caption:
    """All captions of one clip."""
    scene = scene_of(known, row)
    words = _Words(scene, Phrases(row.clip, seed))
    return Caption(
        SCHEMA,
        row.clip,
        row.coarse,
        row.fine,
        dict(words.part_captions()),
        words.structure(),
        tuple(words.description()),
        tuple(reason(scene, words.phrases, actions)),
        NAME,
        nothing=known.why_nothing or (None if scene.focus else "no part moves clearly"),
    )


class _Words:
    """One clip's sentences."""

    def __init__(self, scene: Scene, phrases: Phrases) -> None:
        self.scene, self.known, self.phrases = scene, scene.known, phrases
        self.motions = Motions(scene.known, phrases)

    def part_captions(self) -> Iterator[tuple[str, Sentence]]:
        """A sentence for every part of which it is known whether it moves."""
        for part in self.known.parts:
            if self.known.holds(stillness(part)):
                if part in self.scene.still:
                    yield part, self.keep_still((part,), part)
            elif self.known.holds(Fact("moves", (part,))):
                yield part, self.part_caption(part)

    def part_caption(self, part: str) -> Sentence:
        """How it moves, which way, and where it starts and ends."""
        motion, start = self.motions.motion((part,), part), self.motions.place((part,), "start")
        way = joined(self.motions.way((part,), part))
        starting = f"starting {start.text}" if start.text else ""
        more = ", ".join(words for words in (starting, way.text and f"it {way.text}") if words)
        link = ": " if way.text else ", "
        return Sentence(f"The {part} {motion.text}{link if more else ''}{more}.", motion.ids + start.ids + way.ids)

    def structure(self) -> Structure:
        """The structured caption."""
        scene, motions = self.scene, self.motions
        others = [*self.followers("structure")]
        coordinated = _merged(others) if others else Sentence(self.phrases.say("no others"))
        places = motions.places(scene.focus) if scene.focus else None
        rhythm = motions.rhythm(scene.focus, "structure") if scene.focus else None
        focus = name_parts(scene.focus)
        return Structure(
            self.lead("structure"),
            coordinated,
            self.keep_still(scene.still, "structure") if scene.still else Sentence(self.phrases.say("no stills")),
            Sentence(self.phrases.say("places", focus, places=places.text), places.ids)
            if places and places.text
            else Sentence(self.phrases.say("no places")),
            Sentence(self.phrases.say("rhythm", focus, rhythm=rhythm.text), rhythm.ids)
            if rhythm and rhythm.text
            else Sentence(self.phrases.say("no times")),
        )

    def description(self) -> Iterator[Sentence]:
        """The reference of MADU."""
        scene = self.scene
        if not scene.focus:
            if scene.still:
                text = self.phrases.say("only still", name_parts(scene.still))
                yield Sentence(text, ids([stillness(part) for part in scene.still]))
            else:
                yield Sentence(self.phrases.say("nothing"))
            return
        yield self.lead("madu")
        yield from self.whereabouts("madu")
        yield from self.along("madu")
        yield from self.followers("madu")
        yield from self.relations("madu")
        if scene.still:
            yield self.keep_still(scene.still, "madu")

    def lead(self, about: str) -> Sentence:
        """Which part leads, and how it moves."""
        scene = self.scene
        if not scene.focus:
            return Sentence(self.phrases.say("nothing"))
        motion = self.motions.motion(scene.focus, about)
        kind, rests = ("lead", (scene.leads.id,)) if scene.leads else ("shown", ())
        text = self.phrases.say(kind, name_parts(scene.focus), about=about, motion=motion.text)
        return Sentence(text, rests + motion.ids)

    def whereabouts(self, about: str) -> Iterator[Sentence]:
        """Where it starts, which way it goes when, and where it ends; or, of what goes to and fro, its rhythm."""
        scene, named = self.scene, name_parts(self.scene.focus)
        start, verbs = self.motions.place(scene.focus, "start"), self.motions.way(scene.focus, about)
        way, on = joined(verbs), joined([Phrase(""), *verbs])
        if way.text or start.text:
            kind = "way" if not start.text else "way from" if way.text else "stays"
            slots = {"start": start.text, "way": way.text, "way_on": on.text}
            yield Sentence(self.phrases.say(kind, named, about=about, **slots), start.ids + way.ids)
        rhythm = self.motions.rhythm(scene.focus, about)
        if rhythm.text and not verbs:
            yield Sentence(self.phrases.say("it does", named, about=about, motion=rhythm.text), rhythm.ids)

    def along(self, about: str) -> Iterator[Sentence]:
        """The other parts of the leading limb."""
        scene, lead = self.scene, self.scene.focus[0]
        if len(scene.focus) > 1 or not scene.along:
            return
        same = [Fact("alike", (part, lead), value="same") for part in scene.along]
        together = [fact.parts[0] for fact in same if self.known.holds(fact)]
        if together:
            text = self.phrases.say("along", name_parts(together), about=about, lead=f"the {lead}")
            yield Sentence(text, ids([fact for fact in same if fact.parts[0] in together]))
        elif not together:
            text = self.phrases.say("along too", name_parts(scene.along), about=about)
            yield Sentence(text, ids([Fact("moves", (part,)) for part in scene.along]))

    def followers(self, about: str) -> Iterator[Sentence]:
        """Parts of other limbs: how they move, and how that stands to the leading ones."""
        lead = name_parts(self.scene.focus)
        slots = {"lead": lead.text, "ls": "" if lead.plural else "s"}
        for turn, part in enumerate(self.scene.followers[:FOLLOWERS]):
            motion, (kind, rests) = self.motions.motion_and_way((part,), about + part), self.relation(part)
            text = self.phrases.turned(turn).say(kind, name_parts((part,)), about=about, motion=motion.text, **slots)
            yield Sentence(text, rests + motion.ids)

    def relation(self, part: str) -> tuple[str, tuple[str, ...]]:
        """How a part's movement stands to that of the leading parts."""
        focus = self.scene.focus
        kinds: dict[str, list[Fact | Statement]] = {
            "weaker": [Statement("MAD", "larger", (lead, part)) for lead in focus],
            "later": [Statement("MAS", "before", (lead, part)) for lead in focus],
            "meanwhile": [at_once(lead, part) for lead in focus],
        }
        for kind, facts in kinds.items():
            if all(map(self.known.holds, facts)):
                return kind, ids(facts)
        return "besides", ()

    def relations(self, about: str) -> Iterator[Sentence]:
        """Two parts that move alike, and parts that come near each other."""
        scene = self.scene
        pair = scene.focus if len(scene.focus) == 2 else (*scene.focus, *scene.followers[:1])
        if len(pair) == 2:
            for value in ("mirrored", "opposite", "same"):
                fact = Fact("alike", tuple(pair), value=value)
                if self.known.holds(fact):
                    yield Sentence(self.phrases.say(value, name_parts(pair), about=about), (fact.id,))
                    break
        yield from self.nearness(about)

    def nearness(self, about: str) -> Iterator[Sentence]:
        """What the leading part comes near to, or leaves: one sentence at most."""
        lead = self.scene.focus[0]
        others = [part for part in ("head", "torso", "left hand", "right hand") if part not in self.scene.focus]
        for other in others:
            for phase in PHASES[::-1]:
                facts: dict[str, Fact | Statement] = {
                    "near": Fact("near", (lead, other), phase),
                    "closer": Statement("PPR", "approach", (lead, other), phase),
                    "farther": Statement("PPR", "apart", (lead, other), phase),
                }
                for kind, fact in facts.items():
                    if other in self.known.parts and lead.endswith("hand") and self.known.holds(fact):
                        slots = {"other": f"the {other}", "when": _IN[phase]}
                        yield Sentence(self.phrases.say(kind, name_parts((lead,)), about=about, **slots), (fact.id,))
                        return

    def keep_still(self, parts: tuple[str, ...], about: str) -> Sentence:
        """That parts keep still; in the order of the body."""
        ordered = sorted(parts, key=PARTS.index)
        return Sentence(
            self.phrases.say("still", name_parts(ordered), about=about), ids([stillness(part) for part in ordered])
        )


def _merged(sentences: list[Sentence]) -> Sentence:
    """Several as one."""
    text = " ".join(sentence.text for sentence in sentences)
    return Sentence(capital(text), tuple(dict.fromkeys(id for each in sentences for id in each.statements)))
