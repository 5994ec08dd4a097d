"""The judging stage: open answers scored against their references, by any judge, each distinct pair once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from mabench_eval.catalogue import JudgeCard, TaskCard
from mabench_eval.catalogue.schema import did_you_mean
from mabench_eval.engines.python import identity, registered
from mabench_eval.errors import InputError
from mabench_eval.fingerprint import fingerprint
from mabench_eval.journal import Records
from mabench_eval.progress import Progress
from mabench_eval.registry import REGISTRY
from mabench_eval.rubrics import rubric_hash
from mabench_eval.samples import texts_to_judge, with_judgments
from mabench_eval.types import Json, JudgeRequest, Judgment, Question, Sample

HIGHEST = 5
"""Levels are integers 0-5."""


class Judge(Protocol):
    """Who scores open answers."""

    @property
    def identity(self) -> Json:
        """All that the scores depend on besides rubric, reference and answer."""

    def judge(self, requests: Iterable[JudgeRequest]) -> Iterator[Judgment]:
        """Score each request; yield judgments as they come, in any order, keyed as the requests."""


class PythonJudge:
    """A registered function ``f(request) -> Judgment``, run in this process."""

    def __init__(self, card: JudgeCard) -> None:
        self._card = card
        self._code = registered(card, REGISTRY.judges)

    @property
    def identity(self) -> Json:
        """The card, and the hash of the code: edited code is another judge."""
        return identity(self._card, self._code)

    def judge(self, requests: Iterable[JudgeRequest]) -> Iterator[Judgment]:
        """Score one after the other; what the function raises, or a level it must not give, is "no score"."""
        function: Callable[[JudgeRequest], Judgment] = self._code.target
        for request in requests:
            try:
                yield checked(function(request), request)
            except Exception as error:  # noqa: BLE001 - a user's judge may raise anything; only this score is lost
                yield Judgment(request.key, error=f"{type(error).__name__}: {error}")


def open_judge(card: JudgeCard) -> Judge:
    """The judge of a card. Raises InputError for an engine that does not exist."""
    if card.engine != "python":
        raise InputError(f"{card.source}: no judge engine {card.engine!r}{did_you_mean(card.engine, ['python'])}")
    return PythonJudge(card)


def checked(judgment: Judgment, request: JudgeRequest) -> Judgment:
    """The judgment, if it has an integer 0-5 for each level asked; else one that says "no score" and why."""
    levels = judgment.levels
    if levels is None:
        return judgment
    good = all(type(levels.get(name)) is int and 0 <= levels[name] <= HIGHEST for name in request.levels)
    if good and set(levels) == set(request.levels):
        return judgment
    return Judgment(request.key, error=f"expected an integer 0-5 for each of {', '.join(request.levels)}, got {levels}")


def judge_samples(
    samples: Sequence[Sample],
    questions: Sequence[Question],
    tasks: Sequence[TaskCard],
    judge: Judge,
    records: Records,
    keep: Callable[..., None],
    progress: Progress,
) -> list[Sample]:
    """The samples with a judge's levels. What ``records`` hold is not judged again.

    ``keep(kind, key, **fields)`` takes a record into ``records`` (``Journal.append`` also writes it).
    """
    requests = _requests(questions, texts_to_judge(samples), tasks, judge)
    distinct = {request.key: request for request in requests.values()}
    waiting = [request for key, request in distinct.items() if key not in records.judgments]
    progress.stage("judging", len(distinct), len(distinct) - len(waiting))
    for judgment in judge.judge(waiting):
        if judgment.levels is None:
            keep("error", judgment.key, error=judgment.error)
        else:
            keep("judgment", judgment.key, levels=dict(judgment.levels), reasons=dict(judgment.reasons))
        progress.advance(judgment.error)
    return with_judgments(samples, requests, records)


def _requests(
    questions: Sequence[Question], answers: Mapping[str, str], tasks: Sequence[TaskCard], judge: Judge
) -> dict[str, JudgeRequest]:
    """Qid -> what the judge is asked, for open questions that have a reference and an answer.

    ``answers`` maps qid to the text to judge. Equal reference, answer, rubric and judge give equal keys: asked once.
    """
    judge_key = fingerprint(judge.identity)
    rubrics = {task.name: (task, rubric_hash(task)) for task in tasks if not task.closed}
    requests = {}
    for question in questions:
        if question.task in rubrics and question.answer is not None and question.qid in answers:
            task, rubric = rubrics[question.task]
            requests[question.qid] = _request(question, answers[question.qid], task, rubric, judge_key)
    return requests


def _request(question: Question, answer: str, task: TaskCard, rubric: str, judge_key: str) -> JudgeRequest:
    reference = question.answer or ""
    key = fingerprint({
        "judge": judge_key, "rubric": rubric, "levels": task.levels, "reference": reference, "answer": answer
    })  # fmt: skip
    return JudgeRequest(key, task.name, task.levels, question.text, reference, answer)
