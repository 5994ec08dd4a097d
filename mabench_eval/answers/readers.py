"""Readers of a marked reply: each finds the answers it knows how to find; one is the answer, two are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from mabench_eval.answers.marks import CLAUSE_ENDS, FAINT, LETTER, MARKS, NAMED, PRAISE, WORD_STARTS, letters, surest

Reader = Callable[[str], set[str]]
"""Marked text -> the answers it finds: none, one, or several that stand against each other."""

_WINDOW = 80
"""Characters around a mark that are looked at for words that deny it or point at it."""

_NOUN = r"(?:answer|option|choice|letter|label|category|class|prediction|selection|conclusion|response|result)"
_FILLER = rf"(?:[ ]?\b(?:{_NOUN}|both|either|the|clearly|most|likely|probably|definitely|still|just|simply)\b)"
_WRAP = rf"[^\w?{MARKS}]"
_JOINT = rf"""(?:
    [)\]}}>'. ]{{0,3}}+ (?: [,;/|&+(\[] | \b(?:and|or|vs|as[ ]well[ ]as)\b ){{1,2}} {_WRAP}{{0,3}}+
    (?:(?:and|or|option|maybe|perhaps|possibly|also|even)[ ]){{0,2}}
  | [)\]]?[.\n ] {_WRAP}{{0,3}}+ (?=[{NAMED}]{CLAUSE_ENDS}|[{LETTER}](?:\.|\Z))  # the next of a list
)"""
_SERIES = rf"(?P<series>[{MARKS}](?:{_JOINT}[{MARKS}])*+)"
"""An answer with its alternatives: read together, so that two are none."""

_FLAGS = re.VERBOSE | re.IGNORECASE
_STATED = re.compile(
    rf"""
    (?P<final>\bfinal[ ])?
    (?: \banswer[ ]?\n
      | \b{_NOUN}(?:[ ](?:to|for|of|in|here)\b[^.:;?!\n{MARKS}]{{0,60}}?)?
        [ ]?(?: [:=] | -{{1,2}}>? | 是 | 为 | 's\b
              | (?:is|was|(?:should|would|must|will)[ ]be|(?:seems|appears)[ ]to[ ]be)\b )
      | (?:答案|选项|选择|选)[ ]?(?:应该|应)?(?:是|为|选)?
      | \b(?:I|we)(?:'d|'ll)?[ ](?:(?:would|will|must|should|have[ ]to)[ ])?
        (?:choose|chose|pick|select|opt[ ]for|go[ ]with|answer)\b
    )
    {_WRAP}{{0,8}}+ {_FILLER}{{0,4}} {_WRAP}{{0,8}}+ {_SERIES}
    """,
    _FLAGS,
)
_PRAISED = re.compile(rf"{_SERIES}[)\]]?(?P<praise>{PRAISE})?", _FLAGS)
_OPENING = rf"{_WRAP}{{0,8}}+{_FILLER}{{0,3}}{_WRAP}{{0,8}}+"
_LEAD = re.compile(rf"{_OPENING}{_SERIES}{CLAUSE_ENDS}", _FLAGS)
_WHOLE = re.compile(rf"{_OPENING}{_SERIES}{_WRAP}*+", _FLAGS)
_LAST_SENTENCE = re.compile(rf"[.!]{_WRAP}{{1,4}}+{_SERIES}{_WRAP}*+\Z", _FLAGS)
_SECOND_OPTION = re.compile(rf"[\n.!;]{_WRAP}{{0,4}}[\ue042\ue142](?:[ ]?[.:)\n-]|\Z)", _FLAGS)  # marks of "B"
_MENTION = re.compile(rf"{_SERIES}|{WORD_STARTS}(?P<talk>(?-i:[B-H]))(?!\w)", _FLAGS)

_TAKES_BACK = re.compile(
    r"\b(?:wait\b(?=[,.:;!?-]| (?:no|i|it|it's|the|that|let|actually)\b)|correction:|scratch that|on second thought"
    r"|i meant|actually,? (?:no|it's|it is|that's|i|the (?:(?:correct|right) )?answer)\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;:,!?\n]|\b(?:but|so|and|therefore|thus|hence)\b", re.IGNORECASE)
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|never|no|nor|neither|cannot|without|than|instead of|except|unlike|excluding|excludes?|excluded"
    r"|eliminates?|eliminated|rules? out|ruled out|rejects?|rejected|wrong|incorrect)|n't)\b(?: [\w'-]+){0,4}\W*\Z",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"[)\]]? ?\?|\W{0,3}(?:(?:is|are|was|were|does|do|did|can|could|would|should|seems?|looks?|appears?)"
    r"(?:n't|not\b| (?:\w+ ){0,2}(?:not|wrong|incorrect|false|unlikely|excluded|eliminated|ruled|out|impossible)\b)"
    r"|cannot\b)|(?:, (?=no\b)|[ .:)\]-]{0,3})(?:no|wrong|incorrect|false|unlikely|excluded|eliminated)\b(?! \w)",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"(?:\b(?:clearly|obviously|definitely|certainly|surely|probably|likely|possibly|maybe|perhaps|apparently|is|be"
    r"|was|it's|that's|as|think|believe|say|guess|choose|pick|select|with|therefore|thus|hence|so|option|choice"
    r"|letter|category|class|label|answer|(?:corresponds?|belongs?|points?|refers?) to)\b(?: the)?|[:=>是])\W{0,4}\Z",
    re.IGNORECASE,
)


def decide(marked: str, readers: Iterable[Reader]) -> str | None:
    """The letter of the one answer found by the first reader that finds any in what is not taken back."""
    start = max((match.end() for match in _TAKES_BACK.finditer(marked)), default=0)
    for reader in readers:
        found = reader(marked[start:])
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def stated(text: str) -> set[str]:
    """Explicit statements; a final answer outranks the others."""
    said: set[str] = set()
    final: set[str] = set()
    for statement in _statements(text):
        if not _denied(text, statement):
            group = final if statement.groupdict().get("final") else said
            group |= letters(statement["series"])
    return final or said


def edges(text: str) -> set[str]:
    """The answer the reply begins with, and the one it ends with."""
    return _beginning(text) | _ending(text)


def named(text: str) -> set[str]:
    """The options named in prose: by text, or by a letter that is pointed at. Denied mentions do not count.

    Other letters are no answers, but they must not differ from the one that is.
    """
    answers: set[str] = set()
    others: set[str] = set()
    for mention in _MENTION.finditer(text):
        if _denied(text, mention):
            continue
        series = mention["series"] or ""
        sure = surest(series)
        pointed_at = _POINTER.search(text[max(0, mention.start() - _WINDOW) : mention.start()])
        if sure == NAMED or (sure == LETTER and pointed_at):
            answers |= letters(series)
        elif sure != FAINT:
            others |= letters(series) or {mention["talk"]}
    return answers | others if answers else set()


def _statements(text: str) -> Iterator[re.Match[str]]:
    yield from _STATED.finditer(text)
    yield from (match for match in _PRAISED.finditer(text) if match["praise"])


def _beginning(text: str) -> set[str]:
    lead = _LEAD.match(text)
    if lead is None or _denied(text, lead):
        return set()
    found = letters(lead["series"])
    if found == {"A"} and _SECOND_OPTION.search(text, lead.end()):
        return set()  # the options one by one, from the first on
    return found


def _ending(text: str) -> set[str]:
    """The answers in the last lines that are answers and nothing else, else in the last sentence."""
    found: set[str] = set()
    for line in reversed(text.split("\n")):
        whole = _WHOLE.fullmatch(line)
        if whole is None:
            break
        found |= letters(whole["series"])
    if not found and (last := _LAST_SENTENCE.search(text[-3 * _WINDOW :])):
        found = letters(last["series"])
    return found


def _denied(text: str, match: re.Match[str]) -> bool:
    """Whether the words around a match deny it."""
    start, end = match.span()
    before = _CLAUSE.split(text[max(0, start - _WINDOW) : start])[-1]
    return bool(_DENIED_BEFORE.search(before) or _DENIED_BEHIND.match(text[end : end + _WINDOW]))
