"""The judging stage: open answers scored against their references, by any judge, each distinct pair once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mabench_eval.catalogue import TaskCard
from mabench_eval.fingerprint import fingerprint
from mabench_eval.journal import Records
from mabench_eval.judging.judges import Judge
from mabench_eval.progress import Progress
from mabench_eval.rubrics import rubric_hash
from mabench_eval.samples import texts_to_judge, with_judgments
from mabench_eval.types import JudgeRequest, Question, Sample


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
