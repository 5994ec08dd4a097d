"""What a person is asked, and what they may say to it: answers, decisions and new words, checked."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

from mabench_eval.benchmark import parse_options, question_stem
from mabench_eval.construction.decisions.rows import REASONS, Decision
from mabench_eval.construction.questions import BuiltQuestion, read_question
from mabench_eval.errors import InputError
from mabench_eval.types import AnswerKind, Question

LONGEST = 20_000
"""Characters of an answer, of new words, of a note."""
_KINDS = {
    **dict.fromkeys(("CMAR", "FMAR"), AnswerKind.CHOICE),
    **dict.fromkeys(("SAD", "MAD", "MAS", "PPR"), AnswerKind.YES_NO),
    **dict.fromkeys(("MADU", "MARE"), AnswerKind.TEXT),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a person sees it, and without its answer."""

    digest: str
    qid: str
    task: str
    clip: str
    kind: AnswerKind
    stem: str
    """What is asked, without the options."""
    options: dict[str, str]
    """Letter -> option as printed; empty but for a choice."""

    @property
    def answers(self) -> tuple[str, ...]:
        """Those that there are; empty for a text."""
        return ("Yes", "No") if self.kind is AnswerKind.YES_NO else tuple(self.options)

    def problem(self, answer: str) -> str | None:
        """Why this is no answer to it."""
        if self.kind is AnswerKind.TEXT:
            if not answer.strip():
                return "an answer has words"
            return None if len(answer) <= LONGEST else f"an answer has {LONGEST:,} characters at most"
        return None if answer in self.answers else f"{answer!r} is none of {', '.join(self.answers)}"


def asked_of(question: BuiltQuestion) -> Asked:
    """What of a question people are asked. Raises InputError for a choice without options."""
    kind = _KINDS[question.task]
    if kind is not AnswerKind.CHOICE:
        return Asked(question.digest, question.qid, question.task, question.clip, kind, question.text, {})
    try:
        options = parse_options(question.text, ascii_uppercase)
    except ValueError as error:
        raise InputError(f"question {question.qid}: {error}") from error
    return Asked(question.digest, question.qid, question.task, question.clip, kind, stem_of(question), options)


def stem_of(question: BuiltQuestion) -> str:
    """The words of a question without its options."""
    is_choice = _KINDS[question.task] is AnswerKind.CHOICE
    return question_stem(question.text) if is_choice else question.text


def asked_in(question: Question, kind: AnswerKind, digest: str) -> Asked:
    """The same of a question of a finished benchmark."""
    stem = question_stem(question.text) if kind is AnswerKind.CHOICE else question.text
    return Asked(digest, question.qid, question.task, question.clip, kind, stem, dict(question.options))


def check_decision(decision: Decision, question: BuiltQuestion) -> None:
    """Raise InputError for what nobody can decide: no reason, an answer that is none, words that ask something else."""
    asked = asked_of(question)
    problem = _problem(decision, question, asked)
    if problem:
        raise InputError(f"question {question.qid}: {problem}")


def _problem(decision: Decision, question: BuiltQuestion, asked: Asked) -> str | None:
    if decision.act != "accept" and decision.reason not in REASONS:
        return f"to {decision.act} it takes a reason, one of: {', '.join(REASONS)}"
    if (decision.answer is not None) != (decision.act == "correct"):
        return "a right answer goes with `correct`, and with nothing else"
    if (decision.text is not None) != (decision.act == "reword"):
        return "new words go with `reword`, and with nothing else"
    if decision.answer is not None:
        same = "it is the answer already" if decision.answer == question.answer else None
        return asked.problem(decision.answer) or same
    if decision.text is not None:
        return _words_problem(decision.text, question, asked)
    return None


def _words_problem(text: str, question: BuiltQuestion, asked: Asked) -> str | None:
    if text == asked.stem:
        return "these are its words already"
    if text != text.strip() or not text or "\n" in text or len(text) > LONGEST:
        return f"new words are one line, without blanks around it, {LONGEST:,} characters at most"
    if question.statement is None:
        return None
    found = read_question(text)
    if found is not None and found.id == question.statement:
        return None
    asks = "they leave doubt what they ask for" if found is None else f"they ask for {found.id}"
    return (
        f"the new words do not ask for {question.statement}: {asks}. The answer is known for that alone; say it "
        "plainly, with the same parts, third and directions, or drop the question"
    )
