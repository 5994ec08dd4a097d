"""The open tasks: what each judge gave, how far judges agree, and the labels that answers name."""

from __future__ import annotations

from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.charts import Panel, histogram_chart
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.data import ReportData
from mabench_eval.runfiles import OpenScores, RunScores
from mabench_eval.tables import agreement_rows, label_lines, open_rows


def judged_section(data: ReportData) -> Section | None:
    """Histograms of L1 to L3 by judge, tables, labels; None where no open answer was scored."""
    charts = [chart for name, task in data.scores.open_tasks.items() for chart in _histograms(name, task)]
    lines = label_lines(data.scores)
    if not charts and not lines:
        return None

    content = [note(_judges_note(data.scores)), grid(charts) if charts else None]
    header, rows = agreement_rows(data.scores)
    if rows:
        content.append(table(header, rows, text_columns=2, caption="Agreement of the judges, with 95 % intervals"))
    header, rows = open_rows(data.scores)
    if rows:
        content.append(table(header, rows, text_columns=2, caption="Answers by level and judge"))
    if lines:
        content.append(element("ul", [element("li", line) for line in lines]))
    return Section("open", "Levels of the open tasks", join(content), "Open tasks")


def _judges_note(scores: RunScores) -> str:
    if not scores.judges:
        return "Not judged: `mabench-eval judge RUN --judge NAME` does it. Labels that answers name need no judge."
    names = ", ".join(judge.name for judge in scores.judges)
    paper = "the paper's judge" if any(judge.official for judge in scores.judges) else "not the paper's judge"
    zeros = sum(task.by_rule for task in scores.open_tasks.values())
    by_rule = f" {zeros:,} answers are 0 by rule: empty, unreadable or refused." if zeros else ""
    return f"Judged by {names} ({paper}). Above each score, 0-5, the percent of answers that got it.{by_rule}"


def _histograms(name: str, task: OpenScores) -> list[Markup]:
    charts = []
    for number, (judge, scores) in enumerate(task.judges.items()):
        if not scores.judged:
            continue
        panels = [Panel(level, counts, scores.levels.get(level)) for level, counts in scores.histogram.items()]
        means = ", ".join(f"{panel.label} mean {panel.mean:.2f}" for panel in panels if panel.mean is not None)
        description = f"How many {name} answers {judge} gave each score from 0 to 5: {means}."
        charts.append(histogram_chart(f"levels-{name}-{number}", f"{name}, judged by {judge}", description, panels))
    return charts
