"""The gate: whether a benchmark may go out, by a fixed list of looks and of things that must not be.

Some thirty to sixty looks are taken at one file. Were each of them held to its own 95 % of chance, hardly any fair
benchmark would pass; here the chance that a fair one is refused for any of them is 5 % at most, whatever the looks
have to do with each other (Holm 1979). ``python -m benchmarks.gate`` measures that, and what leaks are found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mabench_eval.auditing.answers import contradictions
from mabench_eval.auditing.findings import Finding, Reading
from mabench_eval.auditing.looks import FOLDS, REPEATS, take_looks
from mabench_eval.auditing.structure import MA_52, Parts, by_clip, check_structure, twins
from mabench_eval.types import Question

MUST_NOT_BE = (
    "duplicates",
    "twins",
    "repeated options",
    "unknown labels",
    "annotation codes",
    "odd casing or punctuation",
    "label named elsewhere",
    "CMAR against FMAR",
    "MARE against CMAR and FMAR",
    "duplicates that disagree",
    "clips in both files",
    "bytes in both files",
    "people in both files",
)
"""Checks of which a single find is one too many. Answers that are none of the options no question file is read with."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What was looked for, what was looked at, and the verdict."""

    readings: tuple[Reading, ...]
    """Empty where nothing was looked at."""
    findings: tuple[Finding, ...]
    """All checks, those too that do not count."""
    guessed: Mapping[str, float]
    """Question id -> share of the deals in which words learnt on other clips are right, 0-1."""

    @property
    def leaks(self) -> list[Reading]:
        """Looks that tell answers, the clearest first."""
        return sorted((r for r in self.readings if r.verdict == "leak"), key=lambda reading: reading.adjusted)

    @property
    def faults(self) -> list[Finding]:
        """What must not be and is."""
        return [finding for finding in self.findings if finding.found and finding.check in MUST_NOT_BE]

    @property
    def passed(self) -> bool:
        """Whether the benchmark was looked at, and neither leaks nor has faults."""
        return bool(self.readings) and not self.leaks and not self.faults

    def document(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "passed": self.passed,
            "readings": [
                {**asdict(row), "verdict": row.verdict, "above_best": row.above_best} for row in self.readings
            ],
            "findings": [{**asdict(row), "must_not_be": row.check in MUST_NOT_BE} for row in self.findings],
        }


def take_gate(
    questions: Sequence[Question],
    *,
    parts: Parts = MA_52,
    families: Mapping[str, str] | None = None,
    blind: Mapping[str, str] | None = None,
    sha256: Mapping[str, str] | None = None,
    overlaps: Sequence[Finding] = (),
    look: bool = True,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Gate:
    """Everything that is looked for and at.

    Args:
        questions: All of the benchmark.
        parts: The labels that there are, with their body parts.
        families: Question id -> the kind of statement that it asks for, where that is known.
        blind: Question id -> what a model answers that has the text alone, where one was asked.
        sha256: Clip -> hash of its file, where it is there.
        overlaps: What it shares with other files.
        look: Whether the answers are looked at.
        folds: As are the next two, see ``take_looks``.
        repeats: How often questions are dealt into folds anew.
        seed: Of deals and draws.

    Raises InputError without scikit-learn, where answers are looked at.
    """
    findings = [*check_structure(questions, parts), twins(questions, sha256 or {})]
    if any(question.answer is not None for question in questions):
        findings += contradictions(by_clip(questions), parts)
    readings, guessed = (
        take_looks(questions, parts=parts, families=families, blind=blind, folds=folds, repeats=repeats, seed=seed)
        if look
        else ([], {})
    )
    return Gate(tuple(readings), (*findings, *overlaps), guessed)
