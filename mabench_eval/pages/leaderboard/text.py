"""What the page says in words: what stands at its top, remarks, how ranks are made, judges, how to add a row."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.leaderboard import EXPLAINED, OPEN_RANKS, REFERENCE, UNPAIRED, Row, rank_text, short, table2_rows
from mabench_eval.pages.blocks import Section, badge, tile, tiles
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.html import table as plain_table
from mabench_eval.pages.leaderboard.cells import LONG
from mabench_eval.tables import NO_VALUE, number, one_line
from mabench_eval.types import Json

ADDING = (
    ("Make the run on the official questions: ", "mabench-eval --model NAME --data DATA --clips DIR"),
    (
        "Keep it as an entry; this writes the entry, its samples and the pages: ",
        "mabench-eval leaderboard results/NAME/RUN --add --html",
    ),
    (
        "See that the scores follow from the samples, and that the pages are what the entries give: ",
        "mabench-eval leaderboard --check",
    ),
)
RULES = (
    "Commit the folder leaderboard/ by pull request, and say what the run's run.json says: the command, and the "
    "model's revision. CONTRIBUTING.md tells what must not be committed, and when samples should stay private."
)


def header(document: Json) -> Markup:
    """The name of the page, what it holds, and who leads."""
    rows = table2_rows(document)
    papers, runs = sum(row.source == "paper" and row.group != REFERENCE for row in rows), len(document["runs"])
    told = (
        "Closed-ended tasks: accuracy in percent. Open-ended tasks: a judge's score, 0-5; "
        f"{document['judge']} is the paper's judge. Source of the paper's rows: {document['source']}."
    )
    badges = [badge(f"{papers} methods of the paper"), badge(f"{runs} own run{'' if runs == 1 else 's'}")]
    return element(
        "header",
        element("p", "MA-Bench: fine-grained micro-action understanding", class_="kicker"),
        element("h1", "Leaderboard"),
        element("p", told, class_="subtitle"),
        element("p", badges, class_="badges"),
        tiles([made for column in LONG if (made := _leader(rows, column))]),
        id="top",
    )


def _leader(rows: Sequence[Row], column: str) -> Markup | None:
    """The best row of an average, and how sure it is of its place."""
    best = [row for row in rows if column in row.best]
    if not best:
        return None
    known = best[0].standing[column] if best[0].standing else {"low": None, "rank": None}
    below = ", ".join(row.name for row in best)
    value = number(best[0].figures[column])
    if known["low"] is None:
        return tile(f"Best {LONG[column]}", value, below, "No interval: the paper prints no answers.")
    told = f"95 % {known['low']:.2f} to {known['high']:.2f}"
    told += f"; rank {rank_text(known['rank'])}. {_firsts(rows, column)}" if known["rank"] else ""
    return tile(f"Best {LONG[column]}", value, below, told)


def _firsts(rows: Sequence[Row], column: str) -> str:
    """How many may be first."""
    ranks = [row.standing[column]["rank"] for row in rows if row.standing]
    count = sum(rank is not None and rank[0] == 1 for rank in ranks)
    return "It is the first." if count == 1 else f"{count} methods may be the first."


def remarks(document: Json) -> Section:
    """What does not add up in the paper's tables."""
    lines = [element("li", told) for told in document["remarks"]]
    lead = element("p", "Found by arithmetic on the printed figures alone.", class_="note")
    return Section("remarks", "Remarks on the paper's tables", join([lead, element("ul", lines)]), "Remarks")


def reading() -> Section:
    """How intervals and ranks are made."""
    lines = [EXPLAINED, OPEN_RANKS[True], UNPAIRED, "docs/scores.md defines every figure."]
    return Section("reading", "Intervals and ranks", join(element("p", line, class_="note") for line in lines), "Ranks")


def judges(document: Json) -> Section | None:
    """Who judged the runs, by which model and rubrics; None where nothing was judged."""
    rows = sorted({row for run in document["runs"] for row in _judges_of(run)})
    if not rows:
        return None
    lead = element("p", "With the first digits of the sha256 of what their scores depend on.", class_="note")
    table = plain_table(["Judge", "Identity", "Model", "Rubrics"], rows, text_columns=4, caption="Judges of own runs")
    return Section("judges", "Judges", join([lead, table]))


def _judges_of(run: Json) -> list[tuple[str, ...]]:
    rubrics = ", ".join(
        f"{one_line(task)} v{one_line(rubric['version'])} {one_line(short(rubric))}"
        for task, rubric in run["rubrics"].items()
    )
    return [
        (one_line(judge["name"]), one_line(short(judge)), one_line(judge.get("model_id") or NO_VALUE), rubrics)
        for judge in run["judges"]
    ]


def adding() -> Section:
    """How a run comes to stand here."""
    steps = [element("li", told, element("code", command)) for told, command in ADDING]
    rules = element("p", RULES, class_="note")
    return Section("adding", "Add a row", join([element("ol", steps, class_="steps"), rules]))
