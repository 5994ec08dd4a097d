"""Runs against each other: paired by question, clustered by clip, with what else but the model differs between them.

Of a question that was repeated the mean of its answers counts; rotated options do not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from mabench_eval.errors import InputError
from mabench_eval.journal import read_json_lines
from mabench_eval.scoring import GradedAnswer, QuestionScores, averages_among, by_clip, question_scores, weights_of
from mabench_eval.stats import cluster_table, half_width, holm, p_value, smallest_difference, standard_errors
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
    """The true difference that this many clips show with a power of 80 %."""
    questions: int
    clips: int


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
    scores = _named([read_scored_run(Path(run)) for run in runs])
    pairs = [_pair(first, second) for first, second in combinations(scores, 2)]
    known = [found.p for pair in pairs for found in pair.differences if found.p is not None]
    adjusted = iter(holm(known))
    return [
        replace(
            pair,
            differences=tuple(d if d.p is None else replace(d, p_holm=next(adjusted)) for d in pair.differences),
        )
        for pair in pairs
    ]


def difference_cells(row: Difference) -> list[str]:
    """A figure as a line of the table, under ``HEADER``."""
    interval = "-" if row.low is None or row.high is None else f"{row.low:+.2f} to {row.high:+.2f}"
    p = "-" if row.p_holm is None else ("< 0.001" if row.p_holm < 0.001 else f"{row.p_holm:.3f}")
    finds = "-" if row.smallest is None else f"{row.smallest:.2f}"
    return [
        row.figure,
        f"{row.first:.2f}",
        f"{row.second:.2f}",
        f"{row.difference:+.2f}",
        interval,
        p,
        str(row.better),
        str(row.worse),
        finds,
    ]


def read_scored_run(folder: Path) -> ScoredRun:
    """The scores in a run's folder. Raises InputError."""
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        document = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
        rows = read_json_lines(folder / "samples.jsonl")
        figures = question_scores(
            GradedAnswer(row["qid"], row["clip"], row["task"], row.get("correct"), row.get("levels"))
            for row in rows
            if not row.get("rotation")
        )
        identity = record["identity"]
        choices = {
            "data": document["benchmark"]["sha256"][:12],
            "frames": _sampled(identity["sampling"]),
            "prompts": identity["tasks"],
            "examples": identity.get("shots"),
            "answers": document["answers"],
            "repeats": identity.get("repeats", 1),
            "judge": [judge["name"] + " " + judge["sha256"][:8] for judge in document["judges"]],
            "rubrics": document["rubrics"],
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{folder} is no folder of a finished run: {error}",
            hint="It is the folder that the run names at its end, results/<model>/<run id>.",
        ) from error
    if not figures:
        raise InputError(f"{folder} has no scores: its benchmark has no answers", hint="Score it where they are known.")
    model, shown = str(document["model"]), str(document.get("input", "video"))
    return ScoredRun(model if shown == "video" else f"{model} ({shown})", folder, model, shown, figures, choices)


def _sampled(sampling: Json | None) -> Json | None:
    """Frames without the input mode, which is compared on purpose; None where nothing was looked at."""
    return {name: value for name, value in (sampling or {}).items() if name != "input"} or None


def _named(scores: Sequence[ScoredRun]) -> list[ScoredRun]:
    """Runs of one model are told apart by their ids."""
    names = [each.name for each in scores]
    return [
        replace(each, name=f"{each.name} {each.folder.resolve().name}") if names.count(each.name) > 1 else each
        for each in scores
    ]


def _pair(first: ScoredRun, second: ScoredRun) -> Pair:
    both = [figure for figure in first.figures if figure in second.figures]
    common = {figure: first.figures[figure].keys() & second.figures[figure].keys() for figure in both}
    figures = [figure for figure in both if common[figure]]
    if not figures:
        raise InputError(f"{first.folder} and {second.folder} have no scored question in common")
    columns = {figure: by_clip(_changes(first, second, figure, sorted(common[figure]))) for figure in figures}
    table = cluster_table(columns)
    averages = averages_among(figures)
    weights = np.array(weights_of(averages, figures)).reshape(len(figures), -1)
    errors = [*standard_errors(table), *standard_errors(table, weights)]
    means = {
        run: {f: math.fsum(of.figures[f][qid][1] for qid in common[f]) / len(common[f]) for f in figures}
        for run, of in (("first", first), ("second", second))
    }
    rows = []
    for figure, error in zip([*figures, *averages], errors, strict=True):
        parts = averages.get(figure, {figure: 1.0})
        one, two = (math.fsum(weight * means[run][part] for part, weight in parts.items()) for run in means)
        changes = [change for part in parts for clip in columns[part].values() for change in clip]
        clips = len({clip for part in parts for clip in columns[part]})
        rows.append(_difference(figure, one, two, float(error), changes, clips))
    return Pair(first.name, second.name, tuple(rows), _gain(first, second), (*_warnings(first, second, common),))


def _gain(first: ScoredRun, second: ScoredRun) -> str | None:
    """Visual gain: the video against no frames; temporal gain: against its frames in another order."""
    shown = (first.input, second.input)
    if first.model != second.model or "video" not in shown or shown[0] == shown[1]:
        return None
    other = next(mode for mode in shown if mode != "video")
    what = {"text-only": "visual gain", "shuffled": "temporal gain", "reversed": "temporal gain"}.get(other)
    name = what or f"gain of the video over {other}"
    return f"second - first is the {name}" if second.input == "video" else f"first - second is the {name}"


def _changes(first: ScoredRun, second: ScoredRun, figure: str, qids: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The clip of each question, and what the second run scores more on it."""
    for qid in qids:
        clip, score = first.figures[figure][qid]
        yield clip, second.figures[figure][qid][1] - score


def _difference(
    figure: str, first: float, second: float, error: float, changes: Sequence[float], clips: int
) -> Difference:
    difference, known = second - first, not math.isnan(error)
    half = half_width(error, clips) if known else math.nan
    return Difference(
        figure,
        first,
        second,
        difference,
        low=difference - half if known else None,
        high=difference + half if known else None,
        p=p_value(difference, error, clips) if known else None,
        p_holm=None,
        better=sum(change > 0 for change in changes),
        worse=sum(change < 0 for change in changes),
        smallest=smallest_difference(error, clips) if known else None,
        questions=len(changes),
        clips=clips,
    )


def _warnings(first: ScoredRun, second: ScoredRun, common: Mapping[str, Any]) -> list[str]:
    found = []
    if first.input != second.input and first.model != second.model:
        found.append(f"they differ in more than the model, in input: {first.input} against {second.input}")
    for name, choice in first.choices.items():
        other = second.choices[name]
        if name == "frames" and None in (choice, other):  # one of them does not look
            continue
        if choice != other:
            told = "" if len(f"{choice}{other}") > 80 else f": {choice} against {other}"
            found.append(f"they differ in more than the model, in {name}{told}")
    for run, other in ((first, second), (second, first)):
        alone = sum(len(run.figures[figure].keys() - common.get(figure, set())) for figure in run.figures)
        if alone:
            found.append(f"{alone} scores of {run.name} have no counterpart in {other.name} and are left out")
    return found
