"""The leaderboard: the paper's tables with own runs among them, where they may be compared."""

from mabench_eval.leaderboard.document import document
from mabench_eval.leaderboard.entries import add_entry, entry_from_run
from mabench_eval.leaderboard.flat import csv_text
from mabench_eval.leaderboard.page import is_stale, render, write
from mabench_eval.leaderboard.recomputed import check_entries

__all__ = ["add_entry", "check_entries", "csv_text", "document", "entry_from_run", "is_stale", "render", "write"]
