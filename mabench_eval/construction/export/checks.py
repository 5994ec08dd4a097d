"""What an export says of the gate and of the reviewers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mabench_eval.construction.decisions import read_reviews, review_report
from mabench_eval.construction.folder import BuildFolder
from mabench_eval.construction.gate import HEADER, GateState, gate_state, read_gate
from mabench_eval.errors import InputError
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


_STATES: Mapping[GateState, str] = {
    "missing": "it has not looked at these questions",
    "stale": "what it found is of other questions, or of other looks",
    "failed": "these questions can be answered without the video, or have faults",
}
"""Why the gate has not passed."""


def gate_facts(folder: BuildFolder, *, ungated: bool) -> GateFacts:
    """What is said of the gate. Raises InputError where it has not passed these questions, unless ``ungated``."""
    state = gate_state(folder)
    record = read_gate(folder) if state in ("passed", "failed") else None
    tables = [FactTable(HEADER, record.rows, 2)] if record and record.rows else []
    if state == "passed":
        assert record is not None, "it is what was said to have passed"
        return GateFacts(True, f"passed, by {len(record.readings)} looks", tables)
    why = _STATES[state]
    if not ungated:
        raise InputError(
            f"the gate has not passed: {why}; nothing was exported",
            hint=f"See what it says: mabench-eval build {folder.path} audit\n"
            "Or export all the same, which is recorded: --ungated",
        )
    return GateFacts(False, f"not passed: {why}. Exported all the same (--ungated)", tables)


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
