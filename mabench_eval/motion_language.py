"""The language of movement descriptions: a text is read into facts that can be counted and compared.

"The right hand moves upward, then retracts" becomes: hand (right) goes up; then hand (right) retracts. A fact is bound
to a body part, so sentences about anything else (the room, the video, the reader) hold none. Rules and word lists only:
no model, the same facts on every machine. Words of one meaning share a value (``lift``, ``raise``); words that carry no
meaning for the comparison are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple, cast

Kind = Literal["motion", "direction", "place", "touch", "pace"]
Role = Literal["lead", "follow", "still"]
Phase = Literal["start", "change", "then", "end"]


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A body part of one side."""

    name: str
    """``hand``, ``arm``, ``head``, ``torso``, ``leg``, ``foot``, ``shoulder``, ``others``, or a place that is touched."""
    side: str = ""
    """``left``, ``right``, ``both`` or empty when the text does not say."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing said about one body part."""

    part: Part
    kind: Kind
    value: str
    """One word for all synonyms: ``up``, ``oscillate``, ``high``, ``at ear``; ``no up`` where the text denies it."""
    phase: Phase
    """When: at the start, during the change, after it (``then``), at the end."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a text says about a movement."""

    facts: tuple[Fact, ...] = ()
    """In the order of the text."""
    roles: frozenset[tuple[Part, Role]] = frozenset()
    """Which parts lead, follow or keep still."""

    @property
    def leads(self) -> frozenset[Part]:
        """The parts that lead; where the text names none, the first part that moves."""
        named = frozenset(part for part, role in self.roles if role == "lead")
        first = next((fact.part for fact in self.facts if fact.kind in ("motion", "direction")), None)
        return named or (frozenset() if first is None else frozenset({first}))

    @property
    def moves(self) -> bool:
        """Whether anything moves at all."""
        still = {part for part, role in self.roles if role == "still"} - self.leads
        moving = [fact.part for fact in self.facts if fact.kind in ("motion", "direction", "touch")
                  and not fact.value.startswith("no ")]  # fmt: skip
        return any(part not in still for part in moving)

    def mirrored(self, horizontally: bool, vertically: bool) -> Description:
        """The same movement with left and right, up and down, or both exchanged."""
        swap = {**(_LEFT_RIGHT if horizontally else {}), **(_UP_DOWN if vertically else {})}

        def turned(text: str) -> str:
            return " ".join(swap.get(word, word) for word in text.split(" "))

        def part_of(part: Part) -> Part:
            return replace(part, side=turned(part.side))

        return Description(
            tuple(replace(fact, part=part_of(fact.part), value=turned(fact.value)) for fact in self.facts),
            frozenset((part_of(part), role) for part, role in self.roles),
        )


_LEFT_RIGHT = MappingProxyType({"left": "right", "right": "left"})
_UP_DOWN = MappingProxyType({"up": "down", "down": "up", "high": "low", "low": "high"})
OPPOSITES = MappingProxyType({
    **_LEFT_RIGHT, **_UP_DOWN, "in": "out", "out": "in", "forward": "backward", "backward": "forward",
    "near": "away", "away": "near", "extend": "retract", "retract": "extend", "close": "spread", "spread": "close",
    "left side": "right side", "right side": "left side", "touch": "no touch",
})  # fmt: skip
"""Value -> the value that contradicts it."""

LIMBS = MappingProxyType({
    "hand": "arm", "finger": "arm", "arm": "arm", "shoulder": "arm", "leg": "leg", "foot": "leg",
    "head": "head", "face": "head", "torso": "torso",
})  # fmt: skip
"""Part -> the region of the body it belongs to."""

_PARTS = {
    "hand": r"hands?|palms?|wrists?|fists?|fingers?|thumbs?",
    "arm": r"(?:(?:upper|lower)[ -])?(?:arms?)(?! akimbo)|forearms?|elbows?|upper limbs?|upper extremit(?:y|ies)",
    "foot": r"foot|feet|toes?|heels?|ankles?",
    "knee": r"knees?|laps?",
    "leg": r"(?:(?:upper|lower)[ -])?(?:legs?)|thighs?|cal(?:f|ves)|shins?|lower limbs?|lower extremit(?:y|ies)",
    "head": r"head",
    "torso": r"torso|trunk|upper body|whole[ -]body|entire body|body(?! (?:parts?|regions?|segments?|mid\w+|cent\w+|front)|'s|-)",
    "shoulder": r"shoulders?",
    "eye": r"eyes?", "ear": r"ears?", "nose": r"nose", "mouth": r"mouth|lips?", "hair": r"hair",
    "glasses": r"(?:eye)?glasses|spectacles", "forehead": r"forehead|brow",
    "hindbrain": r"hindbrain|back of (?:the|his|her|their) head|nape", "face": r"face|cheeks?|chin",
    "neck": r"neck|throat", "chest": r"chest", "waist": r"waist|hips?|abdom(?:en|inal)|belly|stomach",
    "others": r"other (?:body )?(?:parts?|limbs?|segments?|regions?)|rest of the body|remaining (?:body )?parts?",
}  # fmt: skip
_TARGETS_ONLY = frozenset(
    {"knee", "eye", "ear", "nose", "mouth", "hair", "glasses", "forehead", "hindbrain", "neck", "chest", "waist"}
)

_WORDS: tuple[tuple[str, str, str], ...] = (
    ("place", "left side", r"left[- ]sided?(?! of the (?:head|face|neck))|left of (?:the |its )?(?:body(?:'s)? )?(?:mid|cent)\w+"
                           r"|left (?:half|lateral|region|area)|left(?= and right sides?)"),
    ("place", "right side", r"right[- ]sided?(?! of the (?:head|face|neck))|right of (?:the |its )?(?:body(?:'s)? )?(?:mid|cent)\w+"
                            r"|right (?:half|lateral|region|area)"),
    ("place", "away", r"away from (?:\w+ ){0,2}?(?:torso|body|trunk|midline|center|midsection)(?: midline|'s midline)?"
                      r"|far from (?:\w+ )?(?:torso|body)|outer side|outer|laterally spread|apart"),
    ("place", "near", r"(?:close|closer|next|proximal|adjacent) to (?:\w+ )?(?:torso|body|trunk)|near (?:the )?(?:torso|trunk)"),
    ("place", "front", r"in front of|front of|in front"),
    ("place", "behind", r"behind"),
    ("direction", "in", r"inwards?|(?:toward|towards|to|closer to) (?:the )?(?:body(?:'s)? )?(?:mid(?:line|dle)|cent(?:er|re))"
                        r"|(?:toward|towards) (?:each other|one another)|medially"),
    ("direction", "out", r"outwards?|laterally outward"),
    ("place", "midline", r"midline|cent(?:er|re)(?:ed|red|line)?|central(?:ized|ly)?"),
    ("direction", "vertical", r"(?:up[- ](?:and[- ])?down|upward(?:s)? and downward(?:s)?|down and up|vertical(?:ly)?"
                              r" (?:oscill\w+|shak\w+|motion|movement|swing\w*))"),
    ("direction", "horizontal", r"(?:side[- ]to[- ]side|(?:from )?left (?:and|to|-) right and back|left[- ](?:and[- ])?right"
                                r"(?! (?:sides?|hands?|arms?|legs?|feet))|horizontal(?:ly)?|lateral(?:ly)?|sideways|sidewards?)"),
    ("direction", "right", r"(?:from )?(?:the )?left[- ]to[- ](?:the[- ])?right"),
    ("direction", "left", r"(?:from )?(?:the )?right[- ]to[- ](?:the[- ])?left"),
    ("direction", "left", r"leftwards?|(?:to|toward|towards) (?:the |its |his |her |their )?left(?! (?:hand|arm|leg|foot))|(?<=ward-)left"),
    ("direction", "right", r"rightwards?|(?:to|toward|towards) (?:the |its |his |her |their )?right(?! (?:hand|arm|leg|foot))|(?<=ward-)right"),
    ("place", "high", r"high|higher|elevated|upper|raised position|head[- ]level|top"),
    ("place", "low", r"low|lower|bottom"),
    ("place", "middle", r"middle|mid[- ]?height|mid[- ]?level|medium height"),
    ("direction", "up", r"upwards?|up|ascend\w*|ascent"),
    ("direction", "down", r"downwards?|down|descen\w+|drop(?:s|ped|ping)?"),
    ("direction", "up", r"rais(?:e|es|ed|ing)|lift(?:s|ed|ing)?|elevat(?:es|ing|ion)|ris(?:es|ing)"),
    ("direction", "down", r"lower(?:s|ed|ing)"),
    ("direction", "forward", r"forwards?"), ("direction", "backward", r"backwards?"),
    ("motion", "oscillate", r"oscillat\w*|sway\w*|sw(?:ing|ings|inging|ung)|shak(?:e|es|ing|en)|shook|rock(?:s|ing)|wobbl\w+"
                            r"|jiggl\w+|bounc\w+|trembl\w+|vibrat\w+"),
    ("motion", "turn", r"turn(?:s|ed|ing)?|rotat\w+|twist\w*|pivot\w*|swivel\w*"),
    ("motion", "tilt", r"tilt\w*|inclin\w+|lean(?:s|ed|ing)?"),
    ("motion", "nod", r"nod(?:s|ded|ding)?"),
    ("motion", "bow", r"bow(?:s|ed|ing)?|dip(?:s|ped|ping)?"),
    ("motion", "wave", r"wav(?:e|es|ed|ing)"),
    ("motion", "sweep", r"sweep\w*|swept|arc(?:s|ing)?|diagonal(?:ly)?"),
    ("motion", "extend", r"exten(?:d|ds|ded|ding|sion)|stretch\w*|reach(?:es|ed|ing)?|straighten\w*"),
    ("motion", "retract", r"retract\w*|withdraw\w*|pull(?:s|ed|ing)? (?:back|in)|draw(?:s|n|ing)? back|return\w*"),
    ("motion", "close", r"converg\w*|clos(?:e|es|ing)(?! to)|come(?:s)? together|coming together|bring\w* together|join\w*"),
    ("motion", "spread", r"spread\w*|open(?:s|ed|ing)?|part(?:ing|ed)"),
    ("motion", "cross", r"cross(?:es|ed|ing)?"),
    ("motion", "curl", r"curl\w*|bend\w*|bent|flex\w*|fold\w*"),
    ("motion", "clench", r"clench\w*|grip\w*|grasp\w*"),
    ("motion", "scratch", r"scratch\w*"), ("motion", "rub", r"rub(?:s|bed|bing)?"),
    ("motion", "pat", r"pat(?:s|ted|ting)?|tap(?:s|ped|ping)?"),
    ("motion", "push", r"push\w*|adjusts? (?:the |his |her |their )?(?=glasses)"),
    ("motion", "cover", r"cover\w*"), ("motion", "shrug", r"shrug\w*"),
    ("motion", "point", r"point(?:s|ed|ing)(?! to the)"), ("motion", "play", r"play\w*|fidget\w*|tid(?:y|ies|ying)"),
    ("motion", "rise", r"stand(?:s|ing)? up|get(?:s|ting)? up"),
    ("motion", "move", r"mov(?:e|es|ed|ing|ement|ements)|motions?|shift\w*|displac\w+|activit(?:y|ies)|action|gestur\w+"
                       r"|travel\w*|drift\w*|approach\w*|transition\w*"),
    ("touch", "touch", r"touch\w*|contact\w*"),
    ("pace", "repeated", r"repetiti\w+|repeat\w*|rhythmic\w*|back[- ]and[- ]forth|(?:several|multiple|many) times"),
    ("pace", "continuous", r"continuous\w*|sustained|stead(?:y|ily)|persistent\w*|constant(?:ly)?"),
    ("pace", "single", r"single|once|one[- ]time"),
    ("pace", "fast", r"rapid\w*|quick\w*|fast|swift\w*|abrupt\w*|sudden\w*|sharp(?:ly)?"),
    ("pace", "slow", r"slow(?:ly)?|gradual\w*|gentl[ey]|smooth(?:ly)?"),
    ("role", "follow", r"follow(?:s|ing|ed)?(?! by)|accompan\w+|secondary|respon(?:d|ds|se|ding)|compensat\w+|support(?:s|ing|ed)?"
                       r"|contribut\w+|minor|slight(?:ly)? accompanying|lesser|participat\w+|subsequent motion"),
    ("role", "lead", r"lead(?:s|ing)?|led|dominant|dominat\w+|primar(?:y|ily)|main(?:ly)?|most (?:prominent|active|pronounced|"
                     r"significant|visible)|highest|driven by|driv(?:es|ing|er)|principal(?:ly)?"),
    ("role", "still", r"stable|stationary|still|static|inactive|passive|motionless|unchanged|immobile|at rest|minimal(?:ly)?"),
    ("phase", "start", r"start(?:s|ed|ing)?|begin(?:s|ning)?|began|initial(?:ly)?|initiat\w+|at first|first|originat\w+|early"
                       r"|after|preceded by|previously|beforehand"),
    ("phase", "from", r"from"), ("phase", "to", r"to(?= (?:an?|the|its|near|slightly|\w+er)\b)|towards?|into"), ("phase", "change", r"and(?= \w+s\b)"),
    ("phase", "then", r"then|subsequent(?:ly)?|followed by|before|next|afterwards?|later|progress\w*|eventually"),
    ("phase", "end", r"end(?:s|ed|ing)?|final(?:ly)?|settl\w+|culminat\w+|stabiliz\w+|stop(?:s|ped|ping)?|rest(?:s|ing)?|late"
                     r"|conclud\w+|come(?:s)? to rest"),
    ("negation", "", r"but|then|with"),
    ("negation", "no", r"no|not|without|none|neither|nor|never|nothing|absence of|lack of|rather than|instead of|n't|cannot"),
)  # fmt: skip

_SIDE = r"left and right|right and left|left|right|both"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[;\n]")
_CLAUSE_END = re.compile(
    r"[,:()\u2014]|\b(?:while|whereas|although|though|as|when|which)\b|(?=\b(?:accompanied|followed) by\b)"
)
_LOOKS_BACK = re.compile(r"\W*(?:it|its|they|their|this|these|the (?:motion|movement|action))\b", re.I)
_SUBJECT = re.compile(r"\b(?:person|man|woman|subject|individual|he|she)\b", re.I)
_JOINED = re.compile(r"\W*(?:and|or|as well as)?\W*(?:the|his|her|their|its)?\W*", re.I)
_TAKES_OVER = re.compile(r"\b(?:of|by|in|involv\w+)\s+(?:the|his|her|their|its)?\s*$", re.I)
_TARGET = re.compile(
    r"\b(?:near|towards?|to|at|across|against|above|below|behind|beside|beneath|under|over|from|on|onto|around|along"
    r"|(?:front|sides?|level|midline|center) of|touch\w*|contact\w*(?: with)?|scratch\w*|pat(?:s|ting)?|approach\w*|reach\w*|grasp\w*"
    r"|hold\w*|than|relative to|close to)\s+(?:the|his|her|their|its|one's|an?|(?:the )?body's)?\s*(?:[a-z]+er )?$",
    re.I,
)
_HAND_WORK = frozenset({"touch", "scratch", "rub", "cover", "push", "play", "pat"})


@dataclass(frozen=True, slots=True)
class _Mention:
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


def read_description(text: str) -> Description:
    """Read a text into facts, clause by clause; what it says of no body part is skipped. Any text is accepted."""
    reader = _Reader()
    plain = text.replace("\u2019", "'").replace("\u2013", "-").replace("*", "")
    for sentence in _SENTENCE_END.split(plain):
        reader.sentence(sentence)
    return Description(tuple(dict.fromkeys(reader.facts)), frozenset(reader.roles))


def speaks_of_movement(text: str) -> bool:
    """Whether the text names a part of the body or a definite kind of motion."""
    return any(m.kind == "part" or (m.kind == "motion" and m.value != "move") for m in _scan(text))


class _Reader:
    """Reads clause after clause and remembers who is being spoken of."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.roles: set[tuple[Part, Role]] = set()
        self.sides: dict[str, set[str]] = {}
        self.actors: tuple[Part, ...] = ()
        self.phase: Phase = "change"
        self.list_goes_on = False

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
            else:
                joined = _JOINED.fullmatch(text[max(actor_end, 0) : mention.start]) is not None
                taken_over = first or _TAKES_OVER.search(text[: mention.start])
                if not joined and (actor_end >= 0 or not taken_over):
                    waiting = self.emit(waiting)
                self.take(mention, joins=joined and (actor_end >= 0 or self.list_goes_on))
                actor_end = mention.end
        self.stand_in(text, waiting)
        self.list_goes_on = actor_end >= 0 and not waiting
        self.emit(waiting)

    def turn(self, cue: str) -> None:
        """Go on to another phase; ``from`` and ``to`` are start and end unless a plainer word has said when."""
        if cue in ("from", "to"):
            before: Phase = "change" if cue == "from" else "start"
            after: Phase = "start" if cue == "from" else "end"
            self.phase = after if self.phase == before else self.phase
        else:
            self.phase = cast("Phase", cue)

    def take(self, mention: _Mention, *, joins: bool) -> None:
        """Make a part the one being spoken of, or add it to those that are (``the head and torso``)."""
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
            if mention.value != "torso":  # which is what all places are told from
                yield _Item("place", f"{no}at {mention.value}", self.phase)
            if mention.side and mention.value != "torso":
                yield _Item("place", f"{no}{mention.side} {mention.value}", self.phase)
        elif mention.kind != "role" or not negated:
            yield _Item(mention.kind, no + mention.value, self.phase)

    def stand_in(self, text: str, waiting: list[_Item]) -> None:
        """``She touches her nose`` names no part that moves: it is the hand; ``he leans back``: the torso."""
        moves = any(item.kind in ("motion", "direction", "touch") for item in waiting)
        if moves and not self.actors and _SUBJECT.search(text):
            works = any(item.value in _HAND_WORK or item.value.startswith("at ") for item in waiting)
            self.actors = (Part("hand" if works else "torso"),)

    def emit(self, items: list[_Item]) -> list[_Item]:
        """Book items on the parts being spoken of; returns the empty list of those still waiting."""
        for item in items:
            for part in self.actors:
                if item.kind == "role":
                    self.roles.add((part, cast("Role", item.value)))
                else:
                    self.facts.append(Fact(part, cast("Kind", item.kind), item.value, item.phase))
        return []


def _is_target(text: str, mention: _Mention) -> bool:
    return mention.value in _TARGETS_ONLY or _TARGET.search(text[: mention.start]) is not None


def _scan(text: str) -> Iterator[_Mention]:
    for match in _lexicon().finditer(text):
        kind, value = _entry(match.lastgroup or "")
        if kind == "part":
            words = match[0].lower()
            side = re.match(rf"(?:lower |upper )?({_SIDE})\b", words)
            yield _Mention(kind, value, _side(side[1] if side else ""), match.start(), match.end(),
                           plural=words.endswith(_PLURALS))  # fmt: skip
        else:
            yield _Mention(kind, value, "", match.start(), match.end())


def _side(words: str) -> str:
    return "both" if "and" in words else words


_PLURALS = ("s", "feet", "calves")


@cache
def _entries() -> Mapping[str, tuple[str, str, str]]:
    """Group name -> kind, value, pattern; parts first, so that ``lower arm`` is not read as ``lower``."""
    sided = rf"(?:(?:lower |upper )?(?:{_SIDE})[- ])?"
    parts = [("part", name, rf"{sided}(?:{pattern})") for name, pattern in _PARTS.items()]
    return {f"g{number}": entry for number, entry in enumerate([*parts, *_WORDS])}


def _entry(group: str) -> tuple[str, str]:
    kind, value, _ = _entries()[group]
    return kind, value


@cache
def _lexicon() -> re.Pattern[str]:
    return re.compile(
        r"\b(?:" + "|".join(f"(?P<{group}>{pattern})" for group, (_, _, pattern) in _entries().items()) + r")\b",
        re.I,
    )
