"""How statements are worded: by templates, one a statement, chosen by the statement itself and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from mabench_eval.construction.questions.statements import Statement
from mabench_eval.journal import fingerprint
from mabench_eval.parsing import read_yaml

TEMPLATES = Path(__file__).with_name("templates.yaml")
"""The words: part of what questions depend on."""


def template_text(statement: Statement) -> str:
    """Its question. Statements of a family have several manners; which one it has says nothing of any answer."""
    forms = templates()[statement.family]
    return fill(forms[int(fingerprint(statement.id)[:8], 16) % len(forms)], statement)


def fill(template: str, statement: Statement) -> str:
    """A template with the statement's parts, phase and directions. Questions of PPR have parts with capitals."""
    parts = [part.title() if statement.task == "PPR" else part for part in statement.parts]
    words = dict(zip("abc", parts, strict=False))
    words |= dict(zip(("way", "then"), statement.directions, strict=False))
    return template.format(phase=statement.phase, **words)


def templates() -> Mapping[str, Sequence[str]]:
    """Family -> its templates."""
    return _words()["statements"]


def stems(task: str) -> Sequence[str]:
    """What a question of a task begins with, or is: of CMAR, FMAR, MADU, MARE."""
    return _words()["stems"][task]


@cache
def _words() -> Mapping[str, Mapping[str, Sequence[str]]]:
    content: Mapping[str, Mapping[str, Sequence[str]]] = read_yaml(TEMPLATES).value
    return content
