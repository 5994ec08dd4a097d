"""The leaderboard as a markdown page: who may stand beside whom, and what a row must say about itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor
from pathlib import Path
from typing import Any

from mabench_eval import markdown, metrics
from mabench_eval.catalogue import builtin_folder
from mabench_eval.leaderboard import paper as printed
from mabench_eval.leaderboard.contenders import (
    figures_of_entry,
    has_levels,
    officially_judged,
    own_contenders,
    ranked,
    table2_contenders,
    totals_of,
)
from mabench_eval.leaderboard.entries import Entry, Loaded, load_entries, repeats_of, write_text
from mabench_eval.leaderboard.flags_table import flags_table
from mabench_eval.leaderboard.footnotes import Footnotes
from mabench_eval.leaderboard.paper import COLUMNS, OPEN_COLUMNS, Figures, Paper, PaperRow
from mabench_eval.leaderboard.samples import Samples
from mabench_eval.leaderboard.standings import Standing, standings
from mabench_eval.leaderboard.standings_table import SHOWN, standings_table
from mabench_eval.tables import judged_officially
from mabench_eval.taxonomy import OFFICIAL_CLOSED, OFFICIAL_TASKS

PAPER_FILE = "paper.json"
PAGE_FILE = "README.md"

_HEADER = (*OFFICIAL_CLOSED, "AVG", *OPEN_COLUMNS, "AVG", "Final")
_FINAL_NOTE = (
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
    paper = printed.load_paper(_paper_file(leaderboard_dir))
    loaded = load_entries(leaderboard_dir, runs)
    full, others = _by_data(loaded, paper)
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
    write_text(path, render(leaderboard_dir, runs))
    return path


def is_stale(leaderboard_dir: Path) -> bool:
    """Whether the committed page differs from what `write` would make of the committed entries."""
    path = leaderboard_dir / PAGE_FILE
    return not path.is_file() or path.read_text(encoding="utf-8") != render(leaderboard_dir, ())


def document(leaderboard_dir: Path, runs: Sequence[Path]) -> dict[str, Any]:
    """The page's content as a JSON object: the paper's rows, the runs, and what does not add up.

    ``standings`` of a row are its intervals and ranks in every column (see `Standing`); None of a row that takes no
    part, as those of Tables 3 and 4 and the reference rows.
    """
    paper = printed.load_paper(_paper_file(leaderboard_dir))
    rows = [(table, row) for table, table_rows in paper.tables.items() for row in table_rows]
    loaded = load_entries(leaderboard_dir, runs)
    of_paper, of_runs = _all_standings(paper, loaded)
    in_table2 = {entry["run"] for entry in _by_data(loaded, paper)[0]}
    return {
        "source": paper.source,
        "paper": [
            {
                "table": table,
                "row": list(row.labels),
                "group": row.group or None,
                "figures": dict(row.figures),
                "standings": of_paper.get(row.name) if table == "table2" else None,
            }
            for table, row in rows
        ],
        "runs": [
            {
                **entry,
                "figures": figures_of_entry(entry),
                "in_table2": entry["run"] in in_table2,
                "standings": of_runs[entry["run"]],
            }
            for entry in sorted(loaded.entries, key=_order)
        ],
        "remarks": [
            *(text for _, row in rows for text in printed.wrong_cells(row, paper).values()),
            *printed.remarks(paper),
        ],
    }


def _all_standings(paper: Paper, loaded: Loaded) -> tuple[dict[str, Standing], dict[str, Standing]]:
    """Of the paper's rows in Table 2 by their names, and of the runs by their ids."""
    full, others = _by_data(loaded, paper)
    papers, runs = table2_contenders(paper, full, loaded.samples)
    found = standings([*papers.values(), *runs])
    of_runs = dict(zip([entry["run"] for entry in full], found[len(papers) :], strict=True))
    for group in others:
        ids = [entry["run"] for entry in group]
        of_runs |= zip(ids, standings(own_contenders(group, loaded.samples)), strict=True)
    return dict(zip(papers, found[: len(papers)], strict=True)), of_runs


def _paper_file(leaderboard_dir: Path) -> Path:
    """The folder's own ``paper.json``, or the one that comes with the library."""
    own = leaderboard_dir / PAPER_FILE
    return own if own.exists() else builtin_folder() / "leaderboard" / PAPER_FILE


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
    found = standings([*papers.values(), *runs], SHOWN)
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
        size = max((entry["benchmark"]["clips"], entry["benchmark"]["questions"]) for entry in group)
        name = markdown.escape(data["name"])
        lines = _markdown(("Method", "Date", "Source", "Questions", "Answered"), [("", rows)], notes)
        yield f"### {name}: {size[0]:,} clips, {size[1]:,} questions, sha256 `{_hex(data['sha256'])}`\n\n{lines}"
        found = standings(own_contenders(group, samples), SHOWN)
        yield standings_table(f"#### Intervals and ranks: {name}", [entry["name"] for entry in group], found, notes)
        yield flags_table(f"#### Clean and hard questions: {name}", group)


def _ablation(paper: Paper, table: str, header: tuple[str, ...], notes: Footnotes) -> str:
    rows = [
        _Row(tuple(map(markdown.escape, row.labels)), row.figures, marks=_marks(row, paper, notes))
        for row in paper.tables[table]
    ]
    return f"## Table {table[-1]}. {paper.titles[table]}\n\n{_markdown(header, [('', rows)], notes)}"


def _markdown(header: tuple[str, ...], groups: Sequence[tuple[str, Sequence[_Row]]], notes: Footnotes) -> str:
    """Groups of rows as one table, best figures in bold; a group with a heading has it in a row of its own."""
    best = _best([row for _, rows in groups for row in rows])
    lines: list[Sequence[str]] = []
    for heading, rows in groups:
        if heading and rows:
            lines.append([f"_{heading}_", *[""] * (len(header) + len(_HEADER) - 1)])
        lines += [[*row.texts, *(_cell(row, column, best) for column in COLUMNS)] for row in rows]
    columns = (*header, *_HEADER[:-1], _HEADER[-1] + notes.mark(_FINAL_NOTE))
    return markdown.table(columns, lines, text_columns=len(header))


def _best(rows: Iterable[_Row]) -> dict[str, float]:
    """Column -> best figure as printed, where at least two rows compete."""
    competing: dict[str, list[float]] = {}
    for row in rows:
        for column in row.ranked:
            figure = row.figures[column]
            if figure is not None:
                competing.setdefault(column, []).append(round(figure, 2))
    return {column: max(figures) for column, figures in competing.items() if len(figures) > 1}


def _cell(row: _Row, column: str, best: Mapping[str, float]) -> str:
    figure = row.figures[column]
    if figure is None:
        return "-"
    is_best = column in row.ranked and round(figure, 2) == best.get(column)
    shown = f"**{figure:.2f}**" if is_best else f"{figure:.2f}"
    return shown + row.marks.get(column, "")


# -- rows --------------------------------------------------------------------------------------------------


def _paper_row(row: PaperRow, paper: Paper, notes: Footnotes) -> _Row:
    ranked = frozenset() if row.group == "reference" else frozenset(COLUMNS)
    texts = (*map(markdown.escape, row.labels), "paper")
    return _Row(texts, row.figures, ranked, _marks(row, paper, notes))


def _marks(row: PaperRow, paper: Paper, notes: Footnotes) -> dict[str, str]:
    return {column: notes.mark(text) for column, text in printed.wrong_cells(row, paper).items()}


def _own_row(entry: Entry, paper: Paper, totals: Mapping[str, int], *, counts: bool = False) -> _Row:
    texts = [markdown.escape(entry["name"]), markdown.escape(entry["date"] or "-")]
    texts.append("; ".join(["run", *_says(entry, paper, coverage=not counts)]))
    if counts:
        texts += [f"{entry['scores']['total'] // repeats_of(entry):,}", _floored(entry["scores"]["coverage"])]
    return _Row(tuple(texts), figures_of_entry(entry), ranked(entry, totals, officially_judged(entry)))


def _says(entry: Entry, paper: Paper, *, coverage: bool) -> list[str]:
    """What a reader must know beside the figures: frames, missing answers, missing scores, another judge."""
    says = []
    scores, frames = entry["scores"], entry["frames"]
    if frames is not None and frames["count"] != paper.frames:
        says.append(f"{frames['count']} frames")
    if repeats_of(entry) > 1:
        says.append(f"mean of {repeats_of(entry)} answers to each question")
    if entry["answers"] != "generate":
        says.append(f"answers: {markdown.escape(entry['answers'])}")
    if coverage and scores["n"] < scores["total"]:
        says.append(f"{_floored(scores['coverage'])} answered")
    opened = [task for task in scores["tasks"].values() if has_levels(task)]
    judged, answered = sum(task["judged"] for task in opened), sum(task["n"] for task in opened)
    if judged < answered:
        says.append(f"{_floored(metrics.coverage(judged, answered))} of open answers judged")
    if opened and entry["judges"]:
        names = ", ".join(f"{markdown.escape(judge['name'])} {_short(judge)}" for judge in entry["judges"])
        note = "" if judged_officially(entry["judges"]) else ", not the paper's"
        says.append(f"{'judge' if len(entry['judges']) == 1 else 'mean of judges'}: {names}{note}")
    return says


def _judges(entries: Sequence[Entry]) -> str:
    """Who judged the runs, by which model and rubrics; empty when nothing was judged."""
    rows = []
    for entry in entries:
        rubrics = ", ".join(
            f"{markdown.escape(task)} v{markdown.escape(rubric['version'])} {_short(rubric)}"
            for task, rubric in entry["rubrics"].items()
        )
        for judge in entry["judges"]:
            cells = [
                markdown.escape(judge["name"]),
                _short(judge),
                markdown.escape(judge.get("model_id") or "-"),
                rubrics,
            ]
            rows += [cells] if cells not in rows else []
    if not rows:
        return ""
    table = markdown.table(["Judge", "Identity", "Model", "Rubrics"], sorted(rows), text_columns=4)
    return f"## Judges\n\nNames with the first digits of the sha256 of what their scores depend on.\n\n{table}"


def _short(thing: Mapping[str, Any]) -> str:
    return markdown.escape(thing["sha256"][:8])


def _by_data(loaded: Loaded, paper: Paper) -> tuple[list[Entry], list[list[Entry]]]:
    """The runs that stand in Table 2, and for each other benchmark those on it, all best first."""
    full: list[Entry] = []
    others: dict[tuple[str, str], list[Entry]] = {}
    for entry in sorted(loaded.entries, key=_order):
        data = entry["benchmark"]
        among = full if _is_full(entry, paper) else others.setdefault((data["name"], data["sha256"]), [])
        among.append(entry)
    return full, [group for _, group in sorted(others.items())]


def _is_full(entry: Entry, paper: Paper) -> bool:
    """Whether a run asked whole tasks of the official benchmark, so that it may stand in the paper's table."""
    asked = {name: task["total"] for name, task in entry["scores"]["tasks"].items() if name in OFFICIAL_TASKS}
    whole = all(total == paper.questions[name] * repeats_of(entry) for name, total in asked.items())
    return bool(entry["benchmark"]["official"] and asked and whole)


def _order(entry: Entry) -> tuple[Any, ...]:
    """Best first: final score, closed average; rows without them last; then by name."""
    figures = [entry["scores"][name] for name in ("final", "closed_avg", "open_avg")]
    return (*((figure is None, -(figure or 0)) for figure in figures), entry["name"], entry["run"])


def _floored(percent: float) -> str:
    """Percent, never rounded up: 11,999 of 12,000 are not 100 %."""
    return f"{floor(percent * 10) / 10:.1f} %"


def _hex(sha256: str) -> str:
    return "".join(char for char in sha256[:12] if char.isalnum())
