"""The tables of intervals and ranks, each below the table whose rows it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mabench_eval.leaderboard.footnotes import Footnotes
from mabench_eval.leaderboard.standings import Standing
from mabench_eval.tables import NO_VALUE, escape_markdown, markdown_table, number

SHOWN = {"closed_avg": "Closed AVG", "open_avg": "Open AVG", "final": "Final"}
"""Column -> its heading."""
EXPLAINED = (
    "95 %: the interval, by clips. Rank: the set of ranks that the row may have among those with one in the column. "
    "With 95 % confidence a column's sets hold the true ranks of all its rows at once. They follow from differences of "
    "all pairs of rows, paired over the clips that both saw (max-t), never from whether single intervals overlap."
)
OPEN_RANKS = {
    True: "Open AVG and Final rank own runs alone: the paper's rows have no interval there.",
    False: "Open AVG and Final are ranked where the same judges scored all runs by the same rubrics.",
}
"""Whether rows of the paper are among the table's -> what its open columns rank."""
UNPAIRED = (
    "A row of the paper, of whose answers nothing is known: its intervals are binomial, by questions and not by clips, "
    "and too narrow, since twelve questions share a clip. In the ranks it is unpaired, as if it had seen other clips."
)


def standings_table(
    title: str,
    names: Sequence[str],
    standings: Sequence[Standing],
    notes: Footnotes,
    marks: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> str:
    """A section with the averages' intervals and ranks; empty when there are none.

    Args:
        title: Its heading, as markdown.
        names: Of the rows; shown escaped.
        standings: Of the rows, with the columns of ``SHOWN`` or more.
        notes: Take up the note on unpaired rows.
        marks: Name -> column -> footnote marks behind its figure.
    """
    shown = [row[column] for row in standings for column in SHOWN]
    if all(cell["low"] is None and cell["rank"] is None for cell in shown):
        return ""
    header = ["Method", *(part for heading in SHOWN.values() for part in (heading, "95 %", "Rank"))]
    rows = []
    for name, row in zip(names, standings, strict=True):
        cells = (_cells(row[column], marks.get(name, {}).get(column, "")) for column in SHOWN)
        rows.append([escape_markdown(name) + _mark(row, notes), *(part for three in cells for part in three)])
    opened = OPEN_RANKS[any(cell["unpaired"] for cell in shown)]
    return f"{title}\n\n{EXPLAINED} {opened}\n\n{markdown_table(header, rows)}"


def _mark(row: Standing, notes: Footnotes) -> str:
    return notes.mark(UNPAIRED) if any(cell["unpaired"] for cell in row.values()) else ""


def _cells(cell: Mapping[str, Any], mark: str) -> tuple[str, str, str]:
    span = NO_VALUE if cell["low"] is None else f"{cell['low']:.2f} to {cell['high']:.2f}"
    return number(cell["value"]) + mark, span, rank_text(cell["rank"])


def rank_text(rank: Sequence[int] | None) -> str:
    """``2-4``, or ``3`` where best and worst are the same."""
    if rank is None:
        return NO_VALUE
    best, worst = rank
    return f"{best}" if best == worst else f"{best}-{worst}"
