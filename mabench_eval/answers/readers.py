"""Readers of a marked reply: each finds the answers it knows how to find; one is the answer, two are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mabench_eval.answers.marks import CLAUSE_ENDS, FAINT, LETTER, MARKS, NAMED, PRAISE, TALK, letters, surest

_WINDOW = 100
"""Characters around a mention that are looked at for words that state, deny or point at it."""

_NOUN = r"(?:answer|option|choice|letter|label|category|class|prediction|selection|conclusion|response|result)"
_FILLER = rf"(?:[ ]?\b(?:{_NOUN}|both|either|the|clearly|most|likely|probably|definitely|still|just|simply)\b)"
_WRAP = rf"[^\w?{MARKS}{TALK}]"
_OPENING = rf"{_WRAP}{{0,8}}+{_FILLER}{{0,4}}{_WRAP}{{0,8}}+"
_JOINT = rf"""(?:
    [)\]}}>'. ]{{0,3}}+ (?: [,;/|&+(\[] | \b(?:and|or|vs|as[ ]well[ ]as)\b ){{1,2}} {_WRAP}{{0,3}}+
    (?:(?:and|or|option|maybe|perhaps|possibly|also|even)[ ]){{0,2}}
  | [)\]]?[.\n ] {_WRAP}{{0,3}}+ (?=[{NAMED}]{CLAUSE_ENDS}|[{LETTER}](?:\.|\Z))  # the next of a list
)"""
_SERIES = rf"(?P<series>[{MARKS}](?:{_JOINT}[{MARKS}])*+)"
"""An answer with its alternatives: read together, so that two are none."""

_FLAGS = re.VERBOSE | re.IGNORECASE
_MENTION = re.compile(rf"{_SERIES}|[{TALK}]", _FLAGS)
_STATES = re.compile(
    rf"""
    (?: \banswer[ ]?\n
      | \b{_NOUN}(?:[ ](?:to|for|of|in|here)\b[^.:;?!\n{MARKS}]{{0,60}}?)?
        [ ]?(?: [:=] | -{{1,2}}>? | 's\b | (?:is|was|(?:should|would|must|will)[ ]be|(?:seems|appears)[ ]to[ ]be)\b )
      | (?:答案|选项|选择|选)[ ]?(?:应该|应)?(?:是|为|选)?
      | \b(?:I|we)(?:'d|'ll)?[ ](?:(?:would|will|must|should|have[ ]to)[ ])?
        (?:choose|chose|pick|select|opt[ ]for|go[ ]with|answer)\b
    )
    {_OPENING}\Z
    """,
    _FLAGS,
)
_FINAL = re.compile(r"\bfinal \Z", re.IGNORECASE)
_PRAISED = re.compile(rf"[)\]]?{PRAISE}", _FLAGS)
_POINTS = re.compile(
    r"(?:\b(?:clearly|obviously|definitely|certainly|surely|probably|likely|possibly|maybe|perhaps|apparently|is|be"
    r"|was|it's|that's|as|think|believe|say|guess|choose|pick|select|with|therefore|thus|hence|so|option|choice"
    r"|letter|category|class|label|answer|(?:corresponds?|belongs?|points?|refers?) to)\b(?: the)?|[:=>是])\W{0,4}\Z",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;:,!?\n]|\b(?:but|so|and|therefore|thus|hence)\b", re.IGNORECASE)
_DENIES = re.compile(
    r"(?:\b(?:not|never|no|nor|neither|cannot|without|than|instead of|except|unlike|excluding|excludes?|excluded"
    r"|eliminates?|eliminated|rules? out|ruled out|rejects?|rejected|wrong|incorrect)|n't)\b(?: [\w'-]+){0,12}\W*\Z",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"[)\]]? ?\?|\W{0,3}(?:(?:is|are|was|were|does|do|did|can|could|would|should|seems?|looks?|appears?)"
    r"(?:n't|not\b| (?:\w+ ){0,2}(?:not|wrong|incorrect|false|unlikely|excluded|eliminated|ruled|out|impossible)\b)"
    r"|cannot\b)|(?:, (?=no\b)|[ .:)\]-]{0,3})(?:no|wrong|incorrect|false|unlikely|excluded|eliminated)\b(?! \w)",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(
    r"\b(?:wait\b(?=[,.:;!?-]| (?:no|i|it|it's|the|that|let|actually)\b)|correction:|scratch that|on second thought"
    r"|i meant|actually,? (?:no|it's|it is|that's|i|the (?:(?:correct|right) )?answer)\b)",
    re.IGNORECASE,
)
_BEGINNING = re.compile(_OPENING, _FLAGS)
_CLOSES = re.compile(CLAUSE_ENDS)
_SECOND_OPTION = re.compile(rf"[\n.!;]{_WRAP}{{0,4}}[\ue042\ue142](?:[ ]?[.:)\n-]|\Z)")  # marks of "B"
_WHOLE_LINE = re.compile(rf"{_OPENING}{_SERIES}{_WRAP}*+", _FLAGS)
_LAST_SENTENCE = re.compile(rf"[.!]{_WRAP}{{1,4}}+{_SERIES}{_WRAP}*+\Z", _FLAGS)


@dataclass(frozen=True, slots=True)
class Mention:
    """A mark, or a series of alternatives, with the words around it."""

    series: str
    """The marks and what joins them."""
    sure: str | None
    """Plane of its surest mark; None for a letter that is talked about."""
    start: int
    end: int
    before: str
    after: str

    def is_denied(self) -> bool:
        """``not B``, ``B is wrong``, ``B?``."""
        return bool(_DENIED.match(self.after) or _DENIES.search(_CLAUSE.split(self.before)[-1]))


Reader = Callable[[str, Sequence[Mention]], set[str]]
"""Marked text and its mentions -> the answers found: none, one, or several that stand against each other."""


def decide(marked: str, readers: Iterable[Reader]) -> str | None:
    """The letter of the one answer found by the first reader that finds any in what is not taken back."""
    text = marked[max((match.end() for match in _TAKES_BACK.finditer(marked)), default=0) :]
    mentions = [mention for mention in _mentions(text) if not mention.is_denied()]
    for reader in readers if mentions else ():
        answers = reader(text, mentions)
        if answers:
            return answers.pop() if len(answers) == 1 else None
    return None


def stated(text: str, mentions: Sequence[Mention]) -> set[str]:
    """Explicit statements; a final answer outranks the others."""
    stated_letters: set[str] = set()
    final: set[str] = set()
    for mention in mentions:
        if mention.sure is None:
            continue
        states = _STATES.search(mention.before)
        if states and _FINAL.search(mention.before[: states.start()]):
            final |= letters(mention.series)
        elif states or _PRAISED.match(mention.after):
            stated_letters |= letters(mention.series)
    return final or stated_letters


def edges(text: str, mentions: Sequence[Mention]) -> set[str]:
    """The answer the reply begins with, and the one it ends with."""
    return _beginning(text, mentions[0]) | _ending(text)


def named(text: str, mentions: Sequence[Mention]) -> set[str]:
    """The options named in prose: by text, or by a letter that is pointed at.

    Other letters are no answers, but they must not differ from the one that is.
    """
    answers: set[str] = set()
    others: set[str] = set()
    for mention in mentions:
        if mention.sure == NAMED or (mention.sure == LETTER and _POINTS.search(mention.before)):
            answers |= letters(mention.series)
        elif mention.sure != FAINT:
            others |= letters(mention.series)
    return answers | others if answers else set()


def _mentions(text: str) -> Iterator[Mention]:
    for match in _MENTION.finditer(text):
        start, end = match.span()
        before, after = text[max(0, start - _WINDOW) : start], text[end : end + _WINDOW]
        yield Mention(match[0], surest(match[0]), start, end, before, after)


def _beginning(text: str, first: Mention) -> set[str]:
    opens = first.sure is not None and _BEGINNING.fullmatch(text, 0, first.start)
    if not (opens and _CLOSES.match(text, first.end)):
        return set()
    answers = letters(first.series)
    if answers == {"A"} and _SECOND_OPTION.search(text, first.end):
        return set()  # the options one by one, from the first on
    return answers


def _ending(text: str) -> set[str]:
    """The answers in the last lines that are answers and nothing else, else in the last sentence."""
    answers: set[str] = set()
    for line in reversed(text.split("\n")):
        whole = _WHOLE_LINE.fullmatch(line)
        if whole is None:
            break
        answers |= letters(whole["series"])
    if not answers and (last := _LAST_SENTENCE.search(text[-2 * _WINDOW :])):
        answers = letters(last["series"])
    return answers
