"""Runs against each other: paired by question, clustered by clip, with what else but the model differs between them.

Of a question that was repeated the mean of its answers counts; rotated options do not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from mabench_eval.benchmark import as_printed
from mabench_eval.errors import InputError
from mabench_eval.runfiles import RECORD, from_json, read_run_files, to_json
from mabench_eval.scoring import QuestionScores, averages_among, by_clip, question_scores, top_of, weights_of
from mabench_eval.stats import cluster_table, difference_interval, estimate, holm, p_value, smallest_difference
from mabench_eval.text import decimals
from mabench_eval.types import Json

DIFFERENCE_HEADER = ("", "first", "second", "difference", "95 %", "p (Holm)", "better", "worse", "finds")
"""Of the table of a pair."""


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """The scores of a run, question by question."""

    name: str
    """Model and input, with the run id where another run has the same."""
    folder: Path
    model: str
    input: str
    """As in ``--input``."""
    figures: QuestionScores
    choices: Mapping[str, Any]
    """What the scores depend on besides the model."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two runs, over the questions that both have."""

    figure: str
    first: float
    second: float
    difference: float
    """Second less first, in the figure's unit: percent points, levels (0-5), points of the final score."""
    low: float | None
    high: float | None
    """95 % interval by the clustered error; None with fewer than two clips."""
    p: float | None
    """Two-sided, of no difference."""
    p_holm: float | None
    """The same, adjusted for all figures and pairs of this comparison."""
    better: int
    worse: int
    """Questions on which the second run scores higher, and lower."""
    smallest: float | None
    """The true difference that this many clips show with a power of 80 %; None where all clips are alike."""
    questions: int
    clips: int
    """Of an average: of its part with the fewest."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs."""

    first: str
    second: str
    differences: tuple[Difference, ...]
    gain: str | None
    """What the difference says of one model under two inputs: what the video is worth, or its order."""
    warnings: tuple[str, ...]
    """What else differs between them, and questions that only one has."""


def compare(runs: Sequence[Path | str]) -> list[Pair]:
    """Every pair of the runs. Raises InputError for folders that are none, runs without scores, or none in common."""
    if len(runs) < 2:
        raise InputError("compare needs two runs or more", hint="mabench-eval compare results/a/RUN results/b/RUN")
    scored = _named([read_scored_run(Path(run)) for run in runs])
    pairs = [_pair(first, second) for first, second in combinations(scored, 2)]

    # Every p-value of every pair is one of the tests that Holm's adjustment is over.
    adjusted = iter(holm([row.p for pair in pairs for row in pair.differences if row.p is not None]))
    return [
        replace(
            pair,
            differences=tuple(
                row if row.p is None else replace(row, p_holm=next(adjusted)) for row in pair.differences
            ),
        )
        for pair in pairs
    ]


def difference_cells(row: Difference) -> list[str]:
    """A figure as a line of the table, under ``DIFFERENCE_HEADER``."""
    interval = (
        "-"
        if row.low is None or row.high is None
        else f"{decimals(row.low, signed=True)} to {decimals(row.high, signed=True)}"
    )
    p = "-" if row.p_holm is None else ("< 0.001" if row.p_holm < 0.001 else f"{row.p_holm:.3f}")
    finds = "-" if row.smallest is None else f"{row.smallest:.2f}"
    return [
        row.figure,
        decimals(row.first),
        decimals(row.second),
        decimals(row.difference, signed=True),
        interval,
        p,
        str(row.better),
        str(row.worse),
        finds,
    ]


@dataclass(frozen=True, slots=True)
class _Identity:
    """What a comparison reads of ``identity`` in ``run.json``."""

    sampling: Json | None
    tasks: Json
    shots: str | None = None
    repeats: int = 1


def read_scored_run(folder: Path) -> ScoredRun:
    """The scores in a run's folder. Raises InputError."""
    run = read_run_files(folder)
    figures = question_scores(as_printed(run.samples()))
    if not figures:
        raise InputError(f"{folder} has no scores: its benchmark has no answers", hint="Score it where they are known.")
    scores, model, shown = run.scores, run.scores.model, run.scores.input
    identity = from_json(_Identity, run.record.identity, f"{folder / RECORD}: identity")
    choices = {
        "data": scores.benchmark.sha256[:12],
        # The input mode is compared on purpose; None where nothing was looked at.
        "frames": {name: value for name, value in (identity.sampling or {}).items() if name != "input"} or None,
        "prompts": identity.tasks,
        "examples": identity.shots,
        "answers": scores.answers,
        "repeats": identity.repeats,
        "judge": [f"{judge.name} {judge.sha256[:8]}" for judge in scores.judges],
        "rubrics": {task: to_json(rubric) for task, rubric in scores.rubrics.items()},
    }
    return ScoredRun(model if shown == "video" else f"{model} ({shown})", folder, model, shown, figures, choices)


def _named(runs: Sequence[ScoredRun]) -> list[ScoredRun]:
    """Runs of one model are told apart by their ids."""
    names = [run.name for run in runs]
    return [
        replace(run, name=f"{run.name} {run.folder.resolve().name}") if names.count(run.name) > 1 else run
        for run in runs
    ]


def _pair(first: ScoredRun, second: ScoredRun) -> Pair:
    both = [figure for figure in first.figures if figure in second.figures]
    common = {figure: first.figures[figure].keys() & second.figures[figure].keys() for figure in both}
    figures = [figure for figure in both if common[figure]]
    if not figures:
        raise InputError(f"{first.folder} and {second.folder} have no scored question in common")

    # What the second run scores more on each question, by clip: the error is that of paired differences.
    columns = {figure: by_clip(_changes(first, second, figure, sorted(common[figure]))) for figure in figures}
    averages = averages_among(figures)
    found = estimate(cluster_table(columns), weights_of(averages, figures))

    means = {
        run: {f: math.fsum(of.figures[f][qid][1] for qid in common[f]) / len(common[f]) for f in figures}
        for run, of in (("first", first), ("second", second))
    }
    rows = []
    for figure, error, clips in zip([*figures, *averages], found.errors.tolist(), found.clips.tolist(), strict=True):
        parts = averages.get(figure, {figure: 1.0})
        one, two = (math.fsum(weight * means[run][part] for part, weight in parts.items()) for run in means)
        changes = [change for part in parts for clip in columns[part].values() for change in clip]
        rows.append(_difference(figure, one, two, error, changes, clips))
    return Pair(first.name, second.name, tuple(rows), _gain(first, second), tuple(_warnings(first, second, common)))


def _gain(first: ScoredRun, second: ScoredRun) -> str | None:
    """Visual gain: the video against no frames; temporal gain: against its frames in another order."""
    shown = (first.input, second.input)
    if first.model != second.model or "video" not in shown or shown[0] == shown[1]:
        return None
    other = next(mode for mode in shown if mode != "video")
    gains = {"text-only": "visual gain", "shuffled": "temporal gain", "reversed": "temporal gain"}
    name = gains.get(other, f"gain of the video over {other}")
    return f"second - first is the {name}" if second.input == "video" else f"first - second is the {name}"


def _changes(first: ScoredRun, second: ScoredRun, figure: str, qids: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The clip of each question, and what the second run scores more on it."""
    for qid in qids:
        clip, score = first.figures[figure][qid]
        yield clip, second.figures[figure][qid][1] - score


def _difference(
    figure: str, first: float, second: float, error: float, changes: Sequence[float], clips: int
) -> Difference:
    difference, known, top = second - first, clips > 1, top_of(figure)
    low, high = difference_interval(difference, error, clips, top) if known else (None, None)
    return Difference(
        figure,
        first,
        second,
        difference,
        low=low,
        high=high,
        p=p_value(difference, error, clips, top) if known else None,
        p_holm=None,
        better=sum(change > 0 for change in changes),
        worse=sum(change < 0 for change in changes),
        smallest=smallest_difference(error, clips) if known and error > 0 else None,
        questions=len(changes),
        clips=clips,
    )


def _warnings(first: ScoredRun, second: ScoredRun, common: Mapping[str, Any]) -> Iterator[str]:
    """What else than the model differs, and questions that only one has."""
    if first.input != second.input and first.model != second.model:
        yield f"they differ in more than the model, in input: {first.input} against {second.input}"
    for name, choice in first.choices.items():
        other = second.choices[name]
        if name == "frames" and None in (choice, other):  # one of them does not look
            continue
        if choice != other:
            values = "" if len(f"{choice}{other}") > 80 else f": {choice} against {other}"
            yield f"they differ in more than the model, in {name}{values}"
    for run, other in ((first, second), (second, first)):
        alone = sum(len(run.figures[figure].keys() - common.get(figure, set())) for figure in run.figures)
        if alone:
            yield f"{alone} scores of {run.name} have no counterpart in {other.name} and are left out"
