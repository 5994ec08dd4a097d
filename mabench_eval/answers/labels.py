"""Reads which coarse and fine label a MARE text names, in a reference or in a model's answer.

Published references state their labels in several formats (bracketed fields, bold fields, ``Head | Nodding``, plain
prose), and models invent more. What they share: a label stands next to words that announce it. So every mention of a
label is found first and ranked by how plainly it is announced; the plainest mentions win, among them the last.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels a text names."""

    coarse: str | None
    """One of the 7 body parts, spelled as in the taxonomy; None if none is named, or two."""
    fine: str | None
    """One of the 52 micro-actions, spelled as in the taxonomy; None if none is named, or two."""


@lru_cache(maxsize=4096)  # judge and scores read the same texts
def read_labels(text: str) -> Labels:
    """The coarse and the fine label that a text commits itself to; a field filled with ``not applicable`` is none.

    A label announced as such (``fine-grained: Nodding``, ``Nodding (fine-grained)``) goes before one in bold or
    quotes, that before one in the conclusion (after the last ``therefore``), that before one merely mentioned; of
    several equally plain statements the last counts, and if that one names two labels, none does. Labels the text
    rules out (``rather than nodding``) are passed over. A coarse label that only follows from the fine one is not
    filled in here.
    """
    text = re.sub(r"\s+", " ", text.lower().translate(_PLAIN))
    return Labels(
        coarse=_statement(_mentions(text, _coarse_patterns(), _COARSE_BEFORE, _COARSE_AFTER)),
        fine=_statement(_mentions(text, _patterns_for(text), _FINE_BEFORE, _FINE_AFTER)),
    )


def labels_named(text: str, labels: Collection[str] = tuple(MICRO_ACTIONS.values())) -> set[str]:
    """The fine labels that a text names anywhere, in whatever sense: ``fist clenching`` names Clenching fist.

    ``labels``: those that there are.
    """
    text = text.lower().translate(_PLAIN)
    return {label for label, _ in _longest(text, _patterns_for(text, tuple(labels)))}


def without_labels(text: str) -> str:
    """The text in lower case, every name of a fine label taken out: what is left is what the text observed."""
    text = text.lower()
    for pattern in _patterns_for(text).values():
        text = pattern.sub(" ", text)
    return text


@dataclass(frozen=True, slots=True)
class _Mention:
    label: str
    rank: int
    """3 announced as a label, 2 in bold or quotes or a ``coarse | fine`` pair, 1 in the conclusion, 0 in passing."""
    statement: int
    """Number of the sentence or list item it stands in; two mentions in one statement belong together."""


_PLAIN = str.maketrans({"\u2019": "'", "\u2010": "-", "\u2011": "-", "\u2013": "-"})
_FILLER = r"""[\s\[\]()*"'“”:=_`-]*"""
_LINK = (
    rf"{_FILLER}(?:(?:is|was|as|of|being|are|the|category|label|class|action|subcategory|type|body part)\b{_FILLER})"
    r"{0,4}"
    rf"(?:[a-g]\d{{0,2}}[.):]\s*)?{_FILLER}$"
)
"""What may stand between the words that announce a label and the label: ``category is **B1.``."""
_FINE_BEFORE = re.compile(
    rf"(?:fine[- ]?(?:grained|level)?|micro-?action|annotation label)\b(?:\s*\(fine-grained\))?{_LINK}"
)
_FINE_AFTER = re.compile(
    rf"^{_FILLER}(?:\((?:fine)[^)]*\)|(?:fine-grained|micro-?action|subcategory|\w+ fine-grained))"
)
_COARSE_BEFORE = re.compile(
    rf"(?:coarse[- ]?(?:grained|level)?|body[- ]?(?:part|level))\b(?:\s*\(coarse-grained\))?{_LINK}"
)
_COARSE_AFTER = re.compile(rf"^{_FILLER}(?:\(?coarse|body part\b|category\b|classification\b)")
_CONCLUSION = re.compile(r"\b(?:therefore|thus|hence|consequently|in conclusion|overall|so the)\b")
_RULED_OUT = re.compile(
    r"\b(?:not|no|nor|never|without|unlike|rather than|instead of|than|(?:distinct|different|differs?) from|"
    r"distinguish\w* (?:\w+ ){0,2}from|exclud\w+|rul\w+ out|no indication of|opposed to|absence of|neither)"
    rf"(?:[^\w.;:!?]+(?!(?:but|is|consistent|therefore)\b)\w+){{0,3}}{_FILLER}$"
)
_FIELD_NAME = re.compile(r"\[?(?:body part|micro-?action) \((?:coarse|fine)-grained\)\]?:?|\|")
_DENIED_AFTER = re.compile(
    r"""^[^.;:,|]{0,12}\b(?:is|are|was|can be|be)\s+(?:not\b|ruled out|excluded|absent|unlikely)"""
)
_NO_LABEL = "none"
_NOT_APPLICABLE = re.compile(r"\b(?:not applicable|n/a|none|unknown|unclear|cannot be determined)\b")
_FIRST_RANK = {"Head": 2, "Body": 2, _NO_LABEL: 3}
"""In running text ``head`` and ``body`` are body parts and ``none`` is a word: labels only when announced or marked."""
_STATEMENT_END = re.compile(r"[.;!?](?=\s|$)|\s-\s(?=\W*(?:body|coarse|micro|fine))")


def _statement(mentions: Iterable[_Mention]) -> str | None:
    mentions = list(mentions)
    if not mentions:
        return None
    plainest = max(mention.rank for mention in mentions)
    best = [mention for mention in mentions if mention.rank == plainest]
    last = max(mention.statement for mention in best)
    labels = {mention.label for mention in best if mention.statement == last}
    label = labels.pop() if len(labels) == 1 else _NO_LABEL
    return None if label == _NO_LABEL else label


def _mentions(
    text: str, patterns: Mapping[str, re.Pattern[str]], before: re.Pattern[str], after: re.Pattern[str]
) -> Iterator[_Mention]:
    ends = [match.end() for match in _STATEMENT_END.finditer(text)]
    conclusion = max((match.start() for match in _CONCLUSION.finditer(text)), default=len(text))
    for label, match in _longest(text, {**patterns, _NO_LABEL: _NOT_APPLICABLE}):
        head, tail = text[: match.start()], text[match.end() :]
        if _RULED_OUT.search(_FIELD_NAME.sub(" ", head[-160:])) or _DENIED_AFTER.match(tail[:40]):
            continue
        if before.search(head[-90:]) or after.match(tail[:40]):
            rank = 3
        elif _marked(head[-40:], tail[:40]):
            rank = 2
        else:
            rank = int(match.start() >= conclusion)
        if rank >= _FIRST_RANK.get(label, 0):
            yield _Mention(label, rank, sum(end <= match.start() for end in ends))


def _longest(text: str, patterns: Mapping[str, re.Pattern[str]]) -> Iterator[tuple[str, re.Match[str]]]:
    """Non-overlapping matches, the longer name before the shorter one it contains."""
    matches = [(label, match) for label, pattern in patterns.items() for match in pattern.finditer(text)]
    matches.sort(key=lambda pair: (pair[1].start(), -len(pair[1][0])))
    end = 0
    for label, match in matches:
        if match.start() >= end:
            end = match.end()
            yield label, match


def _marked(head: str, tail: str) -> bool:
    """In bold, quotes or brackets of its own, or one half of ``coarse | fine``."""
    pair = re.search(r"\|[\s\[*\"'“]*$", head) or re.match(r"[\s\]*\"'”]*\|", tail)
    alone = re.search(r"(?:\*\*|[\"“\[('])\s*$", head) and re.match(r"\s*[.,]?(?:\*\*|[\"”\])'])", tail)
    return bool(pair or alone)


@cache
def _coarse_patterns() -> Mapping[str, re.Pattern[str]]:
    """Label -> how it is written: ``Upper limb``, ``upper limbs``, ``Head-hand``, ``head - hand``."""
    patterns = {}
    for part in BODY_PARTS.values():
        words = re.split(r"[- ]", part.lower())
        separator = r"\s+" if "limb" in part else r"\s*[-/]\s*"
        plural = "s?" if "limb" in part else ""
        patterns[part] = re.compile(rf"\b{separator.join(words)}{plural}\b(?!'s|-|\s+(?:part|midline)\b)")
    return patterns


def _patterns_for(text: str, labels: tuple[str, ...] = tuple(MICRO_ACTIONS.values())) -> Mapping[str, re.Pattern[str]]:
    """The patterns of the fine labels that a text may name: most texts hold the first word of few, found at once."""
    patterns = _fine_patterns(labels)
    return {label: pattern for label, pattern in patterns.items() if _always_there(label) in text}


@cache
def _always_there(label: str) -> str:
    """What each spelling of a label holds: its first word; its last where ``or`` stands between two verbs."""
    words = label.lower().split()
    word = words[-1 if _has_two_verbs(words) else 0] if words else ""
    return "" if word in _IRREGULAR else word if word.endswith("ing") else word.removesuffix("s")


@cache
def _fine_patterns(labels: tuple[str, ...] = tuple(MICRO_ACTIONS.values())) -> Mapping[str, re.Pattern[str]]:
    """Label -> how it is written: articles, plural and singular, ``head nodding`` order, either verb of a pair."""
    return {label: re.compile(rf"\b(?:{_spellings(label)})\b") for label in labels}


_DETERMINER = r"\s+(?:(?:the|a|his|her|their|one's|its|of)\s+){0,2}"


def _spellings(label: str) -> str:
    words = [re.escape(word) for word in label.lower().split()]
    if _has_two_verbs(words):  # "scratching or touching neck", "playing or tidying hair"
        first, second, noun = words[0], words[2], _number(words[3])
        verbs = rf"{first}(?:(?:\s+or\s+|\s*/\s*){second})?|{second}"
        return rf"(?:{verbs}){_DETERMINER}{noun}"
    spelling = _DETERMINER.join(_number(word) for word in words)
    if len(words) == 2 and words[0].endswith("ing"):
        return rf"{spelling}|{_number(words[1])}[\s-]+{words[0]}"
    return spelling


def _has_two_verbs(words: Sequence[str]) -> bool:
    return len(words) == 4 and words[1] == "or"


_IRREGULAR = MappingProxyType({"feet": "(?:feet|foot)", "oneself": "(?:one|him|her|them)sel(?:f|ves)"})


def _number(word: str) -> str:
    """Singular and plural of a noun; verbs in -ing stay."""
    if word in _IRREGULAR or word.endswith("ing"):
        return _IRREGULAR.get(word, word)
    return f"{word.removesuffix('s')}s?"
