"""What can be counted without a frame and without reading: where a question stands, its length, its options.

A look gives cells, each with its hits among so many questions and with the hits that chance gives. Under answers by lot
every cell's hits are binomial, whatever the questions are: nothing is learnt, so that there are no folds. Of several
cells of a look the oddest counts, at the price of having looked at all of them (Bonferroni).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from mabench_eval.auditing.structure import Parts, by_clip, coded, named_on_clip, named_option
from mabench_eval.stats import CONFIDENCE
from mabench_eval.taxonomy import label
from mabench_eval.types import Question

FEW = 10
"""Questions that a group of first words has, at least."""
Group = Callable[[Question], str | None]
"""Which group a question is in; None: in none."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing that a look points at."""

    what: str
    """E.g. ``even: Yes`` (and odd: No)."""
    hits: Mapping[str, bool]
    """Question id -> whether its answer is what the look points at; the questions on which it says something."""
    chance: float
    """Share of hits when answers are drawn by lot, 0-1."""

    @property
    def of(self) -> int:
        """Questions on which it says something."""
        return len(self.hits)

    @property
    def count(self) -> int:
        """Hits."""
        return sum(self.hits.values())

    @property
    def p(self) -> float:
        """Two-sided: twice the smaller tail of the binomial distribution."""
        from scipy.stats import binom

        below = float(binom.cdf(self.count, self.of, self.chance))
        above = float(binom.sf(self.count - 1, self.of, self.chance))
        return min(1.0, 2 * min(below, above))

    def span(self, looked_at: int) -> tuple[float, float]:
        """Shares of hits between which chance leaves all of so many cells alike with 95 %."""
        from scipy.stats import binom

        tail = (1 - CONFIDENCE) / 2 / looked_at
        low, high = binom.ppf([tail, 1 - tail], self.of, self.chance)
        return float(low) / self.of, float(high) / self.of


def oddest(cells: Sequence[Cell]) -> tuple[Cell, float]:
    """The cell that chance explains least, and how well chance explains one so odd among them all."""
    cell = min(cells, key=lambda cell: (cell.p, cell.what))
    return cell, min(1.0, len(cells) * cell.p)


def same_answer(asked: Sequence[Question]) -> list[Cell]:
    """How often each answer is right."""
    return grouped(asked, lambda question: "")


def parity(asked: Sequence[Question]) -> list[Cell]:
    """Even and odd numbers."""
    return grouped(asked, lambda question: _halves("even", "odd", _number(question), lambda number: number % 2 == 0))


def size(asked: Sequence[Question]) -> list[Cell]:
    """Low and high numbers."""
    numbers = [number for question in asked if (number := _number(question)) is not None]
    middle = median(numbers) if numbers else 0
    return grouped(asked, lambda question: _halves("low", "high", _number(question), lambda n: n <= middle))


def place(asked: Sequence[Question]) -> list[Cell]:
    """The first and the second half of the file."""
    early = {question.qid for question in asked[: len(asked) // 2]}
    return grouped(asked, lambda question: "early" if question.qid in early else "late")


def length(asked: Sequence[Question]) -> list[Cell]:
    """Longer questions and others, in words; of choices without their options."""
    words = {question.qid: len(_stem(question).split()) for question in asked}
    middle = median(words.values())
    return grouped(asked, lambda question: "longer" if words[question.qid] > middle else "shorter")


def first_words(asked: Sequence[Question]) -> list[Cell]:
    """The first two words."""
    begin = {question.qid: " ".join(_stem(question).lower().split()[:2]) for question in asked}
    often = Counter(begin.values())
    return grouped(asked, lambda question: begin[question.qid] if often[begin[question.qid]] >= FEW else None)


def sibling(asked: Sequence[Question]) -> list[Cell]:
    """Whether the next question of the task on the same clip has the same answer."""
    pairs = [pair for questions in by_clip(asked).values() for pair in pairwise(questions)]
    hits = {second.qid: first.answer == second.answer for first, second in pairs}
    return [Cell("same answer", hits, fmean(_chance(second) for _, second in pairs))] if hits else []


def answered(asked: Sequence[Question], given: Mapping[str, str]) -> list[Cell]:
    """What somebody else answers, of whose answers it is known that they do not come from the video."""
    told = [question for question in asked if question.qid in given]
    hits = {question.qid: question.answer == given[question.qid] for question in told}
    return [Cell("its answers", hits, fmean(map(_chance, told)))] if told else []


def looks_of_options(asked: Sequence[Question], parts: Parts) -> list[Cell]:
    """Options that are the longest, the shortest, carry a code, or are of the part that most or fewest share."""
    pointed: Mapping[str, Callable[[Question], list[str]]] = {
        "longest": lambda question: _extreme(question, longest=True),
        "shortest": lambda question: _extreme(question, longest=False),
        "with a code": coded,
        "part that most share": lambda question: _shared(question, parts, most=True),
        "part that fewest share": lambda question: _shared(question, parts, most=False),
    }
    choices = [question for question in asked if question.options]
    return [cell for what, letters in pointed.items() for cell in _pointing(what, choices, letters)]


def labels_offered(asked: Sequence[Question]) -> list[Cell]:
    """How often each label is right where it is offered."""
    offered: dict[str, dict[str, bool]] = defaultdict(dict)
    chances: dict[str, list[float]] = defaultdict(list)
    for question in asked:
        for letter, option in question.options.items():
            offered[label(option)][question.qid] = letter == question.answer
            chances[label(option)].append(_chance(question))
    return [Cell(name, hits, fmean(chances[name])) for name, hits in offered.items()]


def named_elsewhere(asked: Sequence[Question], all_questions: Sequence[Question], parts: Parts) -> list[Cell]:
    """The option that another question on the same clip names outright."""
    named = {clip: named_on_clip(questions, parts) for clip, questions in by_clip(all_questions).items()}
    letters = {question.qid: named_option(question, named[question.clip], parts) for question in asked}
    return _pointing("named", asked, lambda question: [letter] if (letter := letters[question.qid]) else [])


def grouped(asked: Sequence[Question], group: Group) -> list[Cell]:
    """Answers by groups: of Yes and No in two groups one cell of all questions, else one a group (and letter).

    Nothing where a group holds all questions, unless that is its name's meaning (the empty name).
    """
    groups: dict[str, list[Question]] = defaultdict(list)
    for question in asked:
        if (name := group(question)) is not None:
            groups[name].append(question)
    if len(groups) < 2 and "" not in groups:
        return []
    letters = sorted({letter for question in asked for letter in question.options})
    if not letters and len(groups) == 2:
        first, second = sorted(groups, key=lambda name: (name not in _FIRST, name))
        hits = {question.qid: question.answer == "Yes" for question in groups[first]}
        hits |= {question.qid: question.answer == "No" for question in groups[second]}
        return [Cell(f"{first}: Yes", hits, 0.5)]
    return [
        Cell(
            f"{name}: {answer}" if name else answer,
            {question.qid: question.answer == answer for question in there},
            fmean(map(_chance, there)),
        )
        for name, members in groups.items()
        for answer in letters or ("Yes",)
        if (there := [question for question in members if not letters or answer in question.options])
    ]


_FIRST = ("even", "low", "early", "longer")
"""Of two groups the one that is named first."""


def _pointing(what: str, asked: Sequence[Question], letters: Callable[[Question], list[str]]) -> list[Cell]:
    """One cell: whether the right option is among those that are pointed at, where some are and others are not."""
    pointed = {question.qid: (question, found) for question in asked if (found := letters(question))}
    some = {qid: (q, found) for qid, (q, found) in pointed.items() if len(found) < len(q.options)}
    if not some:
        return []
    chance = fmean(len(found) / len(question.options) for question, found in some.values())
    return [Cell(what, {qid: question.answer in found for qid, (question, found) in some.items()}, chance)]


def _halves(yes: str, no: str, number: int | None, is_first: Callable[[int], bool]) -> str | None:
    return None if number is None else yes if is_first(number) else no


def _number(question: Question) -> int | None:
    found = re.search(r"(\d+)\D*$", question.qid)
    return int(found[1]) if found else None


def _stem(question: Question) -> str:
    """The question without its options."""
    return question.text.split("\n", 1)[0] if question.options else question.text


def _chance(question: Question) -> float:
    return 1 / (len(question.options) or 2)


def _extreme(question: Question, longest: bool) -> list[str]:
    lengths = {letter: len(label(option)) for letter, option in question.options.items()}
    wanted = (max if longest else min)(lengths.values())
    return [letter for letter, length in lengths.items() if length == wanted]


def _shared(question: Question, parts: Parts, most: bool) -> list[str]:
    """The options of the body parts that most, or fewest, options belong to."""
    of = {letter: parts.get(label(option)) for letter, option in question.options.items()}
    counts = Counter(of.values())
    wanted = (max if most else min)(counts.values())
    return [letter for letter, part in of.items() if counts[part] == wanted]
