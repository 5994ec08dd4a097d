"""The open tasks: what each judge gave, how far judges agree, and the labels that answers name."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.charts import Panel, histogram
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.material import Material, open_tasks
from mabench_eval.tables import agreement_rows, label_lines, open_rows
from mabench_eval.types import Json


def judged(material: Material) -> Section | None:
    """Histograms of L1 to L3 by judge; None where nothing was judged."""
    scores = material.scores
    charts = [chart for name, task in open_tasks(scores) for chart in _charts(name, task)]
    lines = label_lines(scores)
    if not charts and not lines:
        return None
    content = [note(_judges(scores)), grid(charts) if charts else None, *_tables(scores), *_lines(lines)]
    return Section("open", "Levels of the open tasks", join(content), "Open tasks")


def _judges(scores: Json) -> str:
    if not scores["judges"]:
        return "Not judged: `mabench-eval judge RUN --judge NAME` does it. Labels that answers name need no judge."
    names = ", ".join(judge["name"] for judge in scores["judges"])
    paper = "the paper's judge" if any(judge["official"] for judge in scores["judges"]) else "not the paper's judge"
    zeros = sum(task["by_rule"] for _, task in open_tasks(scores))
    by_rule = f" {zeros:,} answers are 0 by rule: empty, unreadable or refused." if zeros else ""
    return f"Judged by {names} ({paper}). Above each score, 0-5, the percent of answers that got it.{by_rule}"


def _charts(name: str, task: Json) -> list[Markup]:
    found = []
    for place, (judge, given) in enumerate(task["judges"].items()):
        if not given["judged"]:
            continue
        panels = [Panel(level, counts, given["levels"][level]) for level, counts in given["histogram"].items()]
        means = ", ".join(f"{panel.label} mean {panel.mean:.2f}" for panel in panels if panel.mean is not None)
        told = f"How many {name} answers {judge} gave each score from 0 to 5: {means}."
        found.append(histogram(f"levels-{name}-{place}", f"{name}, judged by {judge}", told, panels))
    return found


def _tables(scores: Json) -> list[Markup]:
    header, rows = agreement_rows(scores)
    found = (
        [table(header, rows, text_columns=2, caption="Agreement of the judges, with 95 % intervals")] if rows else []
    )
    header, rows = open_rows(scores)
    return [*found, table(header, rows, text_columns=2, caption="Answers by level and judge")] if rows else found


def _lines(lines: Sequence[str]) -> list[Markup]:
    return [element("ul", [element("li", line) for line in lines])] if lines else []
