"""Marks: each expression of a reply that can be an answer, turned into one character.

A mark is a private-use character. Its low byte is the answer's letter (``Y`` and ``N`` for yes and no), its plane
says how sure it is. Planes are written as ranges, for the brackets of regular expressions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from mabench_eval import taxonomy
from mabench_eval.answers.reply import tidy

NAMED = "\ue000-\ue0ff"
"""The text of an option, with or without its letter; yes; no: what is an answer wherever it stands."""
LETTER = "\ue100-\ue1ff"
"""What is an answer in prose only where it is pointed at: a capital letter; ``Head``."""
FAINT = "\ue200-\ue2ff"
"""What is an answer in an answer's place, and none in prose: ``b``, ``Y``, ``head``."""
MARKS = "\ue000-\ue2ff"
"""All that can be answers."""
TALK = "\ue300-\ue3ff"
"""A capital letter that is talked about: ``B moves``. No answer, but no other letter is one beside it in prose."""

_PRINTED, _RECASED = "\ue400-\ue4ff", "\ue500-\ue5ff"  # option texts, before the letters beside them are read
_OPTION_TEXT = f"[{_PRINTED}{_RECASED}]"
_CONTRADICTION = "?"
_BODY_PARTS = frozenset(part.lower() for part in taxonomy.BODY_PARTS.values() if "-" not in part)
_WORD = re.compile(r"[^ ()-]+")

_RESUMES = (
    r"(?:because|since|as|due|for|or|and|but|which|with|in|from|according|if|when|where|although|though|however"
    r"|the|this|that|these|it|its|there|he|she|they|i|we|his|her|their|rather[ ]than|instead[ ]of|based[ ]on"
    r"|given[ ](?:that|the)|while[ ]the|(?:not|over)[ ](?:because|option|[a-g])|then)\b"
)
"""Words before which neither the article "A" nor the determiner "No" can stand."""

WORD_STARTS = r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][-'])"
"""No word or half a compound before. Of ASCII letters: Chinese is written without spaces."""
CLAUSE_ENDS = rf"(?!\w|[-']\w|\.[a-z])(?:(?![ ]\w)|(?=[ ](?i:{_RESUMES})))"
"""The expression is not part of what follows: ``A.`` and ``A because``, but not ``A man``."""
PRAISE = (
    r"(?:[ ](?:is|was|seems|looks|appears|(?:must|would|should|will)[ ]be)(?:[ ]to[ ]be)?"
    r"(?:[ ](?:the|my|most|clearly|obviously|very|likely|probably|definitely|only|single)){0,4}"
    r"[ ](?:correct|right|best|answer|accurate|appropriate|suitable|fitting|plausible|likely)"
    rf"(?:[ ](?:answer|option|choice|one|label|category|class|letter|match|fit|description))?{CLAUSE_ENDS}"
    r"|[ ]best[ ](?:describes|matches|fits|represents|captures)\b|[ ](?:fits|matches)[ ]best\b)"
)
"""What makes a statement of the answer before it: ``is the right answer``."""
_STANDS = rf"(?:{CLAUSE_ENDS}|(?=(?i:{PRAISE})))"

_PAIRED = r"(?=[ ](?:y|et|und|ou|oder)[ ])"
_YES_ELSEWHERE = (
    r"(?:是的?|对的?|對的?|没错|沒錯|正确|正確|有|会|會|はい|ええ|예|네|맞습니다)(?:です|입니다|예요)?(?!\w)"
    rf"|(?i:sí|sì|oui|ja|jawohl|sim|да|так|tak|evet|ya|có|نعم)(?:{CLAUSE_ENDS}|{_PAIRED})"
)
_NO_ELSEWHERE = (
    r"(?:否|不|不是的?|没有|沒有|不对|不對|不正确|不正確|错误|錯誤|不会|不會|いいえ|いえ|아니요|아니오|아뇨|아닙니다)"
    r"(?:です|입니다|예요)?(?!\w)"
    rf"|(?i:non|nein|não|nao|нет|ні|nie|nee|nej|nei|hay\u0131r|không|tidak|bukan|لا)(?:{CLAUSE_ENDS}|{_PAIRED})"
)
"""Yes and no of other languages; a word that is another thing in one of them (``si``, ``da``, ``ne``) is neither."""
_ROMANCE = re.compile(r"\b(?:el|la|los|las|del|una|que|se|il|gli|della|di)\b", re.IGNORECASE)
"""Where two of these stand, ``no`` denies a verb as often as it answers."""
_YES_NO = re.compile(
    rf"""
    {WORD_STARTS}(?:
        (?P<yes>(?i:yes))(?!\w|[-']\w)
      | (?P<no>(?i:no))(?!\.?[ ]?\d|[ ](?:or|and)[ ](?:little|few|minimal|minor|slight|negligible|\w+ly)\b){_STANDS}
      | (?P<initial>[YyNn])(?!/){_STANDS}
    )
    | (?<!\w)(?<!\w[-'])(?: (?P<hai>{_YES_ELSEWHERE}) | {_NO_ELSEWHERE} )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Name:
    """A text that names an option."""

    pattern: re.Pattern[str]
    hint: str
    """A word of it in lower case: where it is missing, the pattern need not be tried."""
    initial: str
    """First character as printed."""
    owner: str
    """Letter of the option it names."""
    agrees: frozenset[str]
    """Letters it may stand behind without contradiction: options that differ in the code alone."""
    everyday: bool
    """Whether prose uses it too: a body part, or a part of another label."""
    text: str = ""
    """As printed; empty for another form of it."""


def mark_choice(text: str, options: Mapping[str, str], *, loose: bool = False) -> str:
    """The tidy text with every letter and every option text that can be an answer turned into a mark.

    ``loose``: the words of an option count in another order or form too: ``hand-head``, ``shaking the body``.
    """
    names = _names(tuple(options.items()))
    if loose:
        names = _loose_names(names) + names  # first: they hold everyday words, as `hand/head` does
    lower = text.lower()
    for index, name in enumerate(names):
        if name.hint in lower:
            text = _mark_option_text(text, index, name)
    return _markable(max("G", *options)).sub(lambda match: _mark_of(match, names), text)


def mark_yes_no(text: str) -> str:
    """The tidy text with every yes and no that can be an answer turned into a mark."""
    foreign = len(_ROMANCE.findall(text)) > 1

    def mark(match: re.Match[str]) -> str:
        if match["yes"] or match["no"]:
            return _mark(FAINT if foreign else NAMED, match[0][0])
        return _mark(FAINT, match["initial"] or ("Y" if match["hai"] else "N"))

    return _YES_NO.sub(mark, unicodedata.normalize("NFC", text))


def letters(marked: str) -> set[str]:
    """The answers marked in a piece of text. A contradiction is one that no question has."""
    return {chr(ord(char) & 0xFF) for char in marked if MARKS[0] <= char <= TALK[-1]}


def surest(marked: str) -> str | None:
    """The plane of the surest mark in a piece of text: `NAMED`, `LETTER` or `FAINT`; None without marks."""
    marks = [char for char in marked if MARKS[0] <= char <= MARKS[-1]]
    return next(plane for plane in (NAMED, LETTER, FAINT) if min(marks) <= plane[-1]) if marks else None


def _mark(plane: str, letter: str) -> str:
    return chr(ord(plane[0]) + ord(letter.upper()))


def _mark_option_text(text: str, index: int, name: _Name) -> str:
    printed, recased = chr(ord(_PRINTED[0]) + index), chr(ord(_RECASED[0]) + index)
    return name.pattern.sub(lambda match: printed if match[0][0] == name.initial else recased, text)


def _mark_of(match: re.Match[str], names: tuple[_Name, ...]) -> str:
    """The mark of a letter, an option text, or both."""
    letter, text = match["letter"], match["own"] or match["text"]
    if match["talk"]:
        return _mark(TALK, match["talk"])
    if text is None:
        return _mark(LETTER if letter.isupper() else FAINT, letter)
    name, recased = names[ord(text) & 0xFF], text >= _RECASED[0]
    alone = _mark(NAMED if not name.everyday else FAINT if recased else LETTER, name.owner)
    if recased and letter in ("A", "a") and match["gap"] == " ":
        return f"{letter} {alone}"  # the article: "a nodding motion"
    letter = letter or match["behind"]
    if letter is None:
        return alone
    return _mark(NAMED, letter if letter.upper() in name.agrees else _CONTRADICTION)


@lru_cache(maxsize=8)
def _markable(last: str) -> re.Pattern[str]:
    """Finds letters up to ``last`` and option texts, a letter beside a text included."""
    letter = f"[A-{last}a-{last.lower()}]"
    return re.compile(
        rf"""
        {WORD_STARTS}(?P<letter>{letter})(?: (?P<gap>[ .:)\]}}>'(\[-]{{1,6}}+)(?P<own>{_OPTION_TEXT}) | {_STANDS} )
        | (?P<text>{_OPTION_TEXT})(?: [ ]?[(\[:-][ ]?\(?(?P<behind>{letter})(?:(?=[)\]])|{CLAUSE_ENDS}) )?
        | {WORD_STARTS}(?P<talk>[B-HJ-Z])(?!\w)
        """,
        re.VERBOSE,
    )


@lru_cache(maxsize=1024)
def _names(options: tuple[tuple[str, str], ...]) -> tuple[_Name, ...]:
    """The names of the options, longest first.

    A text printed for two options names neither. A label without its code names the option printed so, else its
    only coded one.
    """
    printed = {letter: tidy(text) for letter, text in options}
    bare = {letter: taxonomy.label(text) for letter, text in printed.items()}
    taken = {text.casefold() for text in printed.values()}
    spelled = [(text, letter) for letter, text in printed.items()]
    spelled += [(label, letter) for letter, label in bare.items() if label.casefold() not in taken]
    folded = [text.casefold() for text, _ in spelled]
    unique = [(text, letter) for text, letter in spelled if _WORD.search(text) and folded.count(text.casefold()) == 1]
    return tuple(_name(text, letter, bare) for text, letter in sorted(unique, key=lambda name: -len(name[0])))


def _name(text: str, owner: str, bare: Mapping[str, str]) -> _Name:
    label = bare[owner].casefold()
    within = re.compile(rf"\b{re.escape(label)}\b")
    others = {other.casefold() for other in bare.values()} - {label}
    everyday = label in _BODY_PARTS or any(within.search(other) for other in others)
    agrees = {letter for letter, other in bare.items() if other.casefold() == text.casefold()} | {owner}
    hint = _WORD.findall(text.lower())[0]
    return _Name(_pattern(text, everyday), hint, text[0], owner, frozenset(agrees), everyday, text)


_DETERMINER = r"[ ](?:(?:the|a|an|his|her|their|its|one's|both|both[ ]of)[ ]){0,2}"


def _loose_names(names: tuple[_Name, ...]) -> tuple[_Name, ...]:
    """Other forms of the labels that options are printed with; a form that two options share names neither."""
    found = [
        _Name(_stands(form), "", "", name.owner, name.agrees, faint)
        for name in names
        for form, faint in _loose_forms(name.text.lower())
    ]
    forms = [name.pattern.pattern for name in found]
    return tuple(name for name in found if forms.count(name.pattern.pattern) == 1)


def _stands(form: str) -> re.Pattern[str]:
    return re.compile(f"{WORD_STARTS}(?:{form}){CLAUSE_ENDS}", re.IGNORECASE)


def _loose_forms(label: str) -> list[tuple[str, bool]]:
    """(expression, whether it is an answer in an answer's place alone) of a label's other forms."""
    words = label.split(" ")
    pair = label.split("-")
    if len(pair) == 2 and len(words) == 1:
        return [(rf"{re.escape(pair[1])}[ ]?[-/][ ]?{re.escape(pair[0])}", False)]
    if words[-1] == "limb":
        return [(f"{re.escape(label)}s", True)]
    if not words[0].endswith("ing") or not label.replace(" ", "").isalpha():
        return []
    noun = [_number(word) for word in words[1:]]
    if len(words) == 4 and words[1] == "or":
        first, second = words[0], words[2]
        verbs = rf"{first}(?:[ ]or[ ]|[ ]?/[ ]?){second}|{second}(?:[ ]or[ ]|[ ]?/[ ]?){first}"
        return [(rf"(?:{verbs}){_DETERMINER}{noun[2]}", False)]

    stem = words[0].removesuffix("ing")
    verb = rf"{stem}e?" if stem[-1:] != stem[-2:-1] else rf"{stem}|{stem[:-1]}"  # shake, turn; nod of nodding
    base = rf"(?:{verb})" + "".join(f"{_DETERMINER if not place else '[ ]'}{word}" for place, word in enumerate(noun))
    if not noun:
        return [(base, True)]
    longer = words[0] + "".join(f"{_DETERMINER if not place else '[ ]'}{word}" for place, word in enumerate(noun))
    turned = [(rf"{noun[0]}[ -]{words[0]}", False)] if len(noun) == 1 else []
    return [(longer, False), (base, True), *turned]


def _number(word: str) -> str:
    """Singular and plural of a noun."""
    return "(?:feet|foot)" if word == "feet" else f"{re.escape(word.removesuffix('s'))}s?"


@lru_cache(maxsize=1024)
def _pattern(text: str, everyday: bool) -> re.Pattern[str]:
    """Finds an option's text in any case; the spaces, hyphens and brackets between its words are one.

    An everyday word is found at the end of a clause only: ``Head`` is an answer, ``Head movement`` is prose.
    """
    words = _WORD.findall(text)
    ends = r"(?![ ]?\w|[-']\w)|(?=[ ](?:because|since|as|or)\b)" if everyday else r"(?!\w)"
    return re.compile(WORD_STARTS + r"[ ()-]{1,3}".join(map(re.escape, words)) + f"(?:{ends})", re.IGNORECASE)
