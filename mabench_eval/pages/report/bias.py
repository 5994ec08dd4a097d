"""What a model says whatever it sees: its letters, and how often it says Yes, beside what the references say."""

from __future__ import annotations

from collections import Counter

from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.charts import Bar, bar_chart
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.material import Material, closed_tasks
from mabench_eval.stats import percent
from mabench_eval.tables import circular_rows, letter_rows
from mabench_eval.types import Json

SHARE = "share of its answers"
REFERENCES = "share of the references"


def bias(material: Material) -> Section | None:
    """Letters of the choice tasks and Yes of the binary ones; None where there is neither."""
    tasks = closed_tasks(material.scores)
    charts = [_letters(name, task) for name, task in tasks if _predicted(task)]
    yes = _yes(material)
    if not charts and yes is None:
        return None
    lead = (
        "A model that sees the clip says each letter, and Yes, about as often as the references do. RStd: how far it "
        "is right more often where one letter is right than another, a standard deviation in points; 0 is no bias."
    )
    content = [note(lead), grid(charts, yes), *_tables(material.scores)]
    return Section("bias", "Bias of the answers", join(content), "Bias")


def _predicted(task: Json) -> bool:
    return any(found["predicted"] is not None for found in task.get("letters", {}).values())


def _letters(name: str, task: Json) -> Markup:
    found = task["letters"]
    bars = [Bar(letter, each["predicted"], mark=each["reference"]) for letter, each in found.items()]
    spread = "" if task["rstd"] is None else f" (RStd {task['rstd']:.1f})"
    told = ", ".join(f"{bar.label} {bar.value:.1f} %" for bar in bars if bar.value is not None)
    return bar_chart(
        f"letters-{name}",
        f"{name}: letters{spread}",
        f"How often each letter is answered: {told}.",
        bars,
        top=_scale(bars),
        value=SHARE,
        mark=REFERENCES,
    )


def _yes(material: Material) -> Markup | None:
    bars = []
    for name, task in closed_tasks(material.scores):
        if task.get("yes_rate") is not None:
            bars.append(Bar(name, task["yes_rate"], mark=_yes_references(material, name)))
    if not bars:
        return None
    told = ", ".join(f"{bar.label} {bar.value:.1f} %" for bar in bars)
    return bar_chart(
        "yes-rates", "Binary tasks: Yes", f"How often the answer is Yes: {told}.", bars, value=SHARE, mark=REFERENCES
    )


def _yes_references(material: Material, task: str) -> float | None:
    """Percent of the references that are Yes, of questions with a response."""
    rows = [row for row in material.first if row["task"] == task and row["outcome"] != "error"]
    found = Counter(row["reference"] for row in rows if row["reference"] is not None)
    return percent(found["Yes"], found.total())


def _scale(bars: list[Bar]) -> float:
    """The end of a scale of shares that are all small: a multiple of 20 percent."""
    highest = max(max(bar.value or 0, bar.mark or 0) for bar in bars)
    return next(end for end in (20.0, 40.0, 60.0, 80.0, 100.0) if highest <= end)


def _tables(scores: Json) -> list[Markup]:
    header, rows = circular_rows(scores)
    if not rows:
        return []
    letters, found = letter_rows(scores)
    return [
        element("h3", "Options in every rotation"),
        table(header, rows, caption="Right under every rotation of the options, with 95 % intervals by clips"),
        table(letters, found, text_columns=2, caption="Letters over the options as printed, and over all rotations"),
    ]
