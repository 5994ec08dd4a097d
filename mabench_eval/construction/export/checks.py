"""What an export says of the gate and of the reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval.construction.decisions import FinalQuestions, read_reviews, review_report
from mabench_eval.construction.folder import GATE, BuildFolder
from mabench_eval.errors import InputError
from mabench_eval.runfiles import read_document
from mabench_eval.stats import AgreementFigure
from mabench_eval.tables import NO_VALUE


@dataclass(frozen=True, slots=True)
class FactTable:
    """A table of the data sheet."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int
    """So many columns from the left are text."""


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gate says of the questions that are exported."""

    passed: bool
    state: str
    """In words."""
    tables: Sequence[FactTable] = ()
    """What it looked at; none where it was not run on them."""


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What reviewers say; empty where there were none."""

    lines: Sequence[str] = ()
    tables: Sequence[FactTable] = ()


def gate_facts(folder: BuildFolder, final: FinalQuestions, ungated: bool) -> GateFacts:
    """What is said of the gate. Raises InputError where it has not passed these questions, unless ``ungated``."""
    again = f"mabench-eval build {folder.path} audit"
    file = folder.path / GATE
    said = read_document(file) if file.is_file() else {}
    if said.get("digest") == final.digest and said.get("passed") is True:
        return GateFacts(True, "passed")
    state = "not passed"
    if not ungated:
        raise InputError(f"the gate: {state}", hint=f"{again}\nOr export all the same, which is recorded: --ungated")
    return GateFacts(False, state)


def review_facts(folder: BuildFolder) -> ReviewFacts:
    """Agreement of reviewers, and how far their blind answers are right."""
    if not read_reviews(folder.path).reviewers:
        return ReviewFacts()
    report = review_report(folder)
    lines = [
        f"{report.reviewed:,} of {report.questions:,} questions reviewed, by {len(report.by_reviewer)} people",
        f"{report.corrected:,} answers corrected, {report.reworded:,} questions in new words, {report.dropped:,} "
        f"dropped, {report.disputed:,} left out as disputed",
    ]
    agreement = [
        [task.task, what, f"{found.items:,}", _figure(found.exact), _figure(found.alpha)]
        for task in report.agreement
        for what, found in (("blind answers", task.blind), ("decisions", task.decisions))
        if found.items
    ]
    accuracy = [[each.reviewer, each.task, f"{each.n:,}", _figure(each.accuracy)] for each in report.accuracy]
    tables = [
        FactTable(("Agreement of reviewers", "In", "n", "Same, %", "Krippendorff's alpha"), agreement, 2),
        FactTable(("Human accuracy", "Task", "n", "Right, %"), accuracy, 2),
    ]
    return ReviewFacts(lines, [table for table in tables if table.rows])


def _figure(figure: AgreementFigure) -> str:
    """With its 95 % interval, by clips: ``86.0 (80.1 to 91.2)``."""
    if figure.value is None:
        return NO_VALUE
    digits = 1 if abs(figure.value) > 1 else 2
    if figure.low is None or figure.high is None:
        return f"{figure.value:.{digits}f}"
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"
