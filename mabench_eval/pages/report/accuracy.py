"""Accuracy of the closed tasks, whole and by the body part that the clip shows."""

from __future__ import annotations

from mabench_eval.leaderboard import Paper
from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.charts import Bar, bar_chart
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.report.material import Material, closed_tasks
from mabench_eval.types import Json

BEST = "paper's best"


def accuracy(material: Material) -> Section | None:
    """The bars; None of a run without references or without a closed task."""
    tasks = [(name, task) for name, task in closed_tasks(material.scores) if task["accuracy"] is not None]
    if not tasks:
        return None
    whole = _whole(material, tasks)
    parts = [chart for name, task in tasks if (chart := _by_part(material, name, task))]
    lead = "The dashed line is what guessing gives; unreadable answers and refusals are wrong, errors are left out."
    content = [note(lead), whole]
    if parts:
        content += [element("h3", "By the body part that the clip shows"), grid(parts)]
    return Section("accuracy", "Accuracy of the closed tasks", join(content), "Accuracy")


def _whole(material: Material, tasks: list[tuple[str, Json]]) -> Markup:
    bars = []
    for name, task in tasks:
        low, high = _ends(material.scores["intervals"].get(name))
        best = paper_best(material.paper, name)
        mark, whose = best if best else (None, "")
        bars.append(Bar(name, task["accuracy"], low, high, task["chance"], mark, whose, task["n"]))
    told = "; ".join(f"{bar.label} {bar.value:.1f} %" for bar in bars)
    return bar_chart(
        "closed-tasks",
        "Closed tasks: accuracy",
        f"Accuracy of each closed task: {told}.",
        bars,
        value="accuracy",
        mark=BEST,
    )


def _by_part(material: Material, name: str, task: Json) -> Markup | None:
    bars = []
    for part, found in task["by_body_part"].items():
        low, high = _ends(material.part_spans.get(f"{name} {part}"))
        bars.append(Bar(part, found["accuracy"], low, high, task["chance"], n=found["n"]))
    if not bars:
        return None
    told = "; ".join(f"{bar.label} {bar.value:.1f} %" for bar in bars if bar.value is not None)
    return bar_chart(
        f"parts-{name}",
        f"{name}: accuracy by body part",
        f"Accuracy of {name} on clips of each body part: {told}.",
        bars,
        value="accuracy",
        keys=False,
    )


def _ends(interval: Json | None) -> tuple[float | None, float | None]:
    return (interval["low"], interval["high"]) if interval else (None, None)


def paper_best(paper: Paper | None, column: str) -> tuple[float, str] | None:
    """The best figure of a column of the paper's Table 2, with its method; reference rows are no methods."""
    rows = [row for row in paper.tables["table2"] if row.group != "reference"] if paper else []
    found = [(figure, row.name) for row in rows if (figure := row.figures.get(column)) is not None]
    return max(found, key=lambda each: each[0], default=None)
