"""The leaderboard as a Markdown page."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.leaderboard.columns import AVERAGES, COLUMNS, HEADINGS
from mabench_eval.leaderboard.document import Leaderboard, OwnRow, OwnTable, Row
from mabench_eval.leaderboard.paper import PAPER_FILE
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
from mabench_eval.tables import NO_VALUE, Markdown, escape_line, markdown_table, number

MARKDOWN_FILE = "README.md"
_METHOD = ("Method", "Date", "Source")
_ANSWERED = ("Questions", "Answered")

_INTRO = """\
# Leaderboard

<!-- Written by `mabench-eval leaderboard`. Change {paper} or entries/, not this page. -->

Closed-ended tasks: accuracy in percent. Open-ended tasks: judge's score, 0-5; {judge} is the paper's judge.
Source of the paper's rows: {source}.
In **bold** the best of each column, but never reference rows, runs with other settings than the paper's protocol,
a column of a run with missing answers, and open-ended figures from another judge than the paper's."""


def markdown_page(board: Leaderboard) -> str:
    """The page, to be written as ``README.md`` in the leaderboard's folder."""
    footnotes = Footnotes()
    sections = [
        _INTRO.format(paper=PAPER_FILE, judge=board.judge, source=board.source),
        *_table2(board, footnotes),
        "## Own runs on other data\n\nNot comparable with the tables of the paper, nor with one another."
        if board.own
        else "",
        *(section for table in board.own for section in _own_table(table, footnotes)),
        _ablation(f"## Table 3. {board.titles['table3']}", ("Exp.", "Frames"), board.table3, footnotes),
        _ablation(f"## Table 4. {board.titles['table4']}", ("Exp.", "Method", "SFT (LoRA)"), board.table4, footnotes),
        "## Remarks on the paper's Table 2\n\nFound by arithmetic on the printed figures alone.\n\n"
        + "\n".join(f"- {remark}" for remark in board.remarks),
        _judges(board),
        "\n".join(f"[^{number}]: {text}" for number, text in enumerate(footnotes.texts, start=1)),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _table2(board: Leaderboard, footnotes: Footnotes) -> list[str]:
    lines: list[list[str]] = []
    for group, heading in board.groups.items():
        rows = [row for row in board.table2 if row.group == group]
        if rows:
            lines.append([Markdown(f"_{escape_line(heading)}_"), *[""] * (len(_METHOD) + len(COLUMNS) - 1)])
        lines += [[*_method(row, footnotes), *_figures(row, footnotes)] for row in rows]
    return [
        f"## Table 2. {board.titles['table2']}\n\n{_table(_METHOD, lines, footnotes)}",
        _ranks("### Intervals and ranks", board.table2, footnotes),
        _others("### Other settings", board.others, footnotes),
        _people("### People", board.people, footnotes),
        _flags("### Clean and hard questions", [*board.table2, *board.others, *board.people]),
    ]


def _own_table(table: OwnTable, footnotes: Footnotes) -> list[str]:
    name = escape_line(table.name)
    size = f"{table.clips:,} clips, {table.questions:,} questions, sha256 `{short(table.sha256, 12)}`"
    lines = [[*_method(row, footnotes), *_answered(row), *_figures(row, footnotes)] for row in table.rows]
    return [
        "\n\n".join([f"### {name}: {size}", *([] if table.is_known else [UNKNOWN_NOTE])]),
        _table((*_METHOD, *_ANSWERED), lines, footnotes) if lines else "",
        _ranks(f"#### Intervals and ranks: {name}", table.rows, footnotes),
        _others(f"#### Other settings: {name}", table.others, footnotes),
        _people(f"#### People: {name}", table.people, footnotes),
        _flags(f"#### Clean and hard questions: {name}", [*table.rows, *table.others, *table.people]),
    ]


def _others(title: str, rows: Sequence[OwnRow], footnotes: Footnotes) -> str:
    """A section with the runs that differ from the paper's protocol; empty where none does."""
    return _beside(title, OTHERS_NOTE, rows, footnotes)


def _people(title: str, rows: Sequence[OwnRow], footnotes: Footnotes) -> str:
    """A section with the runs whose answers people gave; empty where there are none."""
    return _beside(title, PEOPLE_NOTE, rows, footnotes)


def _beside(title: str, note: str, rows: Sequence[OwnRow], footnotes: Footnotes) -> str:
    """A section with rows that compete for nothing, and what is particular about each; empty without rows."""
    if not rows:
        return ""
    lines = []
    for row in rows:
        name, date, source = _method(row, footnotes)
        settings = escape_line(", ".join(row.settings))
        lines.append([name, settings, date, source, *_answered(row), *_figures(row, footnotes)])
    table = _table(("Method", "Settings", "Date", "Source", *_ANSWERED), lines, footnotes)
    intervals = _intervals(rows, footnotes, ranked=False)
    return "\n\n".join(filter(None, [title, note, table, intervals]))


def _answered(row: OwnRow) -> list[str]:
    return [f"{row.entry.questions:,}", floored(row.entry.scores.coverage)]


def _ablation(title: str, header: Sequence[str], rows: Sequence[Row], footnotes: Footnotes) -> str:
    lines = [[*map(escape_line, row.labels), *_figures(row, footnotes)] for row in rows]
    return f"{title}\n\n{_table(header, lines, footnotes)}"


def _table(leading: Sequence[str], lines: Sequence[Sequence[str]], footnotes: Footnotes) -> str:
    """Lines of leading cells and figures, under their headings."""
    final = Markdown(HEADINGS["final"] + _mark(FINAL_NOTE, footnotes))
    header = [*leading, *(HEADINGS[column] for column in COLUMNS[:-1]), final]
    return markdown_table(header, lines, text_columns=len(leading))


def _method(row: Row, footnotes: Footnotes) -> list[str]:
    """Name, date, and source with whether it was verified, and what a reader must know."""
    verified = [Markdown(row.verified + _mark(VERIFIED_NOTE, footnotes))] if isinstance(row, OwnRow) else []
    source = Markdown("; ".join(map(escape_line, [row.source, *verified, *row.remarks])))
    return [*map(escape_line, row.labels), source]


def _figures(row: Row, footnotes: Footnotes) -> list[str]:
    """All figures of a row, those that are best in bold, those that do not follow from the others marked."""
    shown: list[str] = []
    for column, cell in row.cells.items():
        figure = f"**{number(cell.value)}**" if cell.is_best else number(cell.value)
        shown.append(Markdown(figure + _notes(row, column, footnotes)))
    return shown


def _notes(row: Row, column: str, footnotes: Footnotes) -> str:
    return _mark(row.notes[column], footnotes) if column in row.notes else ""


def _mark(text: str, footnotes: Footnotes) -> str:
    return f"[^{footnotes.number(text)}]"


# -- below the tables --------------------------------------------------------------------------------------


def _ranks(title: str, rows: Sequence[Row], footnotes: Footnotes) -> str:
    """A section with the averages' intervals and ranks; empty where there are none."""
    table = _intervals(rows, footnotes, ranked=True)
    explained = f"{RANKS_NOTE} {OPEN_RANKS_NOTE[any(row.unpaired for row in rows)]}"
    return f"{title}\n\n{explained}\n\n{table}" if table else ""


def _intervals(rows: Sequence[Row], footnotes: Footnotes, *, ranked: bool) -> str:
    """A table with the averages' intervals, and their ranks where rows are ranked; empty where there are none."""
    there = [row for row in rows if row.unpaired or isinstance(row, OwnRow)]
    cells = [row.cells[column] for row in there for column in AVERAGES]
    if all(cell.ends is None and cell.rank is None for cell in cells):
        return ""
    lines = []
    for row in there:
        line: list[str] = [Markdown(escape_line(row.name) + (_mark(UNPAIRED_NOTE, footnotes) if row.unpaired else ""))]
        line += [] if ranked else [escape_line(", ".join(row.settings))]
        for column in AVERAGES:
            cell = row.cells[column]
            line += [Markdown(number(cell.value) + _notes(row, column, footnotes)), span(cell.interval)]
            line += [str(cell.rank or NO_VALUE)] if ranked else []
        lines.append(line)
    columns = ("95 %", "Rank") if ranked else ("95 %",)
    leading = ["Method"] if ranked else ["Method", "Settings"]
    header = [*leading, *(part for name in AVERAGES.values() for part in (name, *columns))]
    return markdown_table(header, lines, text_columns=len(leading))


def _flags(title: str, rows: Sequence[Row]) -> str:
    """A section with a line for each run that was scored with an audit's flags; empty where none was."""
    lines = [
        [escape_line(row.name), short(row.entry.flags.sha256), *flag_cells(row.entry)]
        for row in rows
        if isinstance(row, OwnRow) and row.entry.flags
    ]
    table = markdown_table(("Method", "Flags", *FLAG_COLUMNS), lines, text_columns=2)
    return f"{title}\n\n{FLAGS_NOTE}\n\n{table}" if lines else ""


def _judges(board: Leaderboard) -> str:
    """Who judged the runs, by which model and rubrics; empty where nothing was judged."""
    lines = [list(map(escape_line, (line.judge, line.identity, line.model, line.rubrics))) for line in board.judges]
    table = markdown_table(["Judge", "Identity", "Model", "Rubrics"], lines, text_columns=4)
    lead = "Names with the first digits of the sha256 of what their scores depend on."
    return f"## Judges\n\n{lead}\n\n{table}" if lines else ""
