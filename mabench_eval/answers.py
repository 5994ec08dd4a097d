"""Answer reading: the model's words in, an option letter, Yes or No out; or nothing, never a guess.

Strict about what is an answer, generous about how it is written. A reply is read in three steps.

1. **Reply proper.** Reasoning blocks go (`strip_reasoning`), then Markdown, LaTeX and full-width forms.
   ``\\boxed{B}`` and ``<answer>B</answer>`` become the statement they stand for: ``final answer: B``.
2. **Marks.** Each expression that can be an answer becomes one mark:

   - the text of an option, in any case, the longest first (``Head-hand`` is not ``Head``). A text printed for two
     options names neither. A label without its annotation code names the option printed so, else its only coded
     one. A label that is part of another (``Head``) names its option only where a word of prose cannot: at the
     end of a clause, and inside prose only as printed, with its capital;
   - a letter A-G at the end of a clause, or before a word no article can precede: ``A because`` and ``B, as`` are
     answers, ``A man`` and ``B moves`` are not. A letter with its own text is one mark; a letter with the text of
     another option contradicts itself;
   - the word yes, and the word no unless a noun follows: ``No movement is visible`` is no answer, ``No, it rests``
     and ``No it rests`` are. The letters Y and N, and the Chinese words, answer too, but not inside prose.

3. **Readers.** Tried in order; the first that finds anything decides. One answer is the answer, two are none.

   - *stated*: ``the answer is B``, ``I choose B``, ``B is correct``. A statement called final outranks one that
     takes an earlier one back (``wait``), and this one outranks the others;
   - *edges* (choices): the reply begins with an answer (``B. Nodding``) or ends with one, as its last line or
     sentence; if both, they must agree. Going through the options from the first on is no beginning;
   - *named*: one option, named anywhere in prose; a bare letter only where it is pointed at (``clearly E``) and no
     other is named. Denied mentions (``not B``, ``B is wrong``) do not count.

   Alternatives (``A or B``, ``B, C``, ``Yes and no``) are read together, hence none. A letter that is not among the
   options is an answer that cannot be right to read: none.

Every pattern is linear in the reply: bounded or possessive repeats only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from mabench_eval import taxonomy
from mabench_eval.types import AnswerKind, Outcome

# --- 1. The reply proper ---------------------------------------------------------------------------------------

_REASONING_TAG = re.compile(r"[<◁]\s?(/?)\s?(?:think|thinking|thought|reasoning)\s?[>▷]", re.IGNORECASE)
_FINAL_MARKUP = re.compile(r"<answer>|<\|begin_of_box\|>|\\boxed ?\{", re.IGNORECASE)
_OTHER_MARKUP = re.compile(r"</answer>|<\|\w{1,30}\|>|</s>", re.IGNORECASE)
_LATEX_FONT = re.compile(r"\\(?:text|mathrm|mathbf|textbf|textit) ?\{")
_SPACES = re.compile(r"[^\S\n]+")
_LINE_BREAKS = re.compile(r" ?\n[ \n]*")

# Marks are private-use characters: the plane says how sure the mark is, the low byte is the answer's letter.
_NAMED, _LETTER, _FAINT, _PRINTED, _RECASED = 0xE000, 0xE100, 0xE200, 0xE300, 0xE400
_CONTRADICTION = "?"

_PLAIN: dict[int, str | None] = {
    **dict.fromkeys(range(_NAMED, _RECASED + 0x100), " "),  # marks are ours alone
    **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},  # full-width forms
    **dict.fromkeys(map(ord, '*`$#~"\u201c\u201d\u200b\u2060\ufeff')),
    **dict.fromkeys(map(ord, "\u2018\u2019"), "'"),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2192"), "-"),
    ord("\r"): "\n",
    ord("_"): " ",
    ord("。"): ". ",
    ord("、"): ", ",
}


def strip_reasoning(text: str) -> str:
    """The reply without its reasoning blocks.

    A closed block goes. Before a lone closing tag all is reasoning (the chat template opened it). After an opening
    tag that is never closed nothing is left: the model ran out of tokens while it thought.
    """
    kept: list[str] = []
    position, thinking = 0, False
    for tag in _REASONING_TAG.finditer(text):
        closing = bool(tag[1])
        if not closing and not thinking:
            kept.append(text[position : tag.start()])
        elif closing and not thinking:
            kept.clear()
        thinking, position = not closing, tag.end()
    if not thinking:
        kept.append(text[position:])
    return "".join(kept).strip()


def _tidy(text: str) -> str:
    """The reply without markup: single spaces, single line breaks, ASCII punctuation."""
    text = _FINAL_MARKUP.sub("\nfinal answer: ", strip_reasoning(text))
    text = _LATEX_FONT.sub(" ", _OTHER_MARKUP.sub("\n", text)).translate(_PLAIN)
    return _LINE_BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()


# --- 2. Marks --------------------------------------------------------------------------------------------------

# Neither the article "A" nor the determiner "No" can stand before these.
_RESUMES = (
    r"because|since|as|due|for|or|and|but|which|with|in|from|according|if|when|where|although|though|however"
    r"|the|this|that|these|it|its|there|he|she|they|i|we|his|her|their|rather[ ]than|instead[ ]of|based[ ]on"
    r"|given[ ](?:that|the)|while[ ]the|(?:not|over)[ ](?:because|option|[b-g])"
)
_PRAISE = (
    r"(?:[ ](?:is|was|are|seems|looks|appears|(?:must|would|should|will)[ ]be)(?:[ ]to[ ]be)?"
    r"(?:[ ](?:the|my|most|clearly|obviously|very|likely|probably|definitely|only|single)){0,4}"
    r"[ ](?:correct|right|best|answer|(?:accurate|appropriate|suitable|fitting|plausible|likely)(?:ly)?)"
    r"(?:[ ](?:answer|option|choice|one|label|category|class|letter|match|fit|description))?"
    r"|[ ]best[ ](?:describes|matches|fits|represents|captures))\b"
)
_BEFORE = r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][-'])"  # ASCII: Chinese is written without spaces
_ENDS = rf"(?!\w|[-']\w|\.[a-z])(?=(?![ ]\w)|(?i:[ ](?:{_RESUMES})\b)"
_CLOSED = rf"{_ENDS})"
_STANDS = rf"{_ENDS}|(?i:{_PRAISE}{_CLOSED}|{_PRAISE}(?<=s)[ ]\w))"
_OPTION_TEXT = "[\ue300-\ue4ff]"

_MARKABLE = re.compile(
    rf"""
    {_BEFORE}(?P<letter>[A-Ga-g])(?:(?P<gap>[ .:)\]}}>'(\[-]{{1,6}}+)(?P<own>{_OPTION_TEXT})|{_STANDS})
    | (?P<text>{_OPTION_TEXT})(?:[ ]?[(\[:-][ ]?[(]?(?P<behind>[A-Ga-g])(?=[)\]]|{_CLOSED}))?
    """,
    re.VERBOSE,
)
_YES_NO = re.compile(
    rf"{_BEFORE}(?:(?P<yes>(?i:yes))(?!\w|[-']\w)|(?P<no>(?i:no))(?!\.?[ ]?\d){_STANDS}|(?P<letter>[YyNn]){_CLOSED})"
    r"|(?<!\w)(?:(?P<shi>是的?|对)|(?P<fou>否|不是|不对?))(?!\w)"
)


@dataclass(frozen=True, slots=True)
class _Name:
    """A text that names an option."""

    pattern: re.Pattern[str]
    initial: str
    """First character as printed."""
    owner: str
    """Letter of the option it names."""
    agrees: frozenset[str]
    """Letters it may stand behind without contradiction: options that differ in the code alone."""
    nested: bool
    """Whether it is part of the text of another label."""


@lru_cache(maxsize=1024)
def _name_pattern(text: str, nested: bool) -> re.Pattern[str]:
    """Finds an option's text as words, in any case; spaces, hyphens and brackets around a code are one."""
    parts = re.split(r"([ ()-]+)", text.rstrip(" .)"))
    words = (r"[ ()-]{1,3}" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    closing = r"\)?" if "-" in text else ""
    return re.compile(rf"{_BEFORE}(?:{''.join(words)}){closing}{_CLOSED if nested else r'(?!\w)'}", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _names(options: tuple[tuple[str, str], ...]) -> tuple[_Name, ...]:
    """The names of the options, longest first; a text printed for two options is the name of none."""
    printed = [(letter, _tidy(text)) for letter, text in options]
    bare = {letter: taxonomy.label(text) for letter, text in printed}
    texts = [text.casefold() for _, text in printed]
    candidates = printed + [(x, bare[x]) for x, text in printed if bare[x].casefold() not in texts]
    spelled = [text.casefold() for _, text in candidates]
    labels = {label.casefold() for label in bare.values()}
    names = []
    for letter, text in sorted(candidates, key=lambda candidate: -len(candidate[1])):
        if not text or spelled.count(text.casefold()) > 1:
            continue
        label = bare[letter].casefold()
        nested = any(label != other and re.search(rf"\b{re.escape(label)}\b", other) for other in labels)
        same = frozenset(x for x in bare if bare[x].casefold() == label) if text == bare[letter] else frozenset()
        names.append(_Name(_name_pattern(text, nested), text[0], letter, same | {letter}, nested))
    return tuple(names)


def _mark_choice(text: str, options: Mapping[str, str]) -> str:
    """The text with every letter and every option text that can be an answer turned into a mark."""
    names = _names(tuple(options.items()))
    for index, name in enumerate(names):

        def mark_text(match: re.Match[str], index: int = index, initial: str = name.initial) -> str:
            return chr((_PRINTED if match[0][0] == initial else _RECASED) + index)

        text = name.pattern.sub(mark_text, text)

    def mark(match: re.Match[str]) -> str:
        letter, own = match["letter"], match["own"] or match["text"]
        if own is None:
            return _mark(_LETTER if letter.isupper() else _FAINT, letter)
        name, recased = names[ord(own) & 0xFF], ord(own) >= _RECASED
        if recased and letter in ("A", "a") and match["gap"] == " ":
            return f"{letter} {_mark(_NAMED, name.owner)}"  # the article: "a nodding motion"
        letter = (letter or match["behind"] or "").upper()
        if not letter:
            return _mark(_FAINT if name.nested and recased else _NAMED, name.owner)
        return _mark(_NAMED, letter if letter in name.agrees else _CONTRADICTION)

    return _MARKABLE.sub(mark, text)


def _mark_yes_no(text: str) -> str:
    """The text with every yes and no that can be an answer turned into a mark."""

    def mark(match: re.Match[str]) -> str:
        if match["yes"] or match["no"]:
            return _mark(_NAMED, match[0][0].upper())
        return _mark(_FAINT, match["letter"].upper() if match["letter"] else "Y" if match["shi"] else "N")

    return _YES_NO.sub(mark, text)


def _mark(plane: int, letter: str) -> str:
    return chr(plane + ord(letter))


def _letters(marked: str) -> set[str]:
    """The answers marked in a piece of text."""
    return {chr(ord(char) & 0xFF) for char in marked if _NAMED <= ord(char) < _PRINTED}


# --- 3. Readers ------------------------------------------------------------------------------------------------

_ANY = "[\ue000-\ue2ff]"
_WRAP = "[^\\w?\ue000-\ue2ff]"
_NOUN = r"(?:answer|option|choice|letter|label|category|class|prediction|selection|conclusion|response|result)"
_JOINT = rf"""(?:
    [)\]}}>'. ]{{0,3}}+ (?: [,;/|&+(\[] | \b(?:and/or|and|or|vs\.?|as[ ]well[ ]as)\b ){{1,2}} {_WRAP}{{0,3}}+
        (?:(?:and|or|option)[ ]){{0,2}}
    | [)\]]? [.\n] {_WRAP}{{0,3}}+ (?=[\ue000-\ue0ff]{_CLOSED})  # the next one, with its text: a list
    )"""
_SERIES = rf"{_ANY}(?:{_JOINT}{_ANY})*+"
"""An answer with its alternatives: read together, so that two are none."""
_FILLER = (
    rf"(?:[ ]?\b(?:{_NOUN}|both|either|the|clearly|most|likely|probably|definitely|therefore|thus|still|just|simply)\b)"
)

_STATED = re.compile(
    rf"""
    (?P<final>\bfinal[ ])?
    (?: \banswer[ ]?\n
      | \b{_NOUN}(?:[ ](?:to|for|of|in|here)\b[^.:;?!\n{_ANY[1:-1]}]{{0,60}}?)?
        [ ]?(?: [:=] | -{{1,2}}>? | (?:is|was|are|(?:should|would|must|will|can|could|might|may)[ ]be
              |(?:seems|appears)[ ]to[ ]be)\b[ ]?[:-]? | 是 | 为 )
      | (?:答案|选项|选择|应选|选)[ ]?(?:应该|应)?(?:是|为|选)?[ ]?:?
      | \b(?:I|we)(?:'d|'ll)?[ ](?:(?:would|will|must|should|have[ ]to)[ ])?
        (?:choose|chose|pick|select|opt[ ]for|go[ ]with|answer)\b[ ]?:?
    )
    {_FILLER}{{0,4}} {_WRAP}{{0,8}}+ (?P<series>{_SERIES}) (?![)\]]?[ ]?\?)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PRAISED = re.compile(rf"(?P<series>{_SERIES})(?P<praise>[)\]]?{_PRAISE}{_CLOSED})?", re.VERBOSE | re.IGNORECASE)
_LEAD = re.compile(
    rf"{_WRAP}{{0,8}}+{_FILLER}{{0,3}}{_WRAP}{{0,3}}+(?P<series>{_SERIES}){_CLOSED}(?![)\]]?[ ]?\?)", re.X | re.I
)
_WHOLE = re.compile(rf"{_WRAP}{{0,8}}+{_FILLER}{{0,3}}{_WRAP}{{0,3}}+(?P<series>{_SERIES}){_WRAP}*+", re.X | re.I)
_LAST = re.compile(rf"[.!?:]{_WRAP}{{1,4}}+(?P<series>{_SERIES}){_WRAP}*+\Z", re.X | re.I)
_LISTED = re.compile(r"[\n.!;][^\w\ue000-\ue2ff]{0,4}[\ue042\ue142](?=[ ]?[.:)\n-]|\Z)")  # "B." of a list of options
_MENTION = re.compile(rf"(?P<series>{_SERIES})|(?<![A-Za-z0-9])(?P<talk>[B-G])(?!\w)", re.X)

_TAKES_BACK = re.compile(r"\b(?:wait|correction|scratch[ ]that|sorry|second[ ]thought|i[ ]mean|actually,)\b", re.I)
_CLAUSE = re.compile(r"[.;:,!?\n]|\b(?:but|so|and|therefore|thus|hence)\b", re.IGNORECASE)
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|never|no|nor|neither|cannot|without|than|instead of|except|unlike|excluding|excludes?|excluded"
    r"|eliminates?|eliminated|rules? out|ruled out|rejects?|rejected|wrong|incorrect)|n't)\b(?: [\w'-]+){0,4}\W*\Z",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"\W{0,3}(?:(?:is|are|was|were|does|do|did|can|could|would|should|seems?|looks?|appears?)"
    r"(?:n't|not\b| (?:\w+ ){0,2}(?:not|wrong|incorrect|false|unlikely|excluded|eliminated|ruled|out|impossible)\b)"
    r"|cannot\b|(?:no|wrong|incorrect|false|unlikely|excluded|eliminated|impossible)\b(?! \w))",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"(?:\b(?:clearly|obviously|definitely|certainly|surely|probably|likely|possibly|maybe|perhaps|apparently|is|be"
    r"|was|it's|that's|as|think|believe|say|guess|choose|pick|select|with|therefore|thus|hence|so|option|choice"
    r"|letter|category|class|label|answer|(?:corresponds?|belongs?|points?|refers?) to)|[:=>])\W{0,4}\Z",
    re.IGNORECASE,
)
_WINDOW = 80


def _denied(text: str, start: int, end: int) -> bool:
    """Whether a clause denies what stands at start:end."""
    before = _CLAUSE.split(text[max(0, start - _WINDOW) : start])[-1]
    return bool(_DENIED_BEFORE.search(before) or _DENIED_BEHIND.match(text[end : end + _WINDOW]))


def _stated(text: str) -> set[str]:
    """Explicit statements: those of the highest rank."""
    ranked: dict[int, set[str]] = {}
    for statement in _statements(text):
        start, end = statement.span()
        if _denied(text, start, end):
            continue
        taken_back = bool(_TAKES_BACK.search(text[max(0, start - _WINDOW) : start]))
        rank = 2 if statement.groupdict().get("final") else int(taken_back)
        ranked.setdefault(rank, set()).update(_letters(statement["series"]))
    return ranked[max(ranked)] if ranked else set()


def _statements(text: str) -> Iterator[re.Match[str]]:
    yield from _STATED.finditer(text)
    yield from (match for match in _PRAISED.finditer(text) if match["praise"])


def _edges(text: str) -> set[str]:
    """The answer the reply begins with, and the answer it ends with."""
    return _beginning(text) | _ending(text)


def _beginning(text: str) -> set[str]:
    lead = _LEAD.match(text)
    if lead is None or _denied(text, *lead.span("series")) or _TAKES_BACK.search(text, lead.end()):
        return set()
    found = _letters(lead["series"])
    goes_through_options = found == {"A"} and _LISTED.search(text, lead.end())
    return set() if goes_through_options else found


def _ending(text: str) -> set[str]:
    """The answers in the last lines that are answers and nothing else, or in the last sentence."""
    found: set[str] = set()
    for line in reversed(text.split("\n")):
        whole = _WHOLE.fullmatch(line)
        if whole is None:
            break
        found |= _letters(whole["series"])
    if not found:
        last = _LAST.search(text[-3 * _WINDOW :])
        found = _letters(last["series"]) if last else set()
    return found


def _named(text: str) -> set[str]:
    """The option named in prose; other letters in the text must not differ from it."""
    named: set[str] = set()
    others: set[str] = set()
    for mention in _MENTION.finditer(text):
        if _denied(text, *mention.span()):
            continue
        if mention["talk"]:
            others.add(mention["talk"])
            continue
        series = mention["series"]
        pointed = _POINTER.search(text[max(0, mention.start() - _WINDOW) : mention.start()])
        for char in series:
            if _NAMED <= ord(char) < _LETTER or (pointed and _LETTER <= ord(char) < _FAINT):
                named |= _letters(char)
            elif _LETTER <= ord(char) < _FAINT:
                others |= _letters(char)
    return named | others if named else set()


_Reader = Callable[[str], set[str]]
_CHOICE_READERS: tuple[_Reader, ...] = (_stated, _edges, _named)
# Yes and no have no other use than to answer: wherever both stand, neither is the answer.
_YES_NO_READERS: tuple[_Reader, ...] = (_stated, _named, _edges)


def _decide(text: str, readers: Iterable[_Reader]) -> str | None:
    """The one answer of the first reader that finds any."""
    for reader in readers:
        found = reader(text)
        if found:
            return found.pop() if len(found) == 1 else None
    return None


# --- Public ----------------------------------------------------------------------------------------------------

_MEDIA = r"(?:the|any|this|that|these|your|an?|in)?[ ]?(?:\w+[ ])?(?:videos?|clips?|images?|frames?|pictures?|media|files?|visuals?)"
_CANNOT = (
    r"(?:can't|cannot|can[ ]not|(?:am|'m)?[ ]?(?:unable|not[ ]able)[ ]to|won't|will[ ]not"
    r"|do(?:[ ]not|n't)[ ]have[ ]the[ ]ability[ ]to)"
)
_REFUSAL = re.compile(
    rf"""
    \b(?:i|we)[ ]?{_CANNOT}[ ](?:\w+[ly]{{2}}[ ])?(?:
        (?:help|assist|comply|answer|respond|provide|fulfil+|engage|continue)\b
      | (?:see|view|watch|access|process|analy[sz]e|open|play|interpret|perceive|observe)(?:[ ]?[.!,]|\Z|[ ]or\b|[ ]{_MEDIA}\b))
    | \bas[ ]an?[ ](?:ai|(?:large[ ])?language|artificial)\b[^.\n]{{0,60}}(?:can't|cannot|unable|not[ ]able|don't|do[ ]not)\b
    | \b(?:i|we)[ ](?:(?:must|have[ ]to|need[ ]to)[ ])?(?:respectfully[ ]|politely[ ])?(?:decline|refuse)\b
    | (?:抱歉|对不起|我)[^。\n]{{0,12}}(?:无法|不能)(?:\w{{0,2}})(?:观看|查看|看到|访问|分析|回答|提供|协助|帮助)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_REFUSAL_OPENING, _REFUSAL_LENGTH = 200, 600


def is_refusal(text: str) -> bool:
    """Whether the model declines: it opens with words for it, and has little else to say.

    Narrow on purpose: "The hand cannot be seen", "Cannot determine" and a long description that starts with an
    apology are no refusals.
    """
    reply = _tidy(text)
    return len(reply) <= _REFUSAL_LENGTH and bool(_REFUSAL.search(reply[:_REFUSAL_OPENING]))


def read_choice(text: str, options: Mapping[str, str]) -> str | None:
    """The letter a reply chooses.

    Args:
        text: The model's words.
        options: Letter (A-G) -> option as printed, annotation code included.

    Returns:
        One of the letters, or None when the reply holds no answer or two.
    """
    letter = _decide(_mark_choice(_tidy(text), options), _CHOICE_READERS)
    return letter if letter in options else None


def read_yes_no(text: str) -> Literal["Yes", "No"] | None:
    """Yes or No, or None when the reply holds neither or both."""
    letter = _decide(_mark_yes_no(_tidy(text)), _YES_NO_READERS)
    return None if letter is None else cast(Literal["Yes", "No"], {"Y": "Yes", "N": "No"}[letter])


def read(kind: AnswerKind, text: str, options: Mapping[str, str]) -> tuple[Outcome, str | None]:
    """What became of a question, and the answer read from the reply.

    Args:
        kind: How the task is answered.
        text: The model's words, any string.
        options: Letter -> option as printed; used for choices only.

    Returns:
        ``(ANSWERED, prediction)``: a letter, ``Yes``/``No``, or the text without reasoning; else
        ``(REFUSED, None)`` or ``(UNPARSABLE, None)``. An answer outranks words of refusal around it, except in
        free text, where the refusal would be the answer.
    """
    if kind is AnswerKind.TEXT:
        reply = strip_reasoning(text)
        prediction = reply if any(map(str.isalnum, reply)) and not is_refusal(reply) else None
    elif kind is AnswerKind.CHOICE:
        prediction = read_choice(text, options)
    else:
        prediction = read_yes_no(text)
    if prediction is not None:
        return Outcome.ANSWERED, prediction
    return Outcome.REFUSED if is_refusal(text) else Outcome.UNPARSABLE, None
