"""What an export says of the gate and of the reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval.construction.decisions import FinalQuestions
from mabench_eval.construction.folder import GATE, BuildFolder
from mabench_eval.errors import InputError
from mabench_eval.runfiles import read_document


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gate says of the questions that are exported."""

    passed: bool
    state: str
    """In words."""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    """Of its table; none where it was not run on them."""


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What reviewers say; empty where there were none."""

    lines: Sequence[str] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


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


def review_facts(folder: BuildFolder, final: FinalQuestions) -> ReviewFacts:
    """Agreement of reviewers, and how far their blind answers are right."""
    return ReviewFacts()
