"""The looks at a benchmark: everything by which answers might be told without the video, in one list.

Each look is two-sided: who is wrong more often than chance has only to say the opposite. Chance is an answer drawn by
lot, independent of all else: a coin for Yes and No, one of the options for a choice. What a look reads is compared
with what it reads then: exactly, where it counts (``counts``), by drawing such answers, where it learns (``words``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np

from mabench_eval.auditing import counts
from mabench_eval.auditing.counts import Cell, oddest
from mabench_eval.auditing.findings import Reading
from mabench_eval.auditing.probe import is_closed, one_thread
from mabench_eval.auditing.structure import MA_52, Parts
from mabench_eval.auditing.words import HeldOut, read_words
from mabench_eval.catalogue import builtin_folder
from mabench_eval.leaderboard import load_paper
from mabench_eval.scoring import score_intervals
from mabench_eval.stats import Floats, holm, t_p_value, t_quantile
from mabench_eval.taxonomy import label, task_order
from mabench_eval.types import Question

FOLDS = 10
REPEATS = 5
"""Times that questions are dealt into folds anew; accuracies are means over them."""
BY_CLIP, BY_STATEMENT = "words, other clips", "words, other statements"
SAME_ANSWER, NAMED, BLIND = "same answer", "named elsewhere", "blind model"
TOLD: Mapping[str, str] = {
    BY_CLIP: "the question's words (of a choice: its options'), learnt on other clips",
    BY_STATEMENT: "the same, learnt on other statements: on no question with the same words, or the same options",
    SAME_ANSWER: "the answer that is most often, or least often, right",
    "number": "whether the question's number is even or odd; models are not shown it, but it stands in the file",
    "low number": "whether the number is low or high",
    "place": "whether it stands early or late in the file",
    "length": "whether the question is longer, in words, than half of them",
    "first words": "the first two words of the question",
    "sibling": "the answer of another question of the same task on the same clip",
    "family": "the kind of statement that is asked for",
    BLIND: "what a model answers that has the text alone",
    "options": "the longest option, the shortest, with a code, of the body part that most or fewest options share",
    "label": "an option's label: how often it is right where it is offered",
    NAMED: "the option that another question on the same clip names outright",
}
"""Look -> what it goes by."""


def take_looks(
    questions: Sequence[Question],
    *,
    parts: Parts = MA_52,
    families: Mapping[str, str] | None = None,
    blind: Mapping[str, str] | None = None,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    seed: int = 0,
) -> tuple[list[Reading], dict[str, float]]:
    """All looks at all closed tasks of a labelled benchmark, and what words say of each question.

    Args:
        questions: All of them; open ones and those without an answer are looked at for what they name.
        parts: The labels that there are.
        families: Question id -> the kind of statement that it asks for, where that is known.
        blind: Question id -> what a model answers that has the text alone, where one was asked.
        folds: Parts into which clips, or statements, are dealt; each is answered by what was learnt on the others.
        repeats: How often they are dealt anew; tasks with many questions are dealt once.
        seed: Of deals and draws.

    Returns:
        The readings, and question id -> share of the deals in which words learnt on other clips are right, 0-1.

    Raises InputError without scikit-learn.
    """
    tasks: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        if question.answer is not None and is_closed(question):
            tasks[question.task].append(question)
    readings: list[Reading] = []
    guessed: dict[str, float] = {}
    with one_thread():
        for task in sorted(tasks, key=task_order):
            asked = tasks[task]
            for name, held_out in _words(asked, folds, repeats, seed):
                readings.append(_learnt(name, asked, held_out))
                if name == BY_CLIP:
                    guessed |= {q.qid: float(right) for q, right in zip(asked, held_out.right, strict=True)}
            for name, look in _counting(questions, parts, families or {}, blind or {}).items():
                if cells := look(asked):
                    readings.append(_counted(name, asked, cells))
    adjusted = iter(holm([reading.p for reading in readings if reading.judged]))
    return [replace(reading, adjusted=next(adjusted)) if reading.judged else reading for reading in readings], guessed


def statement_of(question: Question) -> str:
    """What is the same statement: the same words, of a choice the same options in whatever order."""
    return " ".join(sorted(map(label, question.options.values())) or question.text.lower().split())


def _words(asked: Sequence[Question], folds: int, repeats: int, seed: int) -> list[tuple[str, HeldOut]]:
    ways = {BY_CLIP: lambda question: question.clip, BY_STATEMENT: statement_of}
    held_out = read_words(asked, list(ways.values()), folds, repeats, seed)
    return [(name, found) for name, found in zip(ways, held_out, strict=True) if found is not None]


def _counting(
    questions: Sequence[Question], parts: Parts, families: Mapping[str, str], blind: Mapping[str, str]
) -> dict[str, Callable[[Sequence[Question]], list[Cell]]]:
    """Name -> look; a look that has nothing to say of a task gives no cells."""
    return {
        SAME_ANSWER: counts.same_answer,
        "number": counts.parity,
        "low number": counts.size,
        "place": counts.place,
        "length": counts.length,
        "first words": counts.first_words,
        "sibling": counts.sibling,
        "family": partial(counts.grouped, group=lambda question: families.get(question.qid)),
        BLIND: partial(counts.answered, given=blind),
        "options": partial(counts.looks_of_options, parts=parts),
        "label": counts.labels_offered,
        NAMED: partial(counts.named_elsewhere, all_questions=questions, parts=parts),
    }


def _learnt(name: str, asked: Sequence[Question], held_out: HeldOut) -> Reading:
    """The spread of accuracies by lot is estimated by draws, and so Student's; their mean is chance itself."""
    draws, chance = len(held_out.by_lot), float(np.mean([_chance(question) for question in asked]))
    spread = float(np.sqrt(np.mean((held_out.by_lot - chance) ** 2)))
    accuracy = float(held_out.right.mean())
    half = t_quantile(0.05, draws) * spread
    p = t_p_value((accuracy - chance) / spread, draws) if spread else float(accuracy == chance)
    return _reading(name, "", asked, (accuracy, chance, chance - half, chance + half), p, held_out.right, len(asked))


def _counted(name: str, asked: Sequence[Question], cells: Sequence[Cell]) -> Reading:
    cell, p = oddest(cells)
    share = cell.count / cell.of
    right = np.array([cell.hits.get(question.qid, _chance(question)) for question in asked], dtype=np.float64)
    return _reading(name, cell.what, asked, (share, cell.chance, *cell.span(len(cells))), p, right, cell.of)


def _reading(
    name: str,
    what: str,
    asked: Sequence[Question],
    figures: tuple[float, float, float, float],
    p: float,
    right: Floats,
    applies: int,
) -> Reading:
    """``figures``: share right, chance, and from where to where chance goes, 0-1; ``right``: of each question."""
    task, turned = asked[0].task, not asked[0].options and right.mean() < 0.5
    reached = 1 - right if turned else right
    scores = {task: {q.qid: (q.clip, 100 * float(each)) for q, each in zip(asked, reached, strict=True)}}
    figure = score_intervals(scores)[task]
    accuracy, chance, low, high = (100 * each for each in figures)
    return Reading(
        task,
        name,
        what,
        accuracy,
        chance,
        max(0.0, low),
        min(100.0, high),
        p,
        p,
        applies,
        len(asked),
        figure.clips,
        not (name in _OF_LABELS and _offers_the_same(asked)),
        float(figure.value),
        figure.low,
        figure.high,
        *_best_of_paper().get(task, (None, None)),
    )


_OF_LABELS = (BY_CLIP, BY_STATEMENT, "options", "label")
"""Looks that read the labels of options alone."""


def _offers_the_same(asked: Sequence[Question]) -> bool:
    return bool(asked[0].options) and len({statement_of(question) for question in asked}) == 1


def _chance(question: Question) -> float:
    return 1 / (len(question.options) or 2)


@cache
def _best_of_paper() -> dict[str, tuple[float, str]]:
    """Task -> the highest accuracy in the paper's Table 2, and whose."""
    paper = load_paper(builtin_folder() / "leaderboard" / "paper.json")
    rows = [row for row in paper.tables["table2"] if row.group != "reference"]
    best: dict[str, tuple[float, str]] = {}
    for row in rows:
        for task in paper.answers:
            figure = row.figures[task]
            if figure is not None and figure > best.get(task, (-1.0, ""))[0]:
                best[task] = (figure, row.name)
    return best
