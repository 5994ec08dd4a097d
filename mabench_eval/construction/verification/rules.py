"""Rules: each question is answered anew from what was measured and labelled, by its words alone.

The words of a question are read back to a statement, and the descriptor says whether it is true; options are read as a
model's are; references must rest on what is true. Whatever cannot be read is "not verified", and never "fine".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from string import ascii_uppercase
from types import MappingProxyType

from mabench_eval.answers import read_labels
from mabench_eval.benchmark import parse_options
from mabench_eval.construction.captions import Sentence
from mabench_eval.construction.captions.facts import Known, fact_of
from mabench_eval.construction.folder import ClipRow
from mabench_eval.construction.questions import BuiltQuestion, read_question, truth
from mabench_eval.construction.questions.statements import STATEMENT_TASKS
from mabench_eval.construction.verification.evidence import ClipEvidence
from mabench_eval.construction.verification.rows import Verdict
from mabench_eval.taxonomy import MICRO_ACTIONS, label

BY = "rules"
OTHERWISE = "the descriptor says otherwise"
OPEN = "the descriptor leaves it open"
ANOTHER = "its words say another statement than it was made of"
TWICE = "an option stands twice"
NOT_THERE = "the label is not among the options"
WRONG_LETTER = "the label stands at another letter"
EMPTY = "the reference is empty"
LABELS = "the reference names other labels than the clip's"
FALSE = "a sentence of the reference rests on what is not so"
REJECTIONS = (OTHERWISE, OPEN, ANOTHER, TWICE, NOT_THERE, WRONG_LETTER, EMPTY, LABELS, FALSE)
"""Why a question is left out, in words that are counted."""
UNREAD = "its words cannot be read back"
NO_DESCRIPTOR = "its clip is not described"
NO_CAPTION = "its clip has no caption"
OLD_CAPTION = "its reference is not the caption's"
UNKNOWN_TASK = "there is no rule for its task"
UNKNOWN_FACT = "a sentence rests on something of an unknown kind"


def check_questions(clip: ClipEvidence) -> Iterable[tuple[BuiltQuestion, Verdict]]:
    """What the rules say of each question on a clip."""
    known = Known(clip.descriptor) if clip.descriptor is not None else None
    for question in clip.questions:
        yield question, _RULES.get(question.task, _no_rule)(question, clip, known)


def _statement(question: BuiltQuestion, clip: ClipEvidence, _: Known | None) -> Verdict:
    statement = read_question(question.text)
    if statement is None or statement.task != question.task:
        return _unverified(UNREAD)
    if clip.descriptor is None:
        return _unverified(NO_DESCRIPTOR)
    said = truth(statement, clip.descriptor)
    answer = None if said is None else "Yes" if said else "No"
    if answer is None:
        return _contradicts(OPEN)
    if answer != question.answer:
        return _contradicts(OTHERWISE, answer)
    if question.statement is not None and question.statement != statement.id:
        return _contradicts(ANOTHER, answer)
    return Verdict("rules", BY, "agrees", answer, f"read as {statement.id}")


def _choice(question: BuiltQuestion, clip: ClipEvidence, _: Known | None) -> Verdict:
    right = clip.row.coarse if question.task == "CMAR" else clip.row.fine
    try:
        options = parse_options(question.text, ascii_uppercase)
    except ValueError:
        return _unverified(UNREAD)
    labels = {letter: label(option).casefold() for letter, option in options.items()}
    if max(Counter(labels.values()).values()) > 1:
        return _contradicts(TWICE)
    letters = [letter for letter, name in labels.items() if name == right.casefold()]
    if not letters:
        return _contradicts(NOT_THERE)
    if letters != [question.answer]:
        return _contradicts(WRONG_LETTER, letters[0])
    return Verdict("rules", BY, "agrees", letters[0], f"the clip's label is {right}")


def _description(question: BuiltQuestion, clip: ClipEvidence, known: Known | None) -> Verdict:
    if not question.answer.strip():
        return _contradicts(EMPTY)
    if clip.caption is None:
        return _unverified(NO_CAPTION)
    text, sentences = (
        (clip.caption.mare_text, clip.caption.mare)
        if question.task == "MARE"
        else (clip.caption.madu_text, clip.caption.madu)
    )
    if question.task == "MARE" and not _names_labels(question.answer, clip.row):
        return _contradicts(LABELS)
    if text != question.answer:
        return _unverified(OLD_CAPTION)
    if known is None:
        return _unverified(NO_DESCRIPTOR)
    return _resting(sentences, known)


def _resting(sentences: Iterable[Sentence], known: Known) -> Verdict:
    """Whether all that sentences rest on is true of the clip."""
    ids = [id for sentence in sentences for id in sentence.statements]
    try:
        facts = [fact_of(id) for id in ids]
    except ValueError:
        return _unverified(UNKNOWN_FACT)
    if not all(known.truth(fact) for fact in facts):
        return _contradicts(FALSE)
    return Verdict("rules", BY, "agrees", None, f"all of {len(ids)} statements that it rests on are true")


def _names_labels(text: str, row: ClipRow) -> bool:
    """Whether a text commits itself to the clip's labels; of actions of the user's own, whether it names them."""
    if row.fine in MICRO_ACTIONS.values():
        found = read_labels(text)
        return (found.coarse, found.fine) == (row.coarse, row.fine)
    return row.coarse.casefold() in text.casefold() and row.fine.casefold() in text.casefold()


def _no_rule(question: BuiltQuestion, clip: ClipEvidence, _: Known | None) -> Verdict:
    return _unverified(UNKNOWN_TASK)


def _contradicts(reason: str, answer: str | None = None) -> Verdict:
    return Verdict("rules", BY, "contradicts", answer, reason)


def _unverified(reason: str) -> Verdict:
    return Verdict("rules", BY, "not verified", None, reason)


_Rule = Callable[[BuiltQuestion, ClipEvidence, Known | None], Verdict]
CHOICE_TASKS = ("CMAR", "FMAR")
REFERENCE_TASKS = ("MADU", "MARE")
_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        **dict.fromkeys(STATEMENT_TASKS, _statement),
        **dict.fromkeys(CHOICE_TASKS, _choice),
        **dict.fromkeys(REFERENCE_TASKS, _description),
    }
)
