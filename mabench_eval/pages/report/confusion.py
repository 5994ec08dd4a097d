"""What is taken for what: body parts as a matrix, micro-actions as the most frequent mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlencode

from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.charts import matrix
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.material import Material, variant_of
from mabench_eval.taxonomy import BODY_PARTS, label
from mabench_eval.types import Json

MOST = 10
"""Pairs of micro-actions in the table."""
NONE = "none"
"""The column of answers that name no option."""
WIDEST = 12
"""Labels that the matrix has room for."""


def confusion(material: Material) -> Section | None:
    """The matrix and the table; None where there is neither, as without references."""
    charts, mistakes = _matrix(material), _mistakes(material)
    if charts is None and mistakes is None:
        return None
    several = "repeats" in material.scores or "circular" in material.scores
    told = "Of questions asked several times the first answer, options as printed." if several else None
    content = [note(told) if told else None, grid(charts, mistakes)]
    return Section("confusion", "What is taken for what", join(content), "Confusions")


def _graded(material: Material, task: str) -> list[tuple[Json, str, str | None]]:
    """(row, reference's label, predicted label) of a choice task's questions with a response and a reference."""
    found = []
    for row in material.first:
        reference = material.option(row, row["reference"]) if row["task"] == task else None
        if reference and row["outcome"] != "error":
            found.append((row, reference, material.option(row, row["prediction"])))
    return found


def _matrix(material: Material) -> Markup | None:
    pairs = [(reference, predicted or NONE) for _, reference, predicted in _graded(material, "CMAR")]
    labels = _ordered({label for pair in pairs for label in pair} - {NONE})
    if not pairs or len(labels) > WIDEST:
        return None
    counts = Counter(pairs)
    columns = [*labels, NONE] if any(predicted == NONE for _, predicted in pairs) else labels
    cells = [[counts[row, column] for column in columns] for row in labels]
    right = sum(counts[each, each] for each in labels)
    told = f"References down, predictions across; {right} of {len(pairs)} clips are on the diagonal, which is right."
    return matrix("confusion-cmar", "CMAR: body part, reference and prediction", told, labels, columns, cells)


def _ordered(labels: Iterable[str]) -> list[str]:
    """All body parts in the taxonomy's order, then labels that it does not know."""
    known = list(BODY_PARTS.values())
    return [*known, *sorted(set(labels) - set(known))]


def _mistakes(material: Material) -> Markup | None:
    graded = _graded(material, "FMAR")
    if not graded:
        return None
    offered: Counter[tuple[str, str]] = Counter()
    for row, reference, _ in graded:
        printed = material.questions[variant_of(row)].options.values()
        offered.update({(reference, other) for other in map(label, printed)})
    wrong = Counter((reference, predicted) for _, reference, predicted in graded if predicted not in (None, reference))
    if not wrong:
        return None
    order = sorted(
        wrong.items(), key=lambda item: (-item[1], -item[1] / offered[item[0]], item[0][0], item[0][1] or "")
    )
    rows = [
        [_link(reference), predicted or NONE, f"{count}", f"{offered[reference, predicted or '']}"]
        for (reference, predicted), count in order[:MOST]
    ]
    caption = "FMAR: most frequent mistakes"
    header = ["Reference", "Predicted", "Times", "Of"]
    told = "Of: how often the predicted option stood beside this reference. A reference leads to its wrong answers."
    return element("div", table(header, rows, text_columns=2, caption=caption), note(told), class_="beside")


def _link(action: str) -> Markup:
    """To the wrong answers on a micro-action."""
    return element("a", action, href="#" + urlencode({"task": "FMAR", "action": action, "verdict": "wrong"}))
