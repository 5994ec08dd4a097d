"""What can be seen without any answer: counts, duplicates, options that repeat or stand out, labels named elsewhere."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial

from mabench_eval.answers import labels_named
from mabench_eval.auditing.findings import Finding, Flag
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS, label
from mabench_eval.types import Question

PER_CLIP: Mapping[str, int] = {"CMAR": 1, "FMAR": 1, "SAD": 2, "MAD": 2, "MAS": 2, "PPR": 2, "MADU": 1, "MARE": 1}
"""Questions of each task on every clip of the published benchmark (counted in the official file)."""
LONG = 3
"""An option is of odd length when it is so many times longer than the next, or shorter."""
_OF_LABELS = ("CMAR", "FMAR")
"""Tasks whose options are labels: body parts, actions."""

Parts = Mapping[str, str]
"""Action -> its body part: the labels that there are."""
MA_52: Parts = {action: BODY_PARTS[code[0]] for code, action in MICRO_ACTIONS.items()}
"""The labels of the published benchmark."""
Clips = Mapping[str, Sequence[Question]]
"""Clip -> its questions."""


def by_clip(questions: Iterable[Question]) -> dict[str, list[Question]]:
    """The questions of each clip."""
    clips: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        clips[question.clip].append(question)
    return dict(clips)


def check_structure(questions: Sequence[Question], parts: Parts = MA_52) -> list[Finding]:
    """All checks that need no answers. ``parts``: the labels that there are."""
    clips, choices = by_clip(questions), [question for question in questions if question.options]
    return [
        _composition(clips),
        _duplicates(questions),
        _of_options(
            "repeated options", choices, partial(_repeats, parts=parts), "two options mean the same", "ill-posed"
        ),
        _of_options(
            "unknown labels",
            choices,
            partial(_unknown, parts=parts),
            "an option is no label of the taxonomy",
            "ill-posed",
        ),
        _of_options("annotation codes", choices, coded, "some options carry a code behind the label, others do not"),
        _of_options("odd casing or punctuation", choices, _odd_form, "one option is written unlike all others"),
        _of_options("odd length", choices, _odd_length, f"one option is {LONG} times longer or shorter than the next"),
        _named(clips, parts),
    ]


def _composition(clips: Clips) -> Finding:
    odd = [name for name, asked in clips.items() if Counter(question.task for question in asked) != PER_CLIP]
    message = "their questions are not the published twelve: one of CMAR, FMAR, MADU, MARE, two of SAD, MAD, MAS, PPR"
    return Finding("composition of clips", len(odd), len(clips), "clips", message, tuple(odd))


def _duplicates(questions: Sequence[Question]) -> Finding:
    same: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for question in questions:
        same[question.task, question.clip, " ".join(question.text.lower().split())].append(question.qid)
    again = [qid for qids in same.values() for qid in qids[1:]]
    message = "the same words have been asked on the same clip before"
    return Finding("duplicates", len(again), len(questions), "questions", message, tuple(again))


def twins(questions: Sequence[Question], sha256: Mapping[str, str]) -> Finding:
    """Questions asked again on the same bytes under another name.

    Args:
        questions: All of them.
        sha256: Clip -> hash of its file, for clips whose files are there.
    """
    hashed = [question for question in questions if question.clip in sha256]
    same: dict[tuple[str, str, str], list[Question]] = defaultdict(list)
    for question in hashed:
        same[question.task, sha256[question.clip], " ".join(question.text.lower().split())].append(question)
    again = [question.qid for asked in same.values() for question in asked[1:] if question.clip != asked[0].clip]
    message = "the same words have been asked before on a clip with the same bytes, which has another name"
    return Finding("twins", len(again), len(hashed), "questions whose clips are there", message, tuple(again))


def _of_options(
    check: str,
    choices: Sequence[Question],
    odd: Callable[[Question], Sequence[str]],
    message: str,
    flag: Flag = "gave-itself-away",
) -> Finding:
    """A check of the options alone; what sets some apart from the others gives a question away."""
    places = tuple(question.qid for question in choices if odd(question))
    return Finding(check, len(places), len(choices), "questions with options", message, places, flag)


def _repeats(question: Question, parts: Parts) -> list[str]:
    """The letters whose option means what another one does: the same label, or another way to write it."""
    meant = {letter: _meant(label(option), tuple(parts)) for letter, option in question.options.items()}
    counts = Counter(meant.values())
    return [letter for letter, what in meant.items() if counts[what] > 1]


@cache
def _meant(printed: str, labels: tuple[str, ...]) -> str | frozenset[str]:
    """The one label that an option names in whatever words, or its own."""
    named = frozenset(labels_named(printed, labels))
    return named if len(named) == 1 else printed.casefold()


def _unknown(question: Question, parts: Parts) -> list[str]:
    known = {"CMAR": parts.values(), "FMAR": parts.keys()}.get(question.task)
    return [letter for letter, option in question.options.items() if known and label(option) not in known]


def coded(question: Question) -> list[str]:
    """The letters whose option has an annotation code, where others have none."""
    coded = [letter for letter, option in question.options.items() if label(option) != option.strip()]
    return coded if len(coded) < len(question.options) else []


def _odd_form(question: Question) -> list[str]:
    """The one option that differs from all others in its first letter's case or in its last character's kind."""
    forms = {}
    for letter, option in question.options.items():
        printed = label(option)
        forms[letter] = (printed[:1].isupper(), bool(re.search(r"[^\w)\]]$", printed)))
    return _alone(forms)


def _alone(forms: Mapping[str, object]) -> list[str]:
    """The key whose value no other has, where all others have one and the same."""
    counts = Counter(forms.values())
    return [key for key, form in forms.items() if counts[form] == 1 and len(counts) == 2 and len(forms) > 2]


def _odd_length(question: Question) -> list[str]:
    """The longest or the shortest option, where it is three times as long, or as short, as the next."""
    order = sorted(question.options, key=lambda letter: len(label(question.options[letter])))
    lengths = [len(label(question.options[letter])) for letter in order]
    if len(order) < 3:
        return []
    long, short = lengths[-1] >= LONG * lengths[-2], lengths[0] * LONG <= lengths[1]
    return [order[-1]] * long + [order[0]] * short


def named_on_clip(asked: Sequence[Question], parts: Parts = MA_52) -> set[str]:
    """The micro-actions that the questions on a clip name outright, those of CMAR and FMAR left out: they list all."""
    texts = [question.text for question in asked if question.task not in _OF_LABELS]
    return set().union(*(_named_in(text, tuple(parts)) for text in texts))


@lru_cache(maxsize=100_000)  # the same words are asked on many clips, and looked at twice
def _named_in(text: str, labels: tuple[str, ...]) -> frozenset[str]:
    return frozenset(labels_named(text, labels))


def named_option(question: Question, named: Collection[str], parts: Parts = MA_52) -> str | None:
    """The letter of the one option that ``named`` holds, for CMAR as body part; None for none, several, other tasks."""
    if question.task not in _OF_LABELS:
        return None
    wanted = named if question.task == "FMAR" else {parts.get(action) for action in named}
    letters = {label(option): letter for letter, option in question.options.items() if label(option) in wanted}
    return next(iter(letters.values())) if len(letters) == 1 else None


def _named(clips: Clips, parts: Parts) -> Finding:
    places, of = [], 0
    for asked in clips.values():
        named = named_on_clip(asked, parts)
        of += sum(question.task in _OF_LABELS for question in asked)
        places += [question.qid for question in asked if named_option(question, named, parts)]
    message = "another question on the clip names one of the options (CMAR: its micro-action) outright"
    return Finding(
        "label named elsewhere", len(places), of, "CMAR and FMAR questions", message, tuple(places), "gave-itself-away"
    )
