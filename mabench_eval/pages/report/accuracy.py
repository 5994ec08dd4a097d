"""Accuracy of the closed tasks, overall and by the body part that the clip shows."""

from __future__ import annotations

from collections.abc import Mapping

from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.charts import Bar, bar_chart
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.report.data import ReportData
from mabench_eval.runfiles import ClosedScores, Interval

BEST = "paper's best"


def accuracy_section(data: ReportData) -> Section | None:
    """The bars; None for a run without references or without a closed task."""
    tasks = {name: task for name, task in data.scores.closed_tasks.items() if task.accuracy is not None}
    if not tasks:
        return None

    lead = "The dashed line is what guessing gives; unreadable answers and refusals are wrong, errors are left out."
    content = [note(lead), _overall(data, tasks)]
    by_part = [chart for name, task in tasks.items() if (chart := _by_body_part(data, name, task))]
    if by_part:
        content += [element("h3", "By the body part that the clip shows"), grid(by_part)]
    return Section("accuracy", "Accuracy of the closed tasks", join(content), "Accuracy")


def _overall(data: ReportData, tasks: Mapping[str, ClosedScores]) -> Markup:
    bars = []
    for name, task in tasks.items():
        low, high = _ends(data.scores.intervals.get(name))
        best, method = (data.paper.best(name) if data.paper else None) or (None, "")
        bars.append(Bar(name, task.accuracy, low, high, task.chance, best, method, task.n))

    values = "; ".join(f"{bar.label} {bar.value:.1f} %" for bar in bars)
    return bar_chart(
        "closed-tasks",
        "Closed tasks: accuracy",
        f"Accuracy of each closed task: {values}.",
        bars,
        value="accuracy",
        mark=BEST,
    )


def _by_body_part(data: ReportData, name: str, task: ClosedScores) -> Markup | None:
    bars = []
    for part, group in task.by_body_part.items():
        low, high = _ends(data.body_part_intervals.get(f"{name} {part}"))
        bars.append(Bar(part, group.accuracy, low, high, task.chance, n=group.n))
    if not bars:
        return None

    values = "; ".join(f"{bar.label} {bar.value:.1f} %" for bar in bars if bar.value is not None)
    return bar_chart(
        f"parts-{name}",
        f"{name}: accuracy by body part",
        f"Accuracy of {name} on clips of each body part: {values}.",
        bars,
        value="accuracy",
        legend=False,
    )


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (interval.low, interval.high) if interval else (None, None)
