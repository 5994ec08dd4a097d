"""The leaderboard: the paper's tables with own runs among them, where they may be compared.

An entry is read (``entry.py``, ``entries.py``, ``samples.py``), ranked (``ranking.py``) and put into one document
(``document.py``, ``assembly.py``) with the paper's tables (``paper.py``); printers show it. Nothing enters that is
about one run alone.
"""

from mabench_eval.leaderboard.assembly import leaderboard_document
from mabench_eval.leaderboard.columns import AVERAGES, COLUMNS, HEADINGS, OPEN_COLUMNS, PARTS
from mabench_eval.leaderboard.csv_table import csv_text
from mabench_eval.leaderboard.document import Cell, Leaderboard, OwnRow, OwnTable, Row
from mabench_eval.leaderboard.entries import OwnRun, add_entry, entry_from_run, load_runs, write_file
from mabench_eval.leaderboard.entry import Entry, EntryClosedTask
from mabench_eval.leaderboard.json_form import leaderboard_json
from mabench_eval.leaderboard.markdown import MARKDOWN_FILE, markdown_page
from mabench_eval.leaderboard.marks import MARKS_FILE, Mark, entry_digest, write_mark
from mabench_eval.leaderboard.paper import REFERENCE, Paper, load_paper
from mabench_eval.leaderboard.samples import KeptSample
from mabench_eval.leaderboard.verify import Checked, check_entries, entry_problems
from mabench_eval.leaderboard.wording import (
    FINAL_NOTE,
    FLAG_COLUMNS,
    FLAGS_NOTE,
    OPEN_RANKS_NOTE,
    OTHERS_NOTE,
    PEOPLE_NOTE,
    RANKS_NOTE,
    UNKNOWN_NOTE,
    UNPAIRED_NOTE,
    VERIFIED_NOTE,
    Footnotes,
    flag_cells,
    floored,
    short,
    span,
)

__all__ = [
    "AVERAGES",
    "COLUMNS",
    "FINAL_NOTE",
    "FLAGS_NOTE",
    "FLAG_COLUMNS",
    "HEADINGS",
    "MARKDOWN_FILE",
    "MARKS_FILE",
    "OPEN_COLUMNS",
    "OPEN_RANKS_NOTE",
    "OTHERS_NOTE",
    "PARTS",
    "PEOPLE_NOTE",
    "RANKS_NOTE",
    "REFERENCE",
    "UNKNOWN_NOTE",
    "UNPAIRED_NOTE",
    "VERIFIED_NOTE",
    "Cell",
    "Checked",
    "Entry",
    "EntryClosedTask",
    "Footnotes",
    "KeptSample",
    "Leaderboard",
    "Mark",
    "OwnRow",
    "OwnRun",
    "OwnTable",
    "Paper",
    "Row",
    "add_entry",
    "check_entries",
    "csv_text",
    "entry_digest",
    "entry_from_run",
    "entry_problems",
    "flag_cells",
    "floored",
    "leaderboard_document",
    "leaderboard_json",
    "load_paper",
    "load_runs",
    "markdown_page",
    "short",
    "span",
    "write_file",
    "write_mark",
]
