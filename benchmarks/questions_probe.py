"""Whether words alone answer the questions that `build ask` makes: a text probe on clips that are drawn at random.

PYTHONPATH=. python -m benchmarks.questions_probe --clips 200 600

Beside the fair coin of `ask` stands the design that looks right at first, every statement exactly as often true as
false: it tells by its complement. Folds by clip: some clips are labelled. Folds by statement: some words are known.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import mean, stdev

from mabench_eval.auditing import TextProbe
from mabench_eval.construction import ClipRow
from mabench_eval.construction.questions.choosing import questions_of_labels
from mabench_eval.construction.questions.drawing import Drawn, TruthTable, draw_statements, truth_table
from mabench_eval.construction.questions.truths import all_statements
from mabench_eval.construction.questions.wording import template_text
from mabench_eval.taxonomy import MICRO_ACTIONS, body_part
from mabench_eval.types import Question
from tests.support.construction import drawn_clips

FOLDS = 10
WANTED = {"SAD": 2, "MAD": 2, "MAS": 2, "PPR": 2}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the statement or label that it asks for."""

    question: Question
    about: str


def of_statements(drawn: Iterable[Drawn]) -> list[Asked]:
    """As `ask` words them by template."""
    found = []
    for number, each in enumerate(drawn):
        statement = all_statements()[each.statement]
        answer = "Yes" if each.so else "No"
        question = Question(str(number), statement.task, str(each.clip), template_text(statement), {}, answer)
        found.append(Asked(question, statement.id))
    return found


def of_labels(clips: Sequence[ClipRow], seed: int) -> list[Asked]:
    """CMAR and FMAR of every clip."""
    actions = {action: str(body_part(action)) for action in MICRO_ACTIONS.values()}
    found = []
    for number, row in enumerate(questions_of_labels(clips, actions, {"CMAR": 1, "FMAR": 1}, seed)):
        options = dict(line.split(". ", 1) for line in row.text.splitlines()[1:])
        question = Question(f"c{number}", row.task, row.clip, row.text, options, row.answer)
        found.append(Asked(question, options[row.answer]))
    return found


def balanced(table: TruthTable, wanted: dict[str, int], seed: int) -> list[Drawn]:
    """The other design: each statement is asked of one clip of which it is true, and of one of which it is false."""
    lot, drawn = Random(seed), []
    for task, count in wanted.items():
        room = [count] * table.clips
        numbers = [n for n, statement in enumerate(all_statements()) if statement.task == task]
        lot.shuffle(numbers)
        asked: set[tuple[int, int]] = set()
        while numbers:
            number = numbers.pop()
            sides = []
            for key in (2 * number, 2 * number + 1):
                clips = table.entries[table.starts[key] : table.starts[key + 1]].tolist()
                sides.append([clip for clip in clips if room[clip] and (clip, number) not in asked])
            if not all(sides):
                continue
            for so, clips in enumerate(sides):
                clip = lot.choice(clips)
                drawn.append(Drawn(clip, number, bool(so)))
                room[clip] -= 1
                asked.add((clip, number))
            numbers.insert(lot.randrange(len(numbers) + 1), number)
    return drawn


def accuracy(asked: Sequence[Asked], group: Callable[[Asked], str], folds: int = FOLDS, seed: int = 0) -> float:
    """Share that a probe gets right which learns from all other groups' questions, 0-1."""
    groups = sorted({group(each) for each in asked})
    Random(seed).shuffle(groups)
    fold = {name: place % folds for place, name in enumerate(groups)}
    right = 0
    for number in range(folds):
        test = [each.question for each in asked if fold[group(each)] == number]
        train = [each.question for each in asked if fold[group(each)] != number]
        answers = TextProbe().fit(train).answers(test) if test else []
        right += sum(answer == question.answer for answer, question in zip(answers, test, strict=True))
    return right / len(asked)


def by_clip(asked: Asked) -> str:
    """The group of a question, where clips are kept apart."""
    return asked.question.clip


def by_statement(asked: Asked) -> str:
    """The same where statements are."""
    return asked.about


def row(name: str, asked: Sequence[Asked], slots: int, chance: float) -> str:
    """A line of the table."""
    margin = 196 * sqrt(chance * (1 - chance) / len(asked))
    answers = [each.question.answer == "Yes" for each in asked]
    yes = "-" if asked[0].question.options else f"{100 * sum(answers) / len(answers):.1f}"
    figures = [100 * accuracy(asked, by_clip)]
    if not asked[0].question.options:  # of a label that was never seen nothing can be known
        figures.append(100 * accuracy(asked, by_statement))
    shown = " | ".join(f"{figure:.1f}" for figure in (*figures, *[float("nan")] * (2 - len(figures))))
    return (
        f"| {name} | {asked[0].question.task} | {len(asked):,} of {slots:,} | {len({each.about for each in asked}):,} "
        f"| {yes} | {shown} | {100 * chance:.1f} +- {margin:.1f} |".replace("nan", "-")
    )


def mean_row(table: TruthTable, task: str, seeds: Sequence[int]) -> str:
    """A line with the means over several builds, and their standard deviations: one build may have luck."""
    figures = []
    for seed in seeds:
        drawn = draw_statements(table, WANTED, seed)
        asked = [each for each in of_statements(drawn) if each.question.task == task]
        figures.append((100 * accuracy(asked, by_clip, seed=seed), 100 * accuracy(asked, by_statement, seed=seed)))
    shown = " | ".join(f"{mean(each):.1f} (sd {stdev(each):.1f})" for each in zip(*figures, strict=True))
    return f"| coin, mean of {len(seeds)} | {task} | | | | {shown} | 50.0 |"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[200, 600])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--draws", type=int, default=8, help="builds of the same clips, of which the mean is shown")
    chosen = parser.parse_args()
    for count in chosen.clips:
        clips = list(drawn_clips(count, chosen.seed))
        began = time.process_time()
        table = truth_table(clip.descriptor for clip in clips)
        middle = time.process_time()
        drawn = draw_statements(table, WANTED, chosen.seed)
        ended = time.process_time()
        print(
            f"\n{count} clips: {len(table.entries) / count:.0f} statements a clip decided in "
            f"{1000 * (middle - began) / count:.1f} CPU ms, drawn in {1000 * (ended - middle) / count:.2f}\n"
        )
        print("| design | task | questions | statements | Yes, % | probe by clip | by statement | chance, 95 % |")
        print("|---|---|---:|---:|---:|---:|---:|---:|")
        for name, each in (("coin", drawn), ("balanced", balanced(table, WANTED, chosen.seed))):
            tasks: dict[str, list[Asked]] = defaultdict(list)
            for asked in of_statements(each):
                tasks[asked.question.task].append(asked)
            for task in WANTED:
                print(row(name, tasks[task], WANTED[task] * count, 0.5))
        for task in WANTED:
            print(mean_row(table, task, range(chosen.seed, chosen.seed + chosen.draws)))
        labels = of_labels([clip.row for clip in clips], chosen.seed)
        for task, chance in (("CMAR", 1 / 7), ("FMAR", 1 / 5)):
            print(row("ask", [each for each in labels if each.question.task == task], count, chance))


if __name__ == "__main__":
    main()
