"""What parts do, in verb phrases: how, which way, where from and where to, and when; each with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.construction.captions.facts import FAMILIES, Fact, Known
from mabench_eval.construction.captions.phrases import Named, Phrase, Phrases, listed, name_parts
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.questions import Statement
from mabench_eval.construction.questions.statements import DIRECTIONS, Task
from mabench_eval.construction.sides import SIDES

_AXES = {"vertical": " up and down", "horizontal": " from side to side"}
_HEIGHTS = {"belly": "waist", "leg": "knee"}
_COUNTS = {"1": "once", "2": "twice", "3": "three times", "4": "four times", "5": "five times", "6": "six times"}
_RESTING = ("rest", "hold")
_LEVELLED = ("hand", "lower arm")
"""Parts whose height is worth a word: the others are always about as high."""


class Motions:
    """The movements of one clip in words. ``parts``: one, or two of which the same is said."""

    def __init__(self, known: Known, phrases: Phrases) -> None:
        self.known, self.phrases = known, phrases
        self._viewer = "" if known.descriptor.sides == "viewer" else "viewer's "

    def motion(self, parts: Sequence[str], about: str = "") -> Phrase:
        """How they move: ``makes a single wide movement upward``. They do move."""
        named = name_parts(parts)
        extent, manner, axis = (self._shared(family, parts) for family in ("extent", "manner", "axis"))
        wide = Phrase(f"{extent.text} ", extent.ids) if extent.text else Phrase("")
        if manner.text == "one-way":
            ways = self._ways(parts)
            kind = "one-way to" if ways.text else "one-way"
            return self._say(kind, named, about, manner, extent=wide, ways=ways)

        along = Phrase(_AXES[axis.text], axis.ids) if axis.text else Phrase("")
        if manner.text == "return":
            return self._say("return" if wide.text else "return plain", named, about, manner, extent=wide, axis=along)
        if manner.text in ("swings", "repeated"):
            turns = self._shared("turns", parts)
            if not turns.text:
                return self._say("uncounted", named, about, manner, axis=along)
            count = Phrase(_COUNTS.get(turns.text, f"{turns.text} times"), turns.ids)
            return self._say(manner.text, named, about, manner, extent=wide, axis=along, count=count)
        moves = Phrase("", tuple(Fact("moves", (part,)).id for part in parts))
        return self._say("moves" if wide.text else "moves plain", named, about, moves, extent=wide)

    def motion_and_way(self, parts: Sequence[str], about: str = "") -> Phrase:
        """How they move, and which way when; of one direction only when."""
        motion, steps = self.motion(parts, about), self._steps(parts, about)
        moving = [(step, phases) for step, phases in steps if not step.text.startswith(_RESTING)]
        if not moving:
            return motion
        phases = [phase for _, phases in moving for phase in phases]
        ways = self._ways(parts).text
        if ways and self._shared("manner", parts).text == "one-way" and self._go(parts, phases, ways):
            return Phrase(f"{motion.text} {self._in(phases, about)}", motion.ids + _ids([step for step, _ in moving]))
        they = "they" if name_parts(parts).plural else "it"
        way = joined(self.way(parts, about, ends=False))
        return Phrase(f"{motion.text}: {they} {way.text}", motion.ids + way.ids)

    def way(self, parts: Sequence[str], about: str = "", *, ends: bool = True) -> list[Phrase]:
        """Which way they go in each phase, and where they end: ``rises early in the clip``, ``ends at head height``."""
        verbs = [
            Phrase(f"{step.text} {self._in(phases, about)}", step.ids) for step, phases in self._steps(parts, about)
        ]
        end = self.place(parts, "end") if ends else Phrase("")
        if end.text and end.text != self.place(parts, "start").text:
            verbs.append(Phrase(f"end{'' if name_parts(parts).plural else 's'} {end.text}", end.ids))
        return verbs

    def _steps(self, parts: Sequence[str], about: str) -> list[tuple[Phrase, list[str]]]:
        """What they do, and in which phases, from the first movement on.

        Nothing of parts that go to and fro: their way within a phase is chance.
        """
        if self._shared("manner", parts).text in ("swings", "repeated"):
            return []
        named, steps = name_parts(parts), list[tuple[Phrase, list[str]]]()
        for phase in PHASES:
            step = self._step(parts, phase, named, about, going=bool(steps))
            if step.text and steps and steps[-1][0].text == step.text:
                steps[-1] = Phrase(step.text, steps[-1][0].ids + step.ids), [*steps[-1][1], phase]
            elif step.text:
                steps.append((step, [phase]))
        return steps

    def place(self, parts: Sequence[str], when: str) -> Phrase:
        """Where they are at the start or the end: ``at lap height on the right of the midline``."""
        found = [each for each in self._located(parts, when) if each.text]
        return Phrase(" ".join(each.text for each in found), _ids(found))

    def _located(self, parts: Sequence[str], when: str) -> tuple[Phrase, Phrase, Phrase]:
        """Height, side, and distance from the torso, each in words or without."""
        level = beside = apart = Phrase("")
        if all(part.endswith(_LEVELLED) for part in parts):
            height = self._shared("height", parts, when)
            level = Phrase(height.text and f"at {_HEIGHTS.get(height.text, height.text)} height", height.ids)
        if "torso" not in parts:
            side, reach = self._shared("side", parts, when), self._shared("reach", parts, when)
            of = "at the midline" if side.text == "midline" else f"on the {self._viewer}{side.text} of the midline"
            beside = Phrase(side.text and of, side.ids)
            apart = Phrase("away from the torso", reach.ids) if reach.text == "away" else apart
        return level, beside, apart

    def places(self, parts: Sequence[str]) -> Phrase:
        """Where they start and end, as a verb phrase."""
        s = "" if name_parts(parts).plural else "s"
        begin, end = self._located(parts, "start"), self._located(parts, "end")
        both = [one for one, other in zip(begin, end, strict=True) if one.text and one.text == other.text]
        if not both:
            found = [(verb, self.place(parts, when)) for verb, when in (("start", "start"), ("end", "end"))]
            return joined([Phrase(f"{verb}{s} {at.text}", at.ids) for verb, at in found if at.text])

        same = {each.text for each in both}
        shared = Phrase(f"start{s} and end{s} {' '.join(each.text for each in both)}", _ids(both))
        shared = shared._replace(ids=_ids([each for each in (*begin, *end) if each.text in same]))
        others = [
            Phrase(f"at the {when} {each.text}", each.ids)
            for when, found in (("start", begin), ("end", end))
            for each in found
            if each.text and each.text not in same
        ]
        rest = joined(others)
        return Phrase(f"{shared.text}, {rest.text}" if rest.text else shared.text, shared.ids + rest.ids)

    def rhythm(self, parts: Sequence[str], about: str = "") -> Phrase:
        """When they begin, are fastest, and come to rest, as a verb phrase."""
        s, be = ("", "are") if name_parts(parts).plural else ("s", "is")
        verbs = {"starts": f"set{s} off", "busiest": f"{be} fastest", "settles": f"come{s} to rest"}
        found: dict[str, list[Phrase]] = {}
        for family, verb in verbs.items():
            phase = self._phase_of("SAD" if family == "busiest" else "MAS", family, parts)
            if phase.text:
                found.setdefault(phase.text, []).append(Phrase(verb, phase.ids))
        times = [
            Phrase(f"{listed([verb.text for verb in verbs])} {self._in([phase], about)}", _ids(verbs))
            for phase, verbs in found.items()
        ]
        pace, when = self._shared("pace", parts), joined(times)
        if not pace.text:
            return when
        they = "they" if name_parts(parts).plural else "it"
        return Phrase(f"move{s} {pace.text}ly{f': {they} {when.text}' if times else ''}", pace.ids + when.ids)

    def _say(self, kind: str, named: Named, about: str, manner: Phrase, **slots: Phrase) -> Phrase:
        text = self.phrases.say(kind, named, about=about, **{name: slot.text for name, slot in slots.items()})
        return Phrase(text, manner.ids + _ids([slot for slot in slots.values() if slot.text and slot.text in text]))

    def _step(self, parts: Sequence[str], phase: str, named: Named, about: str, *, going: bool) -> Phrase:
        """What they do in a phase."""
        for direction in DIRECTIONS:
            facts = [Statement("SAD", "direction", (part,), phase, (direction,)) for part in parts]
            if all(map(self.known.holds, facts)):
                return Phrase(self.phrases.say(f"goes {direction}", named, about=about), tuple(f.id for f in facts))
        ways = self._ways(parts, phase)
        if ways.text:
            return Phrase(self.phrases.say("goes slantwise", named, about=about, ways=ways.text), ways.ids)
        rests = [Fact("rests", (part,), phase) for part in parts]
        if going and all(map(self.known.holds, rests)):
            return Phrase(self.phrases.say("rests", named, about=about), tuple(fact.id for fact in rests))
        return Phrase("")

    def _ways(self, parts: Sequence[str], phase: str | None = None) -> Phrase:
        """The directions that they all get on in, in a phase or from start to end; of a pair also apart or together."""
        family, found = "heads" if phase else "net", list[Phrase]()
        for direction in DIRECTIONS:
            facts = [Fact(family, (part,), phase, direction) for part in parts]
            if all(map(self.known.holds, facts)):
                found.append(Phrase(direction, tuple(fact.id for fact in facts)))
        if len({part.partition(" ")[2] for part in parts}) < len(parts):  # of the left and of the right side
            places = SIDES[self.known.descriptor.sides]
            for word, way in (("apart", 1), ("towards each other", -1)):
                ways = ["leftward" if places[part.split()[0]] * way < 0 else "rightward" for part in parts]
                facts = [Fact(family, (part,), phase, each) for part, each in zip(parts, ways, strict=True)]
                if all(map(self.known.holds, facts)):
                    found.append(Phrase(word, tuple(fact.id for fact in facts)))
        return joined(found)

    def _go(self, parts: Sequence[str], phases: Sequence[str], ways: str) -> bool:
        """Whether they get on these ways in each of the phases."""
        return all(self._ways(parts, phase).text == ways for phase in phases)

    def _shared(self, family: str, parts: Sequence[str], when: str | None = None) -> Phrase:
        """The value that a family's facts have for all the parts; no words where there is none."""
        for value in FAMILIES[family].values:
            facts = [Fact(family, (part,), when, value) for part in parts]
            if all(map(self.known.holds, facts)):
                return Phrase(value, tuple(fact.id for fact in facts))
        return Phrase("")

    def _phase_of(self, task: Task, family: str, parts: Sequence[str]) -> Phrase:
        """The phase in which a family's statements are true of all the parts."""
        for phase in PHASES:
            facts = [Statement(task, family, (part,), phase) for part in parts]
            if all(map(self.known.holds, facts)):
                return Phrase(phase, tuple(fact.id for fact in facts))
        return Phrase("")

    def _in(self, phases: Sequence[str], about: str) -> str:
        if len(phases) == len(PHASES):
            return self.phrases.say("all three", about=about)
        return listed([self.phrases.say(phase, about=about) for phase in phases])


def joined(phrases: Sequence[Phrase]) -> Phrase:
    """``a, b and c``."""
    return Phrase(listed([phrase.text for phrase in phrases]), _ids(phrases))


def _ids(phrases: Sequence[Phrase]) -> tuple[str, ...]:
    """All that they rest on, once each."""
    return tuple(dict.fromkeys(id for phrase in phrases for id in phrase.ids))
