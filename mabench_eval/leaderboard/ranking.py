"""Where the rows of a table stand: their intervals, and the ranks that each of them may have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, isfinite
from typing import Any

import numpy as np

from mabench_eval.leaderboard.contenders import AVERAGE_NAMES, Contender
from mabench_eval.leaderboard.paper import COLUMNS
from mabench_eval.scoring import AVERAGES, by_clip, weights_of
from mabench_eval.stats import REPLICATES, Floats, bootstrap, cluster_table, combined, rank_sets, standard_errors

Standing = dict[str, dict[str, Any]]
"""Column -> ``value``, ``se``, ``low``, ``high``, ``method``, what the interval is over (``clips`` or ``questions``),
``unpaired``, and ``rank``: best and worst of the ranks that the row may have; None where it has none."""

_FIGURES = [column for column in COLUMNS if column not in AVERAGE_NAMES]
_PLACES = {column: place for place, column in enumerate((*_FIGURES, *AVERAGE_NAMES))}
"""Column -> its place in arrays."""
_WEIGHTS = np.array(weights_of(AVERAGES, _FIGURES))
"""(12, 3): of each figure in each average."""
_UNPAIRED_SEED = 1
"""Another than the bootstrap's: draws of rows without questions must not move with those of rows that have them."""


def rank_rows(rows: Sequence[Contender], columns: Iterable[str] = COLUMNS) -> list[Standing]:
    """The rows of one table against each other, best and worst rank of each in each column.

    All runs see the same draws of clips, so that runs on shared clips are paired; unpaired rows are drawn from normal
    distributions by their errors. A rank is among the rows that have one in the column; one alone has none.
    """
    columns = tuple(columns)
    found: list[Standing] = [
        {column: {**row.intervals[column], "unpaired": row.unpaired, "rank": None} for column in columns}
        for row in rows
    ]
    if not any(row.figures or row.unpaired for row in rows):
        return found
    values, draws, clips = _drawn(rows)
    for column in columns:
        place = _PLACES[column]
        there = [n for n, row in enumerate(rows) if column in row.ranked and not np.isnan(values[n, place])]
        if len(there) < 2:
            continue
        fewest = float(clips[there, place].min())
        sets = rank_sets(values[there, place], draws[:, there, place], clips=int(fewest) if isfinite(fewest) else None)
        for number, rank in zip(there, sets, strict=True):
            found[number][column]["rank"] = list(rank) if rank else None
    return found


def _drawn(rows: Sequence[Contender]) -> tuple[Floats, Floats, Floats]:
    """Of every row and column, (rows, 15): the figure, its draws (replicates first), the clips it is over.

    NaN where there is no figure, or none whose error is known; clips are infinite where they are not drawn.
    """
    shape = len(rows), len(_FIGURES)
    values, draws, clips = np.full(shape, np.nan), np.full((REPLICATES, *shape), np.nan), np.full(shape, inf)
    paired = [number for number, row in enumerate(rows) if row.figures]
    if paired:
        values[paired], draws[:, paired], clips[paired] = _paired([rows[number] for number in paired])
    random = np.random.default_rng(_UNPAIRED_SEED)
    for number, row in enumerate(rows):
        for place, figure in enumerate(_FIGURES):
            if row.unpaired and row.intervals[figure]["se"] is not None:
                values[number, place] = row.intervals[figure]["value"]
                draws[:, number, place] = random.normal(values[number, place], row.intervals[figure]["se"], REPLICATES)
    averages = combined(draws.reshape(-1, len(_FIGURES)), _WEIGHTS).reshape(REPLICATES, len(rows), -1)
    own = np.where(_WEIGHTS.T > 0, clips[:, None, :], 0).max(axis=2)  # an average's clips: of the figure with most
    return (
        np.concatenate([values, combined(values, _WEIGHTS)], axis=1),
        np.concatenate([draws, averages], axis=2),
        np.concatenate([clips, own], axis=1),
    )


def _paired(rows: Sequence[Contender]) -> tuple[Floats, Floats, Floats]:
    """The same of rows whose questions are known, over the twelve figures."""
    table = cluster_table(
        {
            f"{number} {figure}": by_clip((row.figures or {}).get(figure, {}).values())
            for number, row in enumerate(rows)
            for figure in _FIGURES
        }
    )
    shape = len(rows), len(_FIGURES)
    known = np.where(np.isnan(standard_errors(table)), np.nan, table.means)
    return known.reshape(shape), bootstrap(table).reshape(REPLICATES, *shape), table.clips.astype(float).reshape(shape)
