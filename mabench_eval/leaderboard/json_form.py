"""The leaderboard as JSON: what ``--json`` prints."""

from __future__ import annotations

from typing import Any

from mabench_eval.leaderboard.document import OWN, Leaderboard, OwnRow, Row
from mabench_eval.runfiles import to_json

_NO_INTERVAL = {"se": None, "low": None, "high": None, "method": None}


def leaderboard_json(board: Leaderboard) -> dict[str, Any]:
    """The document as a JSON object.

    Of a row ``standings`` are its intervals and ranks in every column, None of one that takes no part, as those of
    Tables 3 and 4 and the reference rows; ``best`` are the columns where no row of its table has more. Of the paper's
    rows ``wrong`` are the columns that do not follow from the others, and why; of runs ``settings`` is where they
    differ from the paper's protocol, so that they compete for nothing, ``says`` what else a reader must know beside the
    figures, ``verified`` whether anyone but their author recomputed them, and ``mark`` what was. ``data`` are the
    benchmarks of the runs that are not in Table 2; ``known`` whether their questions are.
    """
    table2 = [row for row in board.table2 if not isinstance(row, OwnRow)]
    papers = {"table2": table2, "table3": board.table3, "table4": board.table4}
    return {
        "source": board.source,
        "judge": board.judge,
        "titles": dict(board.titles),
        "groups": {group: heading for group, heading in board.groups.items() if group != OWN},
        "chance": dict(board.chance),
        "paper": [_paper_row(table, row) for table, rows in papers.items() for row in rows],
        "runs": [_run(row) for row in board.runs],
        "data": [
            {
                "name": table.name,
                "sha256": table.sha256,
                "clips": table.clips,
                "questions": table.questions,
                "known": table.is_known,
                "runs": [row.entry.run for row in table.rows],
                "other_settings": [row.entry.run for row in table.others],
                "people": [row.entry.run for row in table.people],
            }
            for table in board.own
        ],
        "remarks": board.all_remarks,
    }


def _paper_row(table: str, row: Row) -> dict[str, Any]:
    return {
        "table": table,
        "row": list(row.labels),
        "group": row.group or None,
        "figures": _figures(row),
        "standings": _standings(row) if row.unpaired else None,
        "best": _best(row),
        "wrong": dict(row.notes),
        "verified": row.verified,
    }


def _run(row: OwnRow) -> dict[str, Any]:
    return {
        **to_json(row.entry),
        "figures": _figures(row),
        "in_table2": row.in_table2,
        "standings": _standings(row),
        "best": _best(row),
        "settings": list(row.settings),
        "says": list(row.remarks),
        "verified": row.verified,
        "mark": to_json(row.mark),
        "questions": row.entry.questions,
    }


def _figures(row: Row) -> dict[str, float | None]:
    return {column: cell.value for column, cell in row.cells.items()}


def _best(row: Row) -> list[str]:
    return [column for column, cell in row.cells.items() if cell.is_best]


def _standings(row: Row) -> dict[str, dict[str, Any]]:
    """Column -> the figure, its interval (over ``clips`` or ``questions``), best and worst of its ranks."""
    return {
        column: {
            **(to_json(cell.interval) or {"value": cell.value, **_NO_INTERVAL}),
            "unpaired": row.unpaired,
            "rank": to_json(cell.rank),
        }
        for column, cell in row.cells.items()
    }
