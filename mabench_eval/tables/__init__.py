"""Scores as text: the rows of every table, and ``scores.md``.

Whoever prints figures (the terminal, pages, the leaderboard) takes rows and lines from here. Nothing is computed.
"""

from mabench_eval.tables.markdown import (
    Markdown,
    escape_line,
    escape_markdown,
    markdown_heading,
    markdown_list,
    markdown_page,
    markdown_table,
    one_line,
)
from mabench_eval.tables.rows import (
    HEADERS,
    NO_VALUE,
    agreement_rows,
    circular_rows,
    detail_rows,
    flag_rows,
    judged_officially,
    letter_rows,
    number,
    open_rows,
    sweep_rows,
    table2_cells,
)
from mabench_eval.tables.summary import (
    MOST,
    insights,
    judging_usage,
    label_lines,
    notes,
    repeat_lines,
    scores_markdown,
    usage,
)

__all__ = [
    "HEADERS",
    "MOST",
    "NO_VALUE",
    "Markdown",
    "agreement_rows",
    "circular_rows",
    "detail_rows",
    "escape_line",
    "escape_markdown",
    "flag_rows",
    "insights",
    "judged_officially",
    "judging_usage",
    "label_lines",
    "letter_rows",
    "markdown_heading",
    "markdown_list",
    "markdown_page",
    "markdown_table",
    "notes",
    "number",
    "one_line",
    "open_rows",
    "repeat_lines",
    "scores_markdown",
    "sweep_rows",
    "table2_cells",
    "usage",
]
