"""The leaderboard: the paper's tables with own runs among them, where they may be compared."""

from mabench_eval.leaderboard.csv_rows import REFERENCE, Row, csv_text, data_rows, groups_of, table2_rows
from mabench_eval.leaderboard.document import leaderboard_document
from mabench_eval.leaderboard.entries import add_entry, entry_from_run, write_file
from mabench_eval.leaderboard.flags_table import FLAGS_EXPLAINED
from mabench_eval.leaderboard.page import FINAL_NOTE, is_stale, render, write
from mabench_eval.leaderboard.paper import AVERAGE_HEADS, COLUMNS, OPEN_COLUMNS, PARTS, Paper, load_paper
from mabench_eval.leaderboard.rows import floored, short
from mabench_eval.leaderboard.standings_table import EXPLAINED, OPEN_RANKS, UNPAIRED, rank_text
from mabench_eval.leaderboard.verify import check_entries

__all__ = [
    "AVERAGE_HEADS",
    "COLUMNS",
    "EXPLAINED",
    "FINAL_NOTE",
    "FLAGS_EXPLAINED",
    "OPEN_COLUMNS",
    "OPEN_RANKS",
    "PARTS",
    "REFERENCE",
    "UNPAIRED",
    "Paper",
    "Row",
    "add_entry",
    "check_entries",
    "csv_text",
    "data_rows",
    "entry_from_run",
    "floored",
    "groups_of",
    "is_stale",
    "leaderboard_document",
    "load_paper",
    "rank_text",
    "render",
    "short",
    "table2_rows",
    "write",
    "write_file",
]
