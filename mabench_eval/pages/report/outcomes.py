"""What became of the questions, task by task, and figures without the flagged ones."""

from __future__ import annotations

from urllib.parse import urlencode

from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.material import Material
from mabench_eval.tables import NO_VALUE, flag_rows, number, repeat_lines
from mabench_eval.types import Json, Outcome

HEADER = (
    "Task",
    "Questions",
    "Coverage, %",
    *(outcome.value.capitalize() for outcome in Outcome),
    "Above chance",
    "Balanced, %",
)


def outcomes(material: Material) -> Section:
    """Counts with links to the questions behind them."""
    scores = material.scores
    rows = [_row(name, task) for name, task in scores["tasks"].items()]
    rows.append(_row("All", scores))
    lead = (
        "Unparsable and refused are wrong answers; an error is a missing one and lowers the coverage. Above chance: "
        "0 is guessing, 100 perfect. Balanced: mean of the recalls of Yes and of No."
    )
    content = [table(HEADER, rows, caption="Outcomes by task"), note(lead), *_flagged(scores)]
    content += [note(line) for line in repeat_lines(scores)]
    return Section("outcomes", "Outcomes and coverage", join(content), "Outcomes")


def _row(name: str, counts: Json) -> list[str]:
    cells = [_count(name, outcome, counts["outcomes"][outcome]) for outcome in Outcome]
    above, balanced = counts.get("chance_corrected"), counts.get("balanced_accuracy")
    coverage = NO_VALUE if counts["coverage"] is None else f"{counts['coverage']:.1f}"
    return [name, f"{counts['total']:,}", coverage, *cells, number(above), number(balanced)]


def _count(task: str, outcome: Outcome, count: int) -> str | Markup:
    """The number; where an outcome is not the usual one, it leads to its questions."""
    if not count or outcome is Outcome.ANSWERED:
        return f"{count:,}"
    wanted = {"outcome": outcome.value} if task == "All" else {"task": task, "outcome": outcome.value}
    return element("a", f"{count:,}", href=f"#{urlencode(wanted)}")


def _flagged(scores: Json) -> list[Markup]:
    header, rows = flag_rows(scores)
    if not rows:
        return []
    told = "Clean: questions without a flag of the audit. Hard: those that its text-only probe gets wrong."
    return [element("h3", "Clean and hard questions"), table(header, rows, caption="Accuracy by flags"), note(told)]
