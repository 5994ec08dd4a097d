"""The leaderboard as a markdown page: who may stand beside whom, and what a row must say about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mabench_eval.leaderboard import paper as printed
from mabench_eval.leaderboard.contenders import (
    figures_of_entry,
    officially_judged,
    own_contenders,
    ranked,
    table2_contenders,
    totals_of,
)
from mabench_eval.leaderboard.entries import Entry, load_entries, write_file
from mabench_eval.leaderboard.flags_table import flags_table
from mabench_eval.leaderboard.footnotes import Footnotes
from mabench_eval.leaderboard.paper import AVERAGE_HEADS, COLUMNS, PAPER_FILE, Figures, Paper, PaperRow, paper_file
from mabench_eval.leaderboard.rows import (
    best_of,
    by_data,
    competing,
    floored,
    hex_of,
    is_best,
    questions_of,
    says,
    short,
    size_of,
)
from mabench_eval.leaderboard.samples import Samples
from mabench_eval.leaderboard.standings import rank_rows
from mabench_eval.leaderboard.standings_table import SHOWN, standings_table
from mabench_eval.tables import escape_markdown, markdown_table

PAGE_FILE = "README.md"

_HEADER = tuple(AVERAGE_HEADS.get(column, column) for column in COLUMNS)
FINAL_NOTE = (
    "Final = mean of the 12 sub-scores, each on 0-100 (a level counts times 20). The paper does not print it: in "
    "the paper's rows it is computed here from the printed figures, whose rounding moves it by up to 0.06."
)
_INTRO = """\
# Leaderboard

<!-- Written by `mabench-eval leaderboard`. Change {paper} or entries/, not this page. -->

Closed-ended tasks: accuracy in percent. Open-ended tasks: judge's score, 0-5; {judge} is the paper's judge.
Source of the paper's rows: {source}.
In **bold** the best of each column, but never reference rows, a column of a run with missing answers,
and open-ended figures from another judge than the paper's."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of any of the tables."""

    texts: tuple[str, ...]
    """Leading cells, as markdown."""
    figures: Figures
    ranked: frozenset[str] = frozenset(COLUMNS)
    """Columns in which the row may be the best."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """Column -> footnote marks behind its figure."""


def render(leaderboard_dir: Path, runs: Sequence[Path]) -> str:
    """The page: the paper's Tables 2 to 4, with the committed entries and ``runs`` where they belong.

    A run on the official, full benchmark stands in Table 2. A run on anything else has a table with the other
    runs on the same data and is never ranked against the paper's rows.

    Args:
        leaderboard_dir: May hold ``paper.json`` (else the one that comes with the library) and ``entries/``.
        runs: Further run folders.

    Raises:
        InputError: ``paper.json``, an entry or a run cannot be used; all problems at once.
    """
    paper = printed.load_paper(paper_file(leaderboard_dir))
    loaded = load_entries(leaderboard_dir, runs)
    full, others = by_data(loaded, paper)
    notes = Footnotes()
    sections = [
        _INTRO.format(paper=PAPER_FILE, judge=paper.judge, source=paper.source),
        *_table2(paper, full, loaded.samples, notes),
        *_own_tables(paper, others, loaded.samples, notes),
        _ablation(paper, "table3", ("Exp.", "Frames"), notes),
        _ablation(paper, "table4", ("Exp.", "Method", "SFT (LoRA)"), notes),
        "## Remarks on the paper's Table 2\n\nFound by arithmetic on the printed figures alone.\n\n"
        + "\n".join(f"- {remark}" for remark in printed.remarks(paper)),
        _judges(loaded.entries),
        "\n".join(notes.lines()),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def write(leaderboard_dir: Path, runs: Sequence[Path]) -> Path:
    """Write the page to ``README.md`` in the leaderboard's folder, whole or not at all. Raises as `render`."""
    path = leaderboard_dir / PAGE_FILE
    write_file(path, render(leaderboard_dir, runs))
    return path


def is_stale(leaderboard_dir: Path) -> bool:
    """Whether the committed page differs from what `write` would make of the committed entries."""
    path = leaderboard_dir / PAGE_FILE
    return not path.is_file() or path.read_text(encoding="utf-8") != render(leaderboard_dir, ())


# -- tables ------------------------------------------------------------------------------------------------


def _table2(paper: Paper, entries: Sequence[Entry], samples: Samples, notes: Footnotes) -> list[str]:
    groups: list[tuple[str, list[_Row]]] = []
    for group, heading in paper.groups.items():
        rows = [_paper_row(row, paper, notes) for row in paper.tables["table2"] if row.group == group]
        groups.append((heading, rows))
    groups.append(("Own runs", [_own_row(entry, paper, paper.questions) for entry in entries]))
    lines = _markdown(("Method", "Date", "Source"), groups, notes)
    papers, runs = table2_contenders(paper, entries, samples)
    names = [*papers, *(entry["name"] for entry in entries)]
    found = rank_rows([*papers.values(), *runs], SHOWN)
    marks = {row.name: _marks(row, paper, notes) for row in paper.tables["table2"]}
    return [
        f"## Table 2. {paper.titles['table2']}\n\n{lines}",
        standings_table("### Intervals and ranks", names, found, notes, marks),
        flags_table("### Clean and hard questions", entries),
    ]


def _own_tables(paper: Paper, others: Sequence[Sequence[Entry]], samples: Samples, notes: Footnotes) -> Iterator[str]:
    """A table for each benchmark that is not the official, full one."""
    if others:
        yield "## Own runs on other data\n\nNot comparable with the tables of the paper, nor with one another."
    for group in others:
        totals, data = totals_of(group), group[0]["benchmark"]
        rows = [_own_row(entry, paper, totals, counts=True) for entry in group]
        size = size_of(group)
        name = escape_markdown(data["name"])
        lines = _markdown(("Method", "Date", "Source", "Questions", "Answered"), [("", rows)], notes)
        yield f"### {name}: {size[0]:,} clips, {size[1]:,} questions, sha256 `{hex_of(data['sha256'])}`\n\n{lines}"
        found = rank_rows(own_contenders(group, samples), SHOWN)
        yield standings_table(f"#### Intervals and ranks: {name}", [entry["name"] for entry in group], found, notes)
        yield flags_table(f"#### Clean and hard questions: {name}", group)


def _ablation(paper: Paper, table: str, header: tuple[str, ...], notes: Footnotes) -> str:
    rows = [
        _Row(tuple(map(escape_markdown, row.labels)), row.figures, marks=_marks(row, paper, notes))
        for row in paper.tables[table]
    ]
    return f"## Table {table[-1]}. {paper.titles[table]}\n\n{_markdown(header, [('', rows)], notes)}"


def _markdown(header: tuple[str, ...], groups: Sequence[tuple[str, Sequence[_Row]]], notes: Footnotes) -> str:
    """Groups of rows as one table, best figures in bold; a group with a heading has it in a row of its own."""
    best = best_of((row.figures, row.ranked) for _, rows in groups for row in rows)
    lines: list[Sequence[str]] = []
    for heading, rows in groups:
        if heading and rows:
            lines.append([f"_{heading}_", *[""] * (len(header) + len(_HEADER) - 1)])
        lines += [[*row.texts, *(_cell(row, column, best) for column in COLUMNS)] for row in rows]
    columns = (*header, *_HEADER[:-1], _HEADER[-1] + notes.mark(FINAL_NOTE))
    return markdown_table(columns, lines, text_columns=len(header))


def _cell(row: _Row, column: str, best: Mapping[str, float]) -> str:
    figure = row.figures[column]
    if figure is None:
        return "-"
    shown = f"**{figure:.2f}**" if is_best((row.figures, row.ranked), column, best) else f"{figure:.2f}"
    return shown + row.marks.get(column, "")


# -- rows --------------------------------------------------------------------------------------------------


def _paper_row(row: PaperRow, paper: Paper, notes: Footnotes) -> _Row:
    texts = (*map(escape_markdown, row.labels), "paper")
    return _Row(texts, row.figures, competing(row), _marks(row, paper, notes))


def _marks(row: PaperRow, paper: Paper, notes: Footnotes) -> dict[str, str]:
    return {column: notes.mark(text) for column, text in printed.wrong_cells(row, paper).items()}


def _own_row(entry: Entry, paper: Paper, totals: Mapping[str, int], *, counts: bool = False) -> _Row:
    texts = [escape_markdown(entry["name"]), escape_markdown(entry["date"] or "-")]
    texts.append("; ".join(["run", *says(entry, paper, coverage=not counts, show=escape_markdown)]))
    if counts:
        texts += [f"{questions_of(entry):,}", floored(entry["scores"]["coverage"])]
    return _Row(tuple(texts), figures_of_entry(entry), ranked(entry, totals, officially_judged(entry)))


def _judges(entries: Sequence[Entry]) -> str:
    """Who judged the runs, by which model and rubrics; empty when nothing was judged."""
    rows = []
    for entry in entries:
        rubrics = ", ".join(
            f"{escape_markdown(task)} v{escape_markdown(rubric['version'])} {escape_markdown(short(rubric))}"
            for task, rubric in entry["rubrics"].items()
        )
        for judge in entry["judges"]:
            cells = [
                escape_markdown(judge["name"]),
                escape_markdown(short(judge)),
                escape_markdown(judge.get("model_id") or "-"),
                rubrics,
            ]
            rows += [cells] if cells not in rows else []
    if not rows:
        return ""
    table = markdown_table(["Judge", "Identity", "Model", "Rubrics"], sorted(rows), text_columns=4)
    return f"## Judges\n\nNames with the first digits of the sha256 of what their scores depend on.\n\n{table}"
