"""Damage to labels and reasons (MARE): another coarse label, a near neighbour as fine label, no reasons.

A label counts as stated where the text announces or marks it: ``coarse-grained: Head``, ``**Head** category``,
``Head | Nodding``, ``"Nodding"``. Body parts that are merely observed (``the head moves``) are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mabench_eval.judging.check.wording import as_written
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS, body_part

_GAP = r"[\s\[\]()*\"“”':]"
_BOLD_OR_QUOTED = r"(?:\*\*[\"“]?|[\"“])"
_COARSE_BEFORE = (
    rf"(?:coarse[- ]grained{_GAP}*(?:(?:category|label|as){_GAP}*)*|body part{_GAP}*:{_GAP}*)",
    _BOLD_OR_QUOTED,
)
_COARSE_AFTER = (
    rf"{_GAP}*(?:\(?coarse[- ]grained|body part \(coarse|category\b|categories\b)",
    r"(?:[.,]?(?:\*\*|[\"”])|\s*\|)",
)
_DENIED = re.compile(
    r"\b(?:no (?:indication|evidence) of|not|rather than|instead of)[^.:;,a-z]*"
    r"(?:(?!(?:but|is|consistent|therefore)\b)[a-z]+[^.:;,a-z]+){0,3}$",
    re.IGNORECASE,
)
"""Words right before a label that is ruled out: ``it is not closing legs``."""


def stated_coarse(text: str) -> str | None:
    """The coarse label that the text states (the last, if several), spelled as in the taxonomy; None without one."""
    mentions = [
        (start, label)
        for label in BODY_PARTS.values()
        for start, _ in _coarse_spans(text, label)
        if not _denied(text, start)
    ]
    return max(mentions)[1] if mentions else None


def stated_fine(text: str) -> str | None:
    """The fine label that the text names last, spelled as in the taxonomy; None without one.

    One with a capital, as labels are printed, goes before one in running text; one that is ruled out is none, nor is
    there any where the text says that none applies.
    """
    mentions = [
        (text[start].isupper(), end, label)
        for label in MICRO_ACTIONS.values()
        for start, end in _fine_spans(text, label)
        if not _denied(text, start)
    ]
    return max(mentions)[2] if mentions and not re.search(r"\bnot applicable\b", text, re.IGNORECASE) else None


def other_coarse(text: str, new: str) -> str | None:
    """The text with its stated coarse label replaced by ``new`` wherever it is stated; None without one."""
    label = stated_coarse(text)
    return None if label is None else _replaced(text, _coarse_spans(text, label), new)


def other_fine(text: str, new: str) -> str | None:
    """The text with its fine label replaced by ``new`` wherever it is named; None without one."""
    label = stated_fine(text)
    return None if label is None else _replaced(text, _fine_spans(text, label), new)


def other_parts(text: str) -> list[str]:
    """The six coarse labels that the text does not state; none where it states no coarse label."""
    label = stated_coarse(text)
    return [] if label is None else [part for part in BODY_PARTS.values() if part != label]


def near_neighbours(text: str) -> list[str]:
    """Fine labels of the same body part as the stated one, those sharing a word with it if there are any.

    Labels that the text mentions itself, to rule them out, are none; nor has a text without fine label any.
    """
    label = stated_fine(text)
    if label is None:
        return []
    same = [action for action in MICRO_ACTIONS.values() if body_part(action) == body_part(label) and action != label]
    same = [action for action in same if not _fine_spans(text, action)]
    return [action for action in same if _words(action) & _words(label)] or same


def without_reasons(text: str) -> str | None:
    """The stated labels alone, as fields; None where the text does not state both."""
    coarse, fine = stated_coarse(text), stated_fine(text)
    if coarse is None or fine is None:
        return None
    return f"Body part (coarse-grained): {coarse} | Micro-action (fine-grained): {fine}."


def _denied(text: str, start: int) -> bool:
    """Whether what stands at ``start`` is ruled out by the words before it, field names left out."""
    before = re.sub(r"\[?\b(?:body part|micro-action) \((?:coarse|fine)-grained\)\]?:?", "", text[:start], flags=re.I)
    return _DENIED.search(re.sub(r"[-\w]+(?: limb)?\s*\|", "", before)[-60:]) is not None


def _words(label: str) -> set[str]:
    return {word.removesuffix("s") for word in label.lower().split()} - {"or", "other"}


def _coarse_spans(text: str, label: str) -> list[tuple[int, int]]:
    """Where the text states this coarse label: announced before or after it, or alone in bold or quotes."""
    name = rf"(?P<name>{re.escape(label)})(?![-\w])"
    (announced, marked), (announced_after, marked_after) = _COARSE_BEFORE, _COARSE_AFTER
    patterns = (
        rf"{announced}{name}",
        rf"(?<![-\w]){name}{announced_after}",
        rf"{marked}{name}{marked_after}",
    )
    spans = {match.span("name") for pattern in patterns for match in re.finditer(pattern, text, re.IGNORECASE)}
    if not spans:
        return []
    fine = [span for action in MICRO_ACTIONS.values() for span in _fine_spans(text, action)]
    return sorted(span for span in spans if not any(start <= span[0] < end for start, end in fine))


def _fine_spans(text: str, label: str) -> list[tuple[int, int]]:
    """Where the text names this fine label; a label of one word in lower case is a mere verb unless announced."""
    if label.casefold() not in text.casefold():  # most labels, in no time
        return []
    name = re.escape(label)
    if " " in label:
        return [match.span() for match in re.finditer(rf"\b{name}\b", text, re.IGNORECASE)]
    announced = rf"\b{name}\b|\b{name.lower()}(?=[\"”*]* (?:micro-)?action\b)|(?<=\*\*){name.lower()}(?=\*\*)"
    return [match.span() for match in re.finditer(announced, text)]


def _replaced(text: str, spans: Iterable[tuple[int, int]], new: str) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + as_written(new if text[start].isupper() else new.lower(), text[start:end]) + text[end:]
    return text
