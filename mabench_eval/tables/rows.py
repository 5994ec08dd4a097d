"""The rows of each table of a run, in the shape of the paper's Table 2 and beyond it: scores in, cells of text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mabench_eval.runfiles import (
    ChoiceScores,
    ClosedScores,
    Figures,
    GroupLevels,
    Interval,
    JudgeRecord,
    OpenScores,
    RunScores,
    TaskScores,
    YesNoScores,
)
from mabench_eval.stats import AgreementFigure
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from mabench_eval.text import decimals

HEADERS = (*OFFICIAL_CLOSED, "AVG", *(f"{task} {level}" for task in OFFICIAL_OPEN for level in LEVELS), "AVG")
"""The fourteen columns of Table 2: six accuracies (percent) and their mean, six levels (0-5) and theirs."""
NO_VALUE = "-"
Table = tuple[list[str], list[list[str]]]
"""Header, and rows of as many cells."""


def number(value: float | None) -> str:
    """Two decimals, as the paper prints; ``-`` for what does not exist."""
    return NO_VALUE if value is None else decimals(value)


def with_interval(figure: Interval | AgreementFigure | None) -> str:
    """A figure with its 95 % interval, where it has one: ``50.00 [31.20, 68.80]``."""
    return NO_VALUE if figure is None else f"{number(figure.value)}{interval(figure)}"


def interval(figure: Interval | AgreementFigure | None) -> str:
    """`` [low, high]``; nothing where there is no interval."""
    return "" if figure is None or figure.low is None else f" [{number(figure.low)}, {number(figure.high)}]"


def judged_officially(judges: Sequence[JudgeRecord]) -> bool:
    """Whether the open scores are those of the paper's judge, alone."""
    return len(judges) == 1 and judges[0].official


def mean_level(scores: OpenScores | GroupLevels) -> float | None:
    """Mean of the levels that exist, 0-5."""
    levels = [value for value in scores.levels.values() if value is not None]
    return sum(levels) / len(levels) if levels else None


def table2_cells(scores: Figures) -> list[str]:
    """The fourteen cells of a run, in the order of ``HEADERS``."""
    return [number(value) for value in _table2_figures(scores)]


def _table2_figures(scores: Figures) -> list[float | None]:
    levels = [scores.level(task, level) for task in OFFICIAL_OPEN for level in LEVELS]
    return [*map(scores.accuracy, OFFICIAL_CLOSED), scores.closed_avg, *levels, scores.open_avg]


def sweep_rows(column: str, sweep: Mapping[str, Figures], base: str) -> Table:
    """In the shape of the paper's Tables 3 and 4: what is varied, Table 2's cells, and the difference to ``base``."""
    rows = [[name, *table2_cells(scores)] for name, scores in sweep.items()]
    for name, scores in sweep.items():
        if base in sweep and name != base:
            pairs = zip(_table2_figures(scores), _table2_figures(sweep[base]), strict=True)
            cells = [
                NO_VALUE if one is None or other is None else decimals(one - other, signed=True) for one, other in pairs
            ]
            rows.append([f"{name} - {base}", *cells])
    return [column, *HEADERS], rows


def detail_rows(scores: Figures) -> Table:
    """One row a task: how many, what became of them, and what puts the score in its place.

    Score is the accuracy with its interval, or the mean of the levels; "Cover" the questions with an answer, percent;
    "Above" the accuracy corrected for chance, 0-100; "Bal." the balanced accuracy, percent.
    """
    header = ["Task", "n", "Cover", "Unread", "Refused", "Error", "Score", "95 %", "Chance", "Above", "Bal.", "Yes %"]
    return header, [[name, *_detail(task, scores.intervals.get(name))] for name, task in scores.tasks.items()]


def _detail(task: TaskScores, accuracy: Interval | None) -> list[str]:
    outcomes = [str(task.outcomes[outcome]) for outcome in ("unparsable", "refused", "error")]
    counts = [str(task.n), f"{task.coverage:.1f}", *outcomes]
    if not isinstance(task, ClosedScores):
        return [*counts, number(mean_level(task) if isinstance(task, OpenScores) else None), *[NO_VALUE] * 5]
    span = NO_VALUE if accuracy is None or accuracy.low is None else f"{accuracy.low:.1f}-{accuracy.high:.1f}"
    binary = (task.balanced_accuracy, task.yes_rate) if isinstance(task, YesNoScores) else (None, None)
    return [*counts, number(task.accuracy), span, *map(number, (task.chance, task.chance_corrected, *binary))]


def open_rows(scores: Figures) -> Table:
    """A row a judge and level: how many answers got 0, 1, ... 5, their mean, and percent of at least 4."""
    rows = []
    for name, task in scores.open_tasks.items():
        for level in task.levels:
            for judge, given in task.judges.items():
                figures = number(given.levels[level]), number(given.high[level])
                rows.append([f"{name} {level}", judge, *map(str, given.histogram[level]), *figures])
            if task.panel:
                median = number(task.panel.median[level])
                rows.append([f"{name} {level}", "median of the panel", *[NO_VALUE] * 6, median, NO_VALUE])
    return ["Level", "Judge", *map(str, range(6)), "Mean", ">= 4 %"], rows


def agreement_rows(scores: Figures) -> Table:
    """A panel's agreement by level: alpha of all, then kappa, exact and within one (percent) of each pair."""
    rows = []
    for name, task in scores.open_tasks.items():
        for level, judges in task.panel.agreement.items() if task.panel else ():
            rows.append([f"{name} {level}", "all", str(judges.items), with_interval(judges.alpha), *[NO_VALUE] * 3])
            for pair in judges.pairs:
                figures = map(with_interval, (pair.kappa, pair.exact, pair.within_one))
                rows.append([f"{name} {level}", " / ".join(pair.judges), str(pair.n), NO_VALUE, *figures])
    return ["Level", "Judges", "n", "Alpha", "Kappa", "Exact %", "Within 1 %"], rows


def circular_rows(scores: Figures) -> Table:
    """A row a task whose options were rotated, all in percent; no row where none were.

    "Same" is how often the same option is chosen under every rotation; the last column has the accuracy under each.
    """
    rows = []
    for name, task in (scores.circular or {}).items():
        figures = map(with_interval, (task.plain, task.circular, task.gap))
        chance = NO_VALUE if task.chance is None else f"{task.chance:.2g}"
        each = " ".join(NO_VALUE if value is None else f"{value:.1f}" for value in task.by_rotation)
        rows.append([name, str(task.n), *figures, chance, number(task.consistent), each])
    return ["Task", "n", "Plain", "Circular", "Gap", "Chance", "Same", "By rotation"], rows


def letter_rows(scores: Figures) -> Table:
    """Rows of each choice task: how often each letter is predicted, how often and how well it is right.

    All in percent; "RStd" is the standard deviation of the recalls in points. Where options were rotated the same
    again over all rotations.
    """
    choices = [(name, task.letters, task.rstd) for name, task in scores.tasks.items() if isinstance(task, ChoiceScores)]
    rotated = (scores.circular or {}).items()
    choices += [(f"{name}, all rotations", task.letters, task.rstd) for name, task in rotated]
    columns = sorted({letter for _, letters, _ in choices for letter in letters})
    rows = []
    for name, letters, rstd in choices:
        for share in ("predicted", "reference", "recall"):
            values = [getattr(letters.get(letter), share, None) for letter in columns]
            cells = [NO_VALUE if value is None else f"{value:.1f}" for value in values]
            if any(value is not None for value in values):
                rows.append([name, share, *cells, number(rstd) if share == "recall" else ""])
    return ["Task", "Percent", *columns, "RStd"], rows


def flag_rows(scores: RunScores) -> Table:
    """A row a figure: official, on unflagged questions (clean), on those the probe gets wrong (hard)."""
    parts = (scores.flags.clean, scores.flags.hard) if scores.flags else ()
    rows = []
    for figure, official in scores.intervals.items():
        accuracies = [part.get(figure) for part in parts]
        if any(accuracies):
            cells = [[with_interval(each), str(each.n) if each else NO_VALUE] for each in accuracies]
            rows.append([figure, number(official.value), *cells[0], *cells[1]])
    return ["Accuracy", "Official", "Clean", "n", "Hard", "n"], rows
