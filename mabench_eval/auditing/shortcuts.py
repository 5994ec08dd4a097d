"""Rules and the text-only probe on clips that they have not seen, set beside the best model of the paper."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mabench_eval.auditing.findings import Shortcut
from mabench_eval.auditing.probe import is_closed
from mabench_eval.auditing.rules import TOLD, Rule, apply_rules
from mabench_eval.catalogue import builtin_folder
from mabench_eval.leaderboard import load_paper
from mabench_eval.scoring import score_intervals
from mabench_eval.taxonomy import task_order
from mabench_eval.types import Question

FOLDS = 10
REPEATS = 5
"""Times that the clips are dealt into folds anew; accuracies are means over them."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule on one question, over all repeats."""

    right: float
    """Share of the repeats in which it is right, 0-1; 1 / options for each in which it says nothing."""
    applies: bool
    """Whether it says something in any of them."""


def try_rules(
    questions: Sequence[Question], folds: int = FOLDS, repeats: int = REPEATS, seed: int = 0
) -> dict[str, dict[str, Tried]]:
    """Rule -> question id -> how it does, whole clips held out, over the labelled closed questions.

    Empty with fewer than two clips. Raises InputError without scikit-learn.
    """
    closed = [question for question in questions if question.answer is not None and is_closed(question)]
    clips = sorted({question.clip for question in closed})
    if len(clips) < 2:
        return {}
    parts = [_deal(clips, min(folds, len(clips)), f"{seed}:{repeat}") for repeat in range(repeats)]
    return {name: _tried(closed, rule, parts) for name, rule in apply_rules(questions).items()}


def _deal(clips: Sequence[str], folds: int, seed: str) -> list[frozenset[str]]:
    """The clips in ``folds`` parts of equal size, give or take one."""
    shuffled = list(clips)
    random.Random(seed).shuffle(shuffled)
    return [frozenset(shuffled[part::folds]) for part in range(folds)]


def _tried(closed: Sequence[Question], rule: Rule, parts: Sequence[Sequence[frozenset[str]]]) -> dict[str, Tried]:
    right: dict[str, float] = defaultdict(float)
    spoken: set[str] = set()
    for dealt in parts:
        for question, answer in _held_out(closed, rule, dealt):
            right[question.qid] += _chance(question) if answer is None else float(answer == question.answer)
            spoken |= {question.qid} if answer is not None else set()
    return {question.qid: Tried(right[question.qid] / len(parts), question.qid in spoken) for question in closed}


def _held_out(
    closed: Sequence[Question], rule: Rule, dealt: Sequence[frozenset[str]]
) -> Iterator[tuple[Question, str | None]]:
    """Every question with its answer by the rule that has learnt on the clips of the other parts."""
    for part in dealt:
        asked = [question for question in closed if question.clip in part]
        answer = rule([question for question in closed if question.clip not in part])
        yield from zip(asked, answer(asked), strict=True)


def _chance(question: Question) -> float:
    return 1 / (len(question.options) or 2)


def find_shortcuts(questions: Sequence[Question], tried: Mapping[str, Mapping[str, Tried]]) -> list[Shortcut]:
    """A row for each task and rule that says something, with its interval by clips.

    The interval is that of the questions: clips of one fold share what was learnt, which it does not count.
    """
    by_qid = {question.qid: question for question in questions}
    best = _best_of_paper()
    rows = []
    for rule, results in tried.items():
        scores: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)
        for qid, each in results.items():
            scores[by_qid[qid].task][qid] = (by_qid[qid].clip, 100 * each.right)
        for task, figure in score_intervals(scores).items():
            asked = scores.get(task, {})
            applies = sum(results[qid].applies for qid in asked)
            if applies:
                chance = 100 * sum(_chance(by_qid[qid]) for qid in asked) / len(asked)
                rows.append(
                    Shortcut(
                        task,
                        rule,
                        TOLD[rule],
                        figure.value,
                        figure.low,
                        figure.high,
                        applies,
                        len(asked),
                        figure.clips,
                        chance,
                        *best.get(task, (None, None)),
                    )
                )
    return sorted(rows, key=lambda row: (task_order(row.task), list(TOLD).index(row.rule)))


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
