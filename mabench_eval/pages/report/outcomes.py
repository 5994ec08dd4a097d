"""What became of the questions, task by task, and figures without the flagged ones."""

from __future__ import annotations

from urllib.parse import urlencode

from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.data import ReportData
from mabench_eval.runfiles import ClosedScores, Figures, TaskScores, YesNoScores
from mabench_eval.tables import flag_rows, number, repeat_lines
from mabench_eval.types import Outcome

HEADER = (
    "Task",
    "Questions",
    "Coverage, %",
    *(outcome.value.capitalize() for outcome in Outcome),
    "Above chance",
    "Balanced, %",
)


def outcomes_section(data: ReportData) -> Section:
    """Counts with links to the questions behind them."""
    rows = [_row(name, task) for name, task in data.scores.tasks.items()]
    rows.append(_row("All", data.scores))
    lead = (
        "Unparsable and refused are wrong answers; an error is a missing one and lowers the coverage. Above chance: "
        "0 is guessing, 100 perfect. Balanced: mean of the recalls of Yes and of No."
    )
    content = [table(HEADER, rows, caption="Outcomes by task"), note(lead)]

    header, rows = flag_rows(data.scores)
    if rows:
        lead = "Clean: questions without a flag of the audit. Hard: those that its text-only probe gets wrong."
        content.append(element("h3", "Clean and hard questions"))
        content += [table(header, rows, caption="Accuracy by flags"), note(lead)]
    content += [note(line) for line in repeat_lines(data.scores)]
    return Section("outcomes", "Outcomes and coverage", join(content), "Outcomes")


def _row(name: str, scores: TaskScores | Figures) -> list[str]:
    counts = [_count(name, outcome, scores.outcomes.get(outcome, 0)) for outcome in Outcome]
    above_chance = scores.chance_corrected if isinstance(scores, ClosedScores) else None
    balanced = scores.balanced_accuracy if isinstance(scores, YesNoScores) else None
    return [name, f"{scores.total:,}", f"{scores.coverage:.1f}", *counts, number(above_chance), number(balanced)]


def _count(task: str, outcome: Outcome, count: int) -> str | Markup:
    """The number, with a link to the questions behind it unless their outcome is the usual one."""
    if not count or outcome is Outcome.ANSWERED:
        return f"{count:,}"
    wanted = {"outcome": outcome.value} if task == "All" else {"task": task, "outcome": outcome.value}
    return element("a", f"{count:,}", href=f"#{urlencode(wanted)}")
