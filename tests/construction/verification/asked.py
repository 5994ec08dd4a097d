"""A build of the demo with questions whose answers are known to be right: two of each statement's task, four others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np

from mabench_eval.construction import BuildFolder, ClipRow, Descriptor, statements, truths
from mabench_eval.construction.captions import Caption
from mabench_eval.construction.captions.facts import Known
from mabench_eval.construction.captions.template import write_caption
from mabench_eval.construction.folder import ACTIONS, CAPTIONS, QUESTIONS, write_rows
from mabench_eval.construction.intake.actions import read_actions
from mabench_eval.construction.questions import BuiltQuestion, Statement
from mabench_eval.construction.questions.statements import Task
from mabench_eval.construction.questions.wording import template_text
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS
from tests.support.construction import demo_build

OTHER = {"Yes": "No", "No": "Yes"}


def asked_build(folder: Path, clips: int = 28) -> BuildFolder:
    """The demo taken in, described, captioned by the template, and asked about on its first clips."""
    return ask_about(demo_build(folder), clips)


def ask_about(build: BuildFolder, clips: int) -> BuildFolder:
    """Write captions and questions of a described build."""
    actions = read_actions(build.path / ACTIONS)
    rows = {row.clip: row for row in build.clips()[:clips]}
    captions, questions = [], list[BuiltQuestion]()
    for descriptor in build.descriptors():
        if (row := rows.get(descriptor.clip)) is not None:
            captions.append(write_caption(Known(descriptor), row, actions, 0))
            questions += _questions(row, descriptor, captions[-1])
    write_rows(build.path / CAPTIONS, captions)
    write_questions(build, numbered(questions))
    return build


def numbered(questions: Sequence[BuiltQuestion]) -> list[BuiltQuestion]:
    """In an order that says nothing, as the stage writes them."""
    order = np.random.default_rng(3).permutation(len(questions))
    return [replace(questions[place], qid=f"{questions[place].task}_{place:05d}") for place in order]


def write_questions(build: BuildFolder, questions: Sequence[BuiltQuestion]) -> None:
    write_rows(build.path / QUESTIONS, questions)


def _questions(row: ClipRow, descriptor: Descriptor, caption: Caption) -> list[BuiltQuestion]:
    made = [_choice(row, "CMAR", row.coarse, list(BODY_PARTS.values()))]
    made.append(_choice(row, "FMAR", row.fine, list(MICRO_ACTIONS.values())))
    made.append(question(row, "MADU", "How does the person move?", caption.madu_text))
    made.append(question(row, "MARE", "Which action is it, and why?", caption.mare_text))
    lot = np.random.default_rng([5, int(row.sha256[:8], 16)])
    values, all_of_them = truths(descriptor), tuple(statements())
    for task in get_args(Task):
        of_task = [place for place, each in enumerate(all_of_them) if each.task == task]
        for value in (1, -1):
            if closed := [place for place in of_task if values[place] == value]:
                made.append(about(row, all_of_them[closed[int(lot.integers(len(closed)))]], value == 1))
    return made


def about(row: ClipRow, statement: Statement, holds: bool) -> BuiltQuestion:
    return replace(
        question(row, statement.task, template_text(statement), "Yes" if holds else "No"), statement=statement.id
    )


def question(row: ClipRow, task: str, text: str, answer: str) -> BuiltQuestion:
    return BuiltQuestion(1, "", row.clip, task, text, answer, None, "template", {})


def _choice(row: ClipRow, task: str, right: str, labels: list[str]) -> BuiltQuestion:
    """Five options from the right label on, as they stand in the taxonomy, turned by the clip's hash."""
    place, turn = labels.index(right), int(row.sha256[:4], 16) % 5
    options = [labels[(place + (number - turn)) % len(labels)] for number in range(5)]
    printed = [f"{letter}. {option}" for letter, option in zip("ABCDE", options, strict=True)]
    return question(row, task, "\n".join(["Which is it?", *printed]), "ABCDE"[turn])


def with_lies(questions: Sequence[BuiltQuestion], share: float, seed: int = 0) -> tuple[list[BuiltQuestion], set[str]]:
    """The same with that share of the Yes/No answers turned over, and which ones: as a writer that lies would."""
    lot = np.random.default_rng([11, seed])
    closed = [each.qid for each in questions if each.answer in OTHER]
    lies = set(map(str, lot.choice(closed, size=round(share * len(closed)), replace=False)))
    return [replace(q, answer=OTHER[q.answer]) if q.qid in lies else q for q in questions], lies
