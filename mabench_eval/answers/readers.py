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
    [)\]}}>'. ]{{0,3}}+ (?: [,;/|&+(\[] | \b(?:and|or|vs|as[ ]well[ ]as|y|et|und|ou|oder)\b ){{1,2}} {_WRAP}{{0,3}}+
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
      | (?:回答|答え|正解|정답|답변|답)[ ]?(?:[:=]|は|은|는)
      | \b(?:respuesta|réponse|antwort|risposta|resposta|ответ)(?:[ ](?:correct[ae]|finale?|richtige))?
        [ ]?(?:[:=-]|(?:es|est|ist|è|é)\b)
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
_WHETHER = "".join(rf"(?<!\b{verb} )" for verb in ("see", "determine", "tell", "check", "decide", "assess", "know"))
_SUPPOSED = re.compile(
    rf"(?:{_WHETHER}\bif\b(?! (?:i|we)\b)|\b(?:unless|otherwise)\b"
    r"|(?:\A|, ?)\W*(?:had|were) (?:the|it|he|she|they|this)\b)"
    r".*(?<!\bi) would\b(?: [\w']+){0,5}\W{0,3}\Z|\bfor the answer to be \Z",
    re.IGNORECASE,
)
_WOULD = re.compile(r"(?<!\bi) would\b", re.IGNORECASE)
_IF = re.compile(r",? (?:only )?(?:if|unless|had)\b")
_ARTICLE = re.compile(r"\b(?:an?|for|to (?:say|answer)) \Z", re.IGNORECASE)
_NEEDS = re.compile(r" (?:answer |reply )?(?:would|needs?|requires?)\b")
_SENTENCE = re.compile(r"[.!?;\n]")
_TAKES_BACK = re.compile(
    r"\b(?:wait\b(?=[,.:;!?-]| (?:no|i|it|it's|the|that|let|actually)\b)|correction:|scratch that|on second thought"
    r"|i meant|actually,? (?:no|it's|it is|that's|i|the (?:(?:correct|right) )?answer)\b)",
    re.IGNORECASE,
)
_BEGINNING = re.compile(_OPENING, _FLAGS)
_CLOSES = re.compile(CLAUSE_ENDS)
_COMMENTED = re.compile(rf"[\n.!;]{_WRAP}{{0,4}}(?P<other>[{LETTER}{FAINT}])[ ]?(?P<sign>[:)])")
_OF_OTHERS = re.compile(r"\b(?:others?|why not|wrong|incorrect|eliminat\w+|rul\w+ out|remaining|rest)\b", re.IGNORECASE)
_SETS_OFF = re.compile(r"(?:\A|[^\w\s]|\n|\b(?:and|but|so|then|or))\s*\Z", re.IGNORECASE)
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

    def is_supposed(self) -> bool:
        """``if it had moved, the answer would be B``, ``it would be B if it moved``, ``a yes would need``."""
        sentence = _SENTENCE.split(self.before)[-1]
        if _IF.match(self.after) and _WOULD.search(sentence):
            return True
        return bool(_SUPPOSED.search(sentence) or (_ARTICLE.search(sentence) and _NEEDS.match(self.after)))


Reader = Callable[[str, Sequence[Mention]], set[str]]
"""Marked text and its mentions -> the answers found: none, one, or several that stand against each other."""


def decide(marked: str, readers: Iterable[Reader]) -> str | None:
    """The letter of the one answer found by the first reader that finds any in what is not taken back."""
    text = marked[max((match.end() for match in _TAKES_BACK.finditer(marked)), default=0) :]
    mentions = [mention for mention in _mentions(text) if not (mention.is_denied() or mention.is_supposed())]
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


def opened(text: str, mentions: Sequence[Mention]) -> set[str]:
    """Yes or no alone on the first line; the other word may be in the explanation, but not as an answer of its own."""
    line, _, explanation = text.partition("\n")
    whole = _WHOLE_LINE.fullmatch(line)
    if not whole or not explanation:
        return set()
    answers = letters(whole["series"])
    others = [each for each in mentions if each.end > len(line) and each.sure and letters(each.series) - answers]
    if any(
        _SETS_OFF.search(each.before) or _POINTS.search(each.before) or _SENTENCE.match(each.after) or not each.after
        for each in others
    ):
        return set()
    return answers


def worded(text: str, mentions: Sequence[Mention]) -> set[str]:
    """Yes and no named in prose, and what the reply begins with, in whatever language."""
    answers = named(text, mentions)
    return answers | _beginning(text, mentions[0]) if answers else set()


def sentences(text: str, mentions: Sequence[Mention]) -> set[str]:
    """As ``edges``, and what any sentence begins with, where the reply begins with an answer."""
    answers = edges(text, mentions)
    opening = [each for each in mentions if each.sure and _SENTENCE.search(each.before.rstrip(" ")[-1:])]
    return answers.union(*(letters(each.series) for each in opening)) if answers else set()


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
    return set() if _is_comment(text, first) else answers


def _is_comment(text: str, first: Mention) -> bool:
    """Whether this is the first of several letters that are commented on: ``B: it nods; A: it turns``."""
    sign = text[first.end : first.end + 2].strip()[:1]
    if first.sure == NAMED or sign not in (":", ")"):
        return False
    for other in _COMMENTED.finditer(text, first.end):
        if other["sign"] == sign and letters(other["other"]) != letters(first.series):
            return not _OF_OTHERS.search(text, first.end, other.start())
    return False


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
