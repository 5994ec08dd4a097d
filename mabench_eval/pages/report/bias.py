"""What a model says whatever it sees: how often each letter, and Yes, beside how often the references do."""

from __future__ import annotations

from collections import Counter

from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.charts import Bar, bar_chart
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.data import ReportData
from mabench_eval.runfiles import ChoiceScores, YesNoScores
from mabench_eval.stats import percent
from mabench_eval.tables import circular_rows, letter_rows
from mabench_eval.types import Outcome

SHARE = "share of its answers"
REFERENCES = "share of the references"


def bias_section(data: ReportData) -> Section | None:
    """Letters of the choice tasks and Yes of the binary ones; None where there is neither."""
    charts = [
        _letter_chart(name, task)
        for name, task in data.scores.tasks.items()
        if isinstance(task, ChoiceScores) and any(letter.predicted is not None for letter in task.letters.values())
    ]
    yes_chart = _yes_chart(data)
    if not charts and yes_chart is None:
        return None

    lead = (
        "A model that sees the clip says each letter, and Yes, about as often as the references do. RStd: how far it "
        "is right more often where one letter is right than another, a standard deviation in points; 0 is no bias."
    )
    content = [note(lead), grid(charts, yes_chart)]
    header, rows = circular_rows(data.scores)
    if rows:
        caption = "Right under every rotation of the options, with 95 % intervals by clips"
        content += [element("h3", "Options in every rotation"), table(header, rows, caption=caption)]
        header, rows = letter_rows(data.scores)
        caption = "Letters over the options as printed, and over all rotations"
        content.append(table(header, rows, text_columns=2, caption=caption))
    return Section("bias", "Bias of the answers", join(content), "Bias")


def _letter_chart(name: str, task: ChoiceScores) -> Markup:
    bars = [Bar(letter, scores.predicted, mark=scores.reference) for letter, scores in task.letters.items()]
    # The shares of five or seven letters are all small: the scale ends at the next multiple of 20 percent.
    highest = max(max(bar.value or 0, bar.mark or 0) for bar in bars)
    top = next(end for end in (20.0, 40.0, 60.0, 80.0, 100.0) if highest <= end)
    rstd = "" if task.rstd is None else f" (RStd {task.rstd:.1f})"
    values = ", ".join(f"{bar.label} {bar.value:.1f} %" for bar in bars if bar.value is not None)
    return bar_chart(
        f"letters-{name}",
        f"{name}: letters{rstd}",
        f"How often each letter is answered: {values}.",
        bars,
        top=top,
        value=SHARE,
        mark=REFERENCES,
    )


def _yes_chart(data: ReportData) -> Markup | None:
    bars = [
        Bar(name, task.yes_rate, mark=_yes_references(data, name))
        for name, task in data.scores.tasks.items()
        if isinstance(task, YesNoScores) and task.yes_rate is not None
    ]
    if not bars:
        return None

    values = ", ".join(f"{bar.label} {bar.value:.1f} %" for bar in bars)
    return bar_chart(
        "yes-rates", "Binary tasks: Yes", f"How often the answer is Yes: {values}.", bars, value=SHARE, mark=REFERENCES
    )


def _yes_references(data: ReportData, task: str) -> float | None:
    """Percent of the references that are Yes, over questions with a response."""
    references = Counter(
        sample.reference
        for sample in data.first_samples
        if sample.task == task and sample.outcome is not Outcome.ERROR and sample.reference is not None
    )
    return percent(references["Yes"], references.total())
