"""What the page says in words: what stands at its top, remarks, how ranks are made, judges, how to add a row."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.leaderboard import (
    AVERAGES,
    OPEN_RANKS_NOTE,
    RANKS_NOTE,
    REFERENCE,
    UNPAIRED_NOTE,
    Leaderboard,
    Row,
    span,
)
from mabench_eval.pages.blocks import Section, badge, tile, tiles
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.html import table as plain_table
from mabench_eval.tables import number

ADDING = (
    ("Make the run on the official questions: ", "mabench-eval --model NAME --data DATA --clips DIR"),
    (
        "Keep it as an entry; this writes the entry, its samples and the pages: ",
        "mabench-eval leaderboard results/NAME/RUN --add --html",
    ),
    (
        "See that all it claims follows from its samples, and that the pages are what the entries give: ",
        "mabench-eval leaderboard --check",
    ),
    (
        "A maintainer, who has the answers, recomputes it from the model's words; until then it is not verified: ",
        "mabench-eval leaderboard --check --predictions results/NAME/RUN/samples.jsonl --data LABELLED --verified",
    ),
)
RULES = (
    "Commit the folder leaderboard/ by pull request, and say what the run's run.json says: the command, and the "
    "model's revision. CONTRIBUTING.md tells what must not be committed, and when samples should stay private."
)


def header(board: Leaderboard) -> Markup:
    """The name of the page, what it holds, and who leads."""
    papers = sum(row.source == "paper" and row.group != REFERENCE for row in board.table2)
    runs = len(board.runs)
    subtitle = (
        "Closed-ended tasks: accuracy in percent. Open-ended tasks: a judge's score, 0-5; "
        f"{board.judge} is the paper's judge. Source of the paper's rows: {board.source}."
    )
    badges = [badge(f"{papers} methods of the paper"), badge(f"{runs} own run{'' if runs == 1 else 's'}")]
    return element(
        "header",
        element("p", "MA-Bench: fine-grained micro-action understanding", class_="kicker"),
        element("h1", "Leaderboard"),
        element("p", subtitle, class_="subtitle"),
        element("p", badges, class_="badges"),
        tiles([leader for column in AVERAGES if (leader := _leader(board.table2, column))]),
        id="top",
    )


def _leader(rows: Sequence[Row], column: str) -> Markup | None:
    """The best row of an average, and how sure it is of its place."""
    best = [row for row in rows if row.cells[column].is_best]
    if not best:
        return None
    cell = best[0].cells[column]
    meaning = "No interval: the paper prints no answers."
    if cell.ends is not None:
        meaning = f"95 % {span(cell.interval)}"
        meaning += f"; rank {cell.rank}. {_firsts(rows, column)}" if cell.rank else ""
    return tile(f"Best {AVERAGES[column]}", number(cell.value), ", ".join(row.name for row in best), meaning)


def _firsts(rows: Sequence[Row], column: str) -> str:
    """How many may be first."""
    count = sum(rank is not None and rank.best == 1 for rank in (row.cells[column].rank for row in rows))
    return "It is the first." if count == 1 else f"{count} methods may be the first."


def remarks(board: Leaderboard) -> Section:
    """What does not add up in the paper's tables."""
    lead = element("p", "Found by arithmetic on the printed figures alone.", class_="note")
    lines = element("ul", [element("li", text) for text in board.all_remarks])
    return Section("remarks", "Remarks on the paper's tables", join([lead, lines]), "Remarks")


def reading() -> Section:
    """How intervals and ranks are made."""
    lines = [RANKS_NOTE, OPEN_RANKS_NOTE[True], UNPAIRED_NOTE, "docs/scores.md defines every figure."]
    return Section("reading", "Intervals and ranks", join(element("p", line, class_="note") for line in lines), "Ranks")


def judges(board: Leaderboard) -> Section | None:
    """Who judged the runs, by which model and rubrics; None where nothing was judged."""
    rows = [(line.judge, line.identity, line.model, line.rubrics) for line in board.judges]
    if not rows:
        return None
    lead = element("p", "With the first digits of the sha256 of what their scores depend on.", class_="note")
    table = plain_table(["Judge", "Identity", "Model", "Rubrics"], rows, text_columns=4, caption="Judges of own runs")
    return Section("judges", "Judges", join([lead, table]))


def adding() -> Section:
    """How a run comes to stand here."""
    steps = [element("li", step, element("code", command)) for step, command in ADDING]
    rules = element("p", RULES, class_="note")
    return Section("adding", "Add a row", join([element("ol", steps, class_="steps"), rules]))
