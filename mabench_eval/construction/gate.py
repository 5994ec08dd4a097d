"""The gate of a build: the audit that its questions must pass before they go out, kept in ``gate.json``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mabench_eval.auditing import (
    LOOKS,
    Finding,
    Gate,
    Material,
    Reading,
    TextProbe,
    look_rows,
    overlaps,
    persons_of,
    shown_looks,
    take_gate,
)
from mabench_eval.benchmark import check_rows, load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction.decisions import FinalQuestions, final_questions
from mabench_eval.construction.folder import ACTIONS, GATE, VERIFIED, BuildFolder, ClipRow
from mabench_eval.construction.intake import read_actions
from mabench_eval.construction.questions import BuiltQuestion, statement_of
from mabench_eval.construction.verification import Verification
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint, write_json
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import from_json, read_lines, to_json
from mabench_eval.types import Question

SCHEMA = 1
"""Of ``gate.json``."""
VERSION = 1
"""Of the looks: raised when one is added, or reads otherwise."""
MOST = 5
"""Families, statements and words named of a task that leaks."""
GateState = Literal["passed", "failed", "missing", "stale"]
"""``stale``: of other questions, or other looks, than there are now."""
HEADER = LOOKS
"""Of the table of ``GateRecord.rows``."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the questions are about."""

    clips: int
    """With a question."""
    of_clips: int
    actions: int
    of_actions: int
    """In the taxonomy."""
    persons: int | None
    """None where clips have none."""
    tasks: Mapping[str, int]
    """Task -> questions."""
    parts: Mapping[str, int]
    """Body part -> questions whose statement names it."""
    answers: Mapping[str, Mapping[str, int]]
    """Closed task -> answer -> how often it is right."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What gives the answers of a task away."""

    families: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Kind of statement -> questions, and of those Yes; the most uneven first."""
    statements: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """The same of single statements."""
    words: tuple[str, ...] = ()
    """Those that speak most for an answer, with it: ``throughout (No)``."""


@dataclass(frozen=True, slots=True)
class GateRecord:
    """What the gate found: ``gate.json``."""

    schema: int
    key: str
    """Of all that it depends on."""
    digest: str
    """Of the questions and answers (``FinalQuestions.digest``)."""
    passed: bool
    readings: tuple[Reading, ...]
    findings: tuple[Finding, ...]
    coverage: Coverage
    telling: Mapping[str, Telling]
    """Task -> what gives it away, for tasks that leak."""
    not_verified: int
    against: tuple[str, ...] = ()
    """Files with which it may share no clip and no person."""

    @property
    def gate(self) -> Gate:
        """As the audit has it."""
        return Gate(self.readings, self.findings, {})

    @property
    def rows(self) -> list[list[str]]:
        """Of a table below ``HEADER``: what words say, and what is not as chance has it."""
        return look_rows(shown_looks(self.readings)[0])


def audit_build(folder: BuildFolder, against: Sequence[str] = ()) -> GateRecord:
    """Look at the final questions of a build, and write ``gate.json``; what is there already is not looked at again.

    Args:
        folder: With questions.
        against: Question files, such as training data, with which it may share no clip, no bytes and no person.

    Raises InputError where there are no questions, for files that are damaged, and without scikit-learn.
    """
    final = final_questions(folder)
    key = _key(folder, final, against)
    known = read_gate(folder)
    if known is not None and known.key == key:
        return known
    clips = folder.clips()
    questions = _questions(final.questions, folder)
    families = {each.qid: statement_of(each.statement).family for each in final.questions if each.statement}
    parts = {action.name: action.body_part for action in read_actions(_actions(folder)).all}
    gate = take_gate(
        questions,
        parts=parts,
        families=families,
        blind=_blind(folder, final),
        sha256={row.clip: row.sha256 for row in clips},
        overlaps=_overlaps(folder, clips, against),
        seed=folder.settings.seed,
    )
    record = GateRecord(
        SCHEMA,
        key,
        final.digest,
        gate.passed,
        gate.readings,
        gate.findings,
        _coverage(final.questions, clips, len(parts)),
        {task: _telling(task, final.questions, questions) for task in dict.fromkeys(row.task for row in gate.leaks)},
        final.not_verified,
        tuple(against),
    )
    write_json(folder.path / GATE, to_json(record))
    return record


def read_gate(folder: BuildFolder) -> GateRecord | None:
    """What the gate found; None where it has not looked. Raises InputError for a file that is damaged."""
    file = folder.path / GATE
    if not file.is_file():
        return None
    again = f"Remove it; mabench-eval build {folder.path} audit writes it anew."
    return from_json(GateRecord, read_json(file, hint=again), str(file), again)


def gate_state(folder: BuildFolder) -> GateState:
    """What the gate says of the questions as they are now. Raises InputError where there are none."""
    known = read_gate(folder)
    if known is None:
        return "missing"
    if known.key != _key(folder, final_questions(folder), known.against):
        return "stale"
    return "passed" if known.passed else "failed"


def _key(folder: BuildFolder, final: FinalQuestions, against: Sequence[str]) -> str:
    """Of all that the verdict depends on."""
    clips = [[row.clip, row.sha256, row.subject] for row in folder.clips()]
    actions = _actions(folder)
    tasks = load_catalogue(()).check().tasks if against else {}
    return fingerprint(
        {
            "looks": VERSION,
            "questions": final.digest,
            "statements": [each.statement for each in final.questions],
            "clips": clips,
            "actions": None if actions is None else actions.read_text(encoding="utf-8"),
            "blind": _blind(folder, final),
            "seed": folder.settings.seed,
            "against": [[file, load_benchmark(file, tasks).sha256] for file in against],
        }
    )


def _actions(folder: BuildFolder) -> Path | None:
    file = folder.path / ACTIONS
    return file if file.is_file() else None


def _questions(built: Sequence[BuiltQuestion], folder: BuildFolder) -> tuple[Question, ...]:
    """As they are exported. Raises InputError for what is no question of its task, or has no answer that fits."""
    rows = [
        {"video": f"{q.clip}.mp4", "task": q.task, "qid": q.qid, "question": q.text, "answer": q.answer} for q in built
    ]
    checked = check_rows(rows, load_catalogue(()).check().tasks)
    if problems := checked.problems:
        raise InputError(f"{folder.path}: {len(problems)} questions are not well formed", problems=problems)
    if not checked.questions:
        raise InputError(f"{folder.path}: no question is left; verifiers or reviewers left all of them out")
    return tuple(checked.questions)


def _blind(folder: BuildFolder, final: FinalQuestions) -> dict[str, str]:
    """Question id -> what a model answered that saw the text alone; of questions that have changed since nothing."""
    file = folder.path / VERIFIED
    said = read_lines(Verification, file, "`verify` writes it anew.") if file.is_file() else []
    digests = {question.qid: question.digest for question in final.questions}
    return {
        each.qid: verdict.answer
        for each in said
        if digests.get(each.qid) == each.digest
        for verdict in each.verdicts
        if verdict.manner == "blind" and verdict.answer is not None
    }


def _overlaps(folder: BuildFolder, clips: Sequence[ClipRow], against: Sequence[str]) -> list[Finding]:
    names, subjects = [row.clip for row in clips], folder.settings.subjects
    persons = {row.clip: row.subject for row in clips if row.subject is not None} or persons_of(names, subjects)
    own = Material(str(folder.path), names, {row.clip: row.sha256 for row in clips}, persons)
    tasks = load_catalogue(()).check().tasks if against else {}
    others = [Material.of(load_benchmark(file, tasks), subjects) for file in against]
    return [finding for other in others for finding in overlaps(own, other)]


def _coverage(questions: Sequence[BuiltQuestion], clips: Sequence[ClipRow], actions: int) -> Coverage:
    asked = {question.clip for question in questions}
    rows = [row for row in clips if row.clip in asked]
    persons = {row.subject for row in rows if row.subject is not None}
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        if len(question.answer) == 1 or question.answer in ("Yes", "No"):
            answers[question.task][question.answer] += 1
    named = (part for q in questions if q.statement for part in dict.fromkeys(statement_of(q.statement).parts))
    return Coverage(
        len(asked),
        len(clips),
        len({row.fine for row in rows}),
        actions,
        len(persons) or None,
        dict(sorted(Counter(question.task for question in questions).items())),
        dict(sorted(Counter(named).items())),
        {task: dict(sorted(found.items())) for task, found in sorted(answers.items())},
    )


def _telling(task: str, built: Sequence[BuiltQuestion], questions: Sequence[Question]) -> Telling:
    """Families and statements by how far Yes is from half of them, in coins' spreads; the heaviest words."""
    families: dict[str, list[bool]] = defaultdict(list)
    statements: dict[str, list[bool]] = defaultdict(list)
    for question in built:
        if question.task == task and question.statement:
            families[statement_of(question.statement).family].append(question.answer == "Yes")
            statements[question.statement].append(question.answer == "Yes")
    probe = TextProbe().fit([question for question in questions if question.task == task])
    words = sorted(probe.words(MOST), key=lambda word: -abs(word.weight))[:MOST]
    return Telling(_uneven(families), _uneven(statements), tuple(f"{word.word} ({word.answer})" for word in words))


def _uneven(groups: Mapping[str, Sequence[bool]]) -> dict[str, tuple[int, int]]:
    def spreads(name: str) -> tuple[float, str]:
        yes = groups[name]
        return -abs(2 * sum(yes) - len(yes)) / len(yes) ** 0.5, name

    return {name: (len(groups[name]), sum(groups[name])) for name in sorted(groups, key=spreads)[:MOST]}
