"""The columns of Table 2, which every table of the leaderboard has."""

from __future__ import annotations

from collections.abc import Mapping

from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN

OPEN_COLUMNS = tuple(f"{task} {level}" for task in OFFICIAL_OPEN for level in LEVELS)
COLUMNS = (*OFFICIAL_CLOSED, "closed_avg", *OPEN_COLUMNS, "open_avg", "final")
"""In the paper's order, and the final score, which the paper does not print."""
PARTS: Mapping[str, tuple[str, ...]] = {"closed_avg": OFFICIAL_CLOSED, "open_avg": OPEN_COLUMNS}
"""Average -> the six columns it is the mean of."""
AVERAGES: Mapping[str, str] = {"closed_avg": "Closed AVG", "open_avg": "Open AVG", "final": "Final"}
"""Column of an average -> its name."""
SUBSCORES = tuple(column for column in COLUMNS if column not in AVERAGES)
"""The twelve columns that are no averages."""
HEADINGS: Mapping[str, str] = {
    **{column: column for column in COLUMNS},
    **dict.fromkeys(PARTS, "AVG"),
    "final": "Final",
}
"""Column -> its heading, below that of its side of the table."""
FIGURE_NAMES: Mapping[str, str] = {"closed_avg": "closed AVG", "open_avg": "open AVG"}
"""Column -> its name among the figures of a run, where it has another."""

ColumnFigures = Mapping[str, float | None]
"""Column -> figure: percent for closed columns, 0-5 for open ones, 0-100 for the final score."""
