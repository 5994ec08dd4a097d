"""Statements worded by a model: asked once a statement, never told an answer.

It is taken at its word only where the words are read back to the statement.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from mabench_eval.construction.asking import Ask, UnreadableError
from mabench_eval.construction.questions.reading import read_question
from mabench_eval.construction.questions.statements import Statement
from mabench_eval.construction.questions.wording import template_text, templates
from mabench_eval.text import HIDDEN

LONGEST = 240
"""Characters of a wording."""
MAX_TOKENS = 1024
"""Of a reply; models that reason think within them."""
SYSTEM = """\
You reword yes/no questions about short video clips of a person, for a test of video models. One question comes at a \
time, without its answer, which differs from clip to clip.

Write one question that asks for exactly the same in other words:
- name the same body parts by the same words, in the same order, with their left and right;
- keep words such as "early phase", "upward", "still", "at the same time", "before", where the question has them;
- ask so that Yes and No mean what they mean for the given question: no "not", no "or", no tag question;
- say nothing that the question does not say, and name no action such as nodding or waving;
- one sentence of at most 35 words that ends with a question mark.

Reply with the question alone."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a statement is worded: a line of ``wordings.jsonl``."""

    statement: str
    """Its id."""
    text: str
    by: str
    """``template``, or the model."""
    fell_back: str | None = None
    """Why the template words it in place of the model; None: it does not."""


def reword_asks(statements: Iterable[Statement], actions: Collection[str]) -> Iterator[Ask[str]]:
    """What a model is asked for each statement. ``actions``: names that no question may give away."""
    forbidden = _telling_words(actions)
    for statement in statements:
        yield Ask(
            statement.id,
            SYSTEM,
            template_text(statement),
            partial(_read, statement, forbidden),
            MAX_TOKENS,
        )


def _read(statement: Statement, forbidden: Collection[str], reply: str) -> str:
    """The wording in a reply. Raises UnreadableError."""
    text = " ".join(reply.strip().strip("\"'`*").split())
    if len(text) > LONGEST or HIDDEN.search(text):
        raise UnreadableError(f"it is no plain sentence of at most {LONGEST} characters")
    told = [word for word in re.findall(r"[a-z]+", text.lower()) if any(word.startswith(stem) for stem in forbidden)]
    if told:
        raise UnreadableError(f"it may name an action: {told[0]!r}")
    found = read_question(text)
    if found != statement:
        instead = f"is read as another question ({template_text(found)})" if found else "cannot be read back"
        raise UnreadableError(f"{text!r} {instead}; keep to the words that name parts, phases, directions and order")
    return _cased(text, statement)


def _cased(text: str, statement: Statement) -> str:
    """Questions of PPR have parts with capitals, those of other tasks none."""
    for part in sorted(statement.parts, key=len, reverse=True):
        text = re.sub(rf"\b{part}\b", part.title() if statement.task == "PPR" else part, text, flags=re.IGNORECASE)
    return text[0].upper() + text[1:]


def _telling_words(actions: Collection[str]) -> tuple[str, ...]:
    """How words begin that name actions and stand in no template."""
    words = {word for action in actions for word in re.findall(r"[a-z]+", action.lower()) if len(word) > 3}
    stems = {re.sub(r"(?:ing|s)$", "", word) for word in words}
    return tuple(
        sorted(stem for stem in stems if len(stem) > 3 and not any(w.startswith(stem) for w in _template_words()))
    )


@cache
def _template_words() -> frozenset[str]:
    texts = [template for forms in templates().values() for template in forms]
    parts = "head torso left right upper lower arm arms hand hands leg legs foot feet body"
    return frozenset(re.findall(r"[a-z]+", " ".join([*texts, parts]).lower()))
