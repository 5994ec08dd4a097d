"""Rules that answer without the video and without reading: by position, by number, by the look of the options.

A rule learns on some clips (a function of labelled questions) and answers on others; None where it has nothing to say.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from mabench_eval.auditing.probe import TextProbe
from mabench_eval.auditing.structure import by_clip, coded, named_on_clip, named_option
from mabench_eval.taxonomy import body_part, label
from mabench_eval.types import Question

Answers = list[str | None]
Rule = Callable[[Sequence[Question]], Callable[[Sequence[Question]], Answers]]
"""Labelled questions -> (questions -> answers)."""

TOLD: Mapping[str, str] = {
    "text probe": "TF-IDF of the question's words (of a choice: of its options) and a logistic regression",
    "same answer": "always the answer that is most often right on other clips",
    "number": "the answer that is most often right on other clips among questions whose id is odd, or even; models are "
    "not shown the id, but it stands in the file",
    "options": "the look of an option (longest, shortest, with a code, of the body part that most or fewest share), "
    "whichever is most often right on other clips",
    "named elsewhere": "the option that another question on the same clip names outright",
}
"""Rule -> what it does."""


def apply_rules(questions: Sequence[Question]) -> dict[str, Rule]:
    """All rules, by name. ``questions``: all of the benchmark, for the rule that looks at a clip's other questions."""
    return {
        "text probe": lambda known: TextProbe().fit(known).answers,
        "same answer": lambda known: _by_group(known, lambda question: 0),
        "number": lambda known: _by_group(known, _parity),
        "options": _learn_options,
        "named elsewhere": _named_elsewhere(questions),
    }


def _by_group(
    known: Sequence[Question], group: Callable[[Question], int | None]
) -> Callable[[Sequence[Question]], Answers]:
    """Each task's most frequent answer within a group; of equally frequent ones the first in the alphabet."""
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for question in known:
        place = group(question)
        if question.answer is not None and place is not None:
            counts[question.task, place][question.answer] += 1
    best = {key: min(found, key=lambda answer: (-found[answer], answer)) for key, found in counts.items()}
    return lambda asked: [best.get((question.task, group(question) or 0)) for question in asked]


def _parity(question: Question) -> int | None:
    """0 for a question whose id ends in an even number, 1 for an odd one."""
    number = re.search(r"(\d+)\D*$", question.qid)
    return int(number[1]) % 2 if number else None


def _shared(question: Question, most: bool) -> list[str]:
    """The options of the body part that most, or fewest, options belong to."""
    parts = {letter: body_part(option) for letter, option in question.options.items()}
    counts = Counter(parts.values())
    wanted = (max if most else min)(counts.values())
    return [letter for letter, part in parts.items() if counts[part] == wanted] if len(set(counts.values())) > 1 else []


def _extreme(question: Question, longest: bool) -> list[str]:
    lengths = {letter: len(label(option)) for letter, option in question.options.items()}
    wanted = (max if longest else min)(lengths.values())
    return [letter for letter, length in lengths.items() if length == wanted]


_LOOKS: Mapping[str, Callable[[Question], list[str]]] = {
    "longest": lambda question: _extreme(question, longest=True),
    "shortest": lambda question: _extreme(question, longest=False),
    "code": coded,
    "most shared part": lambda question: _shared(question, most=True),
    "least shared part": lambda question: _shared(question, most=False),
}
"""Look -> the letters of the options that have it. The rule speaks where one option alone has it."""


def _learn_options(known: Sequence[Question]) -> Callable[[Sequence[Question]], Answers]:
    best: dict[str, str] = {}
    for task in {question.task for question in known if question.options}:
        asked = [question for question in known if question.task == task]
        best[task] = max(_LOOKS, key=lambda look: sum(_hit(question, _look(question, look)) for question in asked))
    return lambda asked: [_look(q, best[q.task]) if q.options and q.task in best else None for q in asked]


def _look(question: Question, look: str) -> str | None:
    letters = _LOOKS[look](question)
    return letters[0] if len(letters) == 1 else None


def _hit(question: Question, answer: str | None) -> float:
    """1 when right, 0 when wrong, the chance of a guess without an answer."""
    return 1 / len(question.options) if answer is None else float(answer == question.answer)


def _named_elsewhere(questions: Sequence[Question]) -> Rule:
    named = {clip: named_on_clip(asked) for clip, asked in by_clip(questions).items()}

    def answers(asked: Sequence[Question]) -> Answers:
        return [named_option(question, named[question.clip]) for question in asked]

    return lambda known: answers
