"""Whether the answers of a benchmark that is built of the demo are right, and whether one has to look for them.

mabench-eval build mine --clips demo/videos --labels labels.csv       # labels.csv: clip,label (`--write-labels FILE`)
PYTHONPATH=. python -m benchmarks.whole mine

Answers are held against the motions that are drawn, where these decide; labels against the clips' own. Then `motion`
reads the clips, and beside it stands a probe that learns from the words of all questions on other clips (10 folds by
clip, 5 deals), with the difference of the two on the same questions and its interval by clips. Exits with 1 where a
target is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.construction import wording
from demo.motions import CLIPS
from demo.questions import breath_of, clip_name, multiple, order, proximity, single
from demo.truth import tracks
from mabench_eval.auditing.words import read_words
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main as command
from mabench_eval.construction import open_build, statement_of, truth
from mabench_eval.construction.decisions import final_questions
from mabench_eval.journal import write_text
from mabench_eval.runs import read_run
from mabench_eval.scoring import score_intervals
from mabench_eval.stats import cluster_table, difference_interval, estimate
from mabench_eval.taxonomy import label
from mabench_eval.types import Question
from tests.support.construction import described

TASKS = ("SAD", "MAD", "MAS", "PPR")
LABELS = ("CMAR", "FMAR")
TARGET = 97.0
"""Percent of the closed answers that the truth decides."""
GUESSERS = ("constant", "random")


def main() -> int:
    """Print the tables; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, nargs="?", help="folder of the build, exported")
    parser.add_argument("--write-labels", type=Path, metavar="FILE", help="write the demo's labels, and end")
    chosen = parser.parse_args()
    if chosen.write_labels:
        rows = [f"{clip_name(number)},{clip.action}" for number, clip in enumerate(CLIPS)]
        write_text(chosen.write_labels, "\n".join(["clip,label", *rows, ""]))
        return 0
    right = answers_are_right(chosen.build)
    return 0 if answered_by_looking(chosen.build) and right else 1


def answers_are_right(folder: Path) -> bool:
    """Print how many of the answers are those of the motions that are drawn."""
    build = open_build(folder)
    rows = {row.clip: row for row in build.clips()}
    known = {clip_name(number): tracks(clip, breath_of(number)) for number, clip in enumerate(CLIPS)}
    told = {
        name: {text: answer for ask in (single, multiple, order, proximity) for _, text, answer in ask(paths)}
        for name, paths in known.items()
    }
    exact = {name: described(name, "", paths) for name, paths in known.items()}

    equal, other, unsaid = Counter[str](), Counter[str](), Counter[str]()
    for question in final_questions(build).questions:
        if question.statement:
            statement = statement_of(question.statement)
            asked = wording(statement)
            so = {True: "Yes", False: "No", None: None}[truth(statement, exact[question.clip])]
            answer = so if asked is None else told[question.clip].get(asked)
        elif question.task in LABELS:
            options = dict(line.split(". ", 1) for line in question.text.splitlines()[1:])
            row = rows[question.clip]
            wanted = row.coarse if question.task == "CMAR" else row.fine
            answer = next(letter for letter, option in options.items() if label(option) == wanted)
        else:
            continue
        tally = unsaid if answer is None else equal if answer == question.answer else other
        tally[question.task] += 1

    print("| task | answers as drawn, % | of | the drawing does not decide |\n|---|---:|---:|---:|")
    for task in (*LABELS, *TASKS):
        decided = equal[task] + other[task]
        print(f"| {task} | {100 * equal[task] / max(decided, 1):.1f} | {decided} | {unsaid[task]} |")
    share = 100 * equal.total() / (equal.total() + other.total())
    print(f"| all | {share:.1f} | {equal.total() + other.total()} | {unsaid.total()} |\n")
    return share >= TARGET


def answered_by_looking(folder: Path) -> bool:
    """Print what `motion` and those that do not look reach."""
    questions: dict[str, list[Question]] = defaultdict(list)
    for question in load_benchmark(str(folder), load_catalogue().check().tasks).questions:
        if question.task in TASKS:
            questions[question.task].append(question)
    scores = {name: answered(name, folder) for name in ("motion", *GUESSERS)}
    scores["probe"] = {
        asked[place].qid: float(right)
        for asked in questions.values()
        for held_out in read_words(asked, [lambda question: question.clip], 10, 5, 0)
        if held_out is not None
        for place, right in enumerate(held_out.right)
    }

    print("| task | questions | motion | probe | constant | random | motion - probe, 95 % |")
    print("|---|---:|---|---|---|---|---|")
    good = True
    every = [question for asked in questions.values() for question in asked]
    for name, asked in (*questions.items(), ("all four", every)):
        cells = [reached(asked, scores[who]) for who in ("motion", "probe", *GUESSERS)]
        low, high = paired(asked, scores["motion"], scores["probe"])
        shown = " | ".join(f"{value:.1f} [{least:.0f}, {most:.0f}]" for value, least, most in cells)
        print(f"| {name} | {len(asked)} | {shown} | [{low:+.1f}, {high:+.1f}] |")
        if name == "all four":
            good = low > 0 and all(least <= 50 <= most for _, least, most in cells[1:])
    return good


def answered(model: str, folder: Path) -> Mapping[str, float]:
    """Question id -> whether the model is right, 0 or 1."""
    with tempfile.TemporaryDirectory() as results:
        words = ["--model", model, "--data", str(folder), "--tasks", ",".join(TASKS), "--output", results]
        with contextlib.redirect_stdout(io.StringIO()):
            if code := command(words):
                sys.exit(f"{' '.join(words)}: exit status {code}")
        (run,) = Path(results, model).iterdir()
        return {sample.qid: float(sample.correct or 0) for sample in read_run(run).samples()}


def reached(asked: Sequence[Question], right: Mapping[str, float]) -> tuple[float, float, float]:
    """Percent right, and its interval by clips."""
    figure = score_intervals({"SAD": {q.qid: (q.clip, 100 * right[q.qid]) for q in asked}})["SAD"]
    return figure.value or 0.0, figure.low or 0.0, figure.high or 0.0


def paired(asked: Sequence[Question], first: Mapping[str, float], second: Mapping[str, float]) -> tuple[float, float]:
    """Of the difference on the same questions, in points, by clips."""
    by_clip: dict[str, list[float]] = defaultdict(list)
    for question in asked:
        by_clip[question.clip].append(100 * (first[question.qid] - second[question.qid]))
    found = estimate(cluster_table({"difference": by_clip}))
    return difference_interval(
        float(np.asarray(found.values)[0]), float(np.asarray(found.errors)[0]), len(by_clip), 100.0
    )


if __name__ == "__main__":
    sys.exit(main())
