"""The leaderboard as data: what ``--json``, its HTML page and its CSV are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from mabench_eval.leaderboard import paper as printed
from mabench_eval.leaderboard.contenders import (
    figures_of_entry,
    officially_judged,
    own_contenders,
    ranked,
    table2_contenders,
    totals_of,
)
from mabench_eval.leaderboard.entries import Entry, load_entries
from mabench_eval.leaderboard.paper import Paper, PaperRow, paper_file
from mabench_eval.leaderboard.rows import (
    Competitor,
    best_columns,
    by_data,
    competing,
    order,
    questions_of,
    says,
    size_of,
)
from mabench_eval.leaderboard.samples import Samples
from mabench_eval.leaderboard.standings import Standing, rank_rows
from mabench_eval.tables import one_line
from mabench_eval.taxonomy import OFFICIAL_CLOSED


def leaderboard_document(leaderboard_dir: Path, runs: Sequence[Path]) -> dict[str, Any]:
    """The leaderboard's content as a JSON object: the paper's rows, the runs, and what does not add up.

    Of a row ``standings`` are its intervals and ranks in every column (see `Standing`), None of one that takes no part,
    as those of Tables 3 and 4 and the reference rows; ``best`` are the columns where no row of its table has more. Of
    the paper's rows ``wrong`` are the columns that do not follow from the others, and why; of runs ``says`` is what a
    reader must know beside the figures. ``data`` are the benchmarks of the runs that are not in Table 2, ``chance`` is
    what guessing gives in the closed columns, percent.
    """
    paper = printed.load_paper(paper_file(leaderboard_dir))
    loaded = load_entries(leaderboard_dir, runs)
    full, others = by_data(loaded, paper)
    table2, told = _table2(paper, full, loaded.samples)
    told += [run for group in others for run in _own(group, paper, loaded.samples)]
    papers = [*table2, *(row for table in ("table3", "table4") for row in _ablation(paper, table))]
    return {
        "source": paper.source,
        "judge": paper.judge,
        "titles": dict(paper.titles),
        "groups": dict(paper.groups),
        "chance": _chance(paper),
        "paper": papers,
        "runs": sorted(told, key=order),
        "data": [_data(group) for group in others],
        "remarks": [*(text for row in papers for text in row["wrong"].values()), *printed.remarks(paper)],
    }


def _table2(
    paper: Paper, entries: Sequence[Entry], samples: Samples
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of Table 2: the paper's, and the runs."""
    rows, totals = paper.tables["table2"], paper.questions
    papers, runs = table2_contenders(paper, entries, samples)
    found = rank_rows([*papers.values(), *runs])
    of_paper = dict(zip(papers, found, strict=False))
    best = best_columns([*((row.figures, competing(row)) for row in rows), *_competitors(entries, totals)])
    told = _runs(entries, found[len(papers) :], best[len(rows) :], paper, in_table2=True)
    return [_paper_row("table2", row, paper, best[n], of_paper.get(row.name)) for n, row in enumerate(rows)], told


def _ablation(paper: Paper, table: str) -> list[dict[str, Any]]:
    rows = paper.tables[table]
    best = best_columns([(row.figures, competing(row)) for row in rows])
    return [_paper_row(table, row, paper, columns, None) for row, columns in zip(rows, best, strict=True)]


def _own(entries: Sequence[Entry], paper: Paper, samples: Samples) -> list[dict[str, Any]]:
    """Runs on other data than Table 2's, the same data all of them."""
    best = best_columns(_competitors(entries, totals_of(entries)))
    return _runs(entries, rank_rows(own_contenders(entries, samples)), best, paper, in_table2=False)


def _competitors(entries: Sequence[Entry], totals: Mapping[str, int]) -> list[Competitor]:
    return [(figures_of_entry(entry), ranked(entry, totals, officially_judged(entry))) for entry in entries]


def _paper_row(
    table: str, row: PaperRow, paper: Paper, best: Sequence[str], standing: Standing | None
) -> dict[str, Any]:
    return {
        "table": table,
        "row": list(row.labels),
        "group": row.group or None,
        "figures": dict(row.figures),
        "standings": standing,
        "best": list(best),
        "wrong": printed.wrong_cells(row, paper),
    }


def _runs(
    entries: Sequence[Entry], found: Sequence[Standing], best: Sequence[Sequence[str]], paper: Paper, *, in_table2: bool
) -> list[dict[str, Any]]:
    return [
        {
            **entry,
            "figures": figures_of_entry(entry),
            "in_table2": in_table2,
            "standings": standing,
            "best": list(columns),
            "says": says(entry, paper, coverage=in_table2, show=one_line),
            "questions": questions_of(entry),
        }
        for entry, standing, columns in zip(entries, found, best, strict=True)
    ]


def _data(entries: Sequence[Entry]) -> dict[str, Any]:
    """The benchmark that runs share, as far as the one that saw most of it did, and their ids."""
    benchmark, (clips, questions) = entries[0]["benchmark"], size_of(entries)
    return {
        "name": benchmark["name"],
        "sha256": benchmark["sha256"],
        "clips": clips,
        "questions": questions,
        "runs": [entry["run"] for entry in entries],
    }


def _chance(paper: Paper) -> dict[str, float]:
    """Closed column -> what guessing gives, percent."""
    odds = {task: 100 / paper.answers[task] for task in OFFICIAL_CLOSED}
    return {**odds, "closed_avg": fmean(odds.values())}
