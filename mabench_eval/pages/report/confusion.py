"""What is taken for what: body parts as a matrix, micro-actions as the most frequent mistakes."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.charts import matrix_chart
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.data import ReportData
from mabench_eval.taxonomy import BODY_PARTS, label
from mabench_eval.types import Outcome, Sample

MOST_MISTAKES = 10
"""Pairs of micro-actions in the table."""
NONE = "none"
"""The column of answers that name no option."""
MOST_LABELS = 12
"""Labels that the matrix has room for."""


def confusion_section(data: ReportData) -> Section | None:
    """The matrix and the table; None where there is neither, as without references."""
    matrix, mistakes = _matrix(data), _mistakes(data)
    if matrix is None and mistakes is None:
        return None

    asked_again = data.scores.repeats is not None or data.scores.circular is not None
    lead = note("Of questions asked several times the first answer, options as printed.") if asked_again else None
    return Section("confusion", "What is taken for what", join([lead, grid(matrix, mistakes)]), "Confusions")


def _graded(data: ReportData, task: str) -> list[tuple[Sample, str, str | None]]:
    """(sample, reference's label, prediction's label) of a choice task's questions with a response and a reference."""
    return [
        (sample, reference, data.option_label(sample, sample.prediction))
        for sample in data.first_samples
        if sample.task == task and sample.outcome is not Outcome.ERROR
        if (reference := data.option_label(sample, sample.reference))
    ]


def _matrix(data: ReportData) -> Markup | None:
    pairs = [(reference, predicted or NONE) for _, reference, predicted in _graded(data, "CMAR")]
    # All body parts in the taxonomy's order, then labels that it does not know.
    known = list(BODY_PARTS.values())
    labels = [*known, *sorted({name for pair in pairs for name in pair} - {*known, NONE})]
    if not pairs or len(labels) > MOST_LABELS:
        return None

    counts = Counter(pairs)
    columns = [*labels, NONE] if any(predicted == NONE for _, predicted in pairs) else labels
    cells = [[counts[row, column] for column in columns] for row in labels]
    right = sum(counts[each, each] for each in labels)
    description = (
        f"References down, predictions across; {right} of {len(pairs)} clips are on the diagonal, which is right."
    )
    return matrix_chart(
        "confusion-cmar", "CMAR: body part, reference and prediction", description, labels, columns, cells
    )


def _mistakes(data: ReportData) -> Markup | None:
    graded = _graded(data, "FMAR")
    wrong = Counter(
        (reference, predicted) for _, reference, predicted in graded if predicted is not None and predicted != reference
    )
    if not wrong:
        return None

    # How often each label stood among the options beside each reference: so often it could have been taken for it.
    offered: Counter[tuple[str, str]] = Counter()
    for sample, reference, _ in graded:
        options = data.questions[sample.variant].options.values()
        offered.update({(reference, option) for option in map(label, options)})

    rows = []
    most_frequent = sorted(wrong.items(), key=lambda item: (-item[1], -item[1] / offered[item[0]], item[0]))
    for (reference, predicted), count in most_frequent[:MOST_MISTAKES]:
        link = urlencode({"task": "FMAR", "action": reference, "verdict": "wrong"})
        row = [element("a", reference, href=f"#{link}"), predicted, f"{count}", f"{offered[reference, predicted]}"]
        rows.append(row)
    figures = table(
        ["Reference", "Predicted", "Times", "Of"], rows, text_columns=2, caption="FMAR: most frequent mistakes"
    )
    legend = "Of: how often the predicted option stood beside this reference. A reference leads to its wrong answers."
    return element("div", figures, note(legend), class_="beside")
