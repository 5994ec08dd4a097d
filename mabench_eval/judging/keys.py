"""The key of a judgment: all that a score depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mabench_eval.catalogue import TaskCard
from mabench_eval.journal import fingerprint
from mabench_eval.judging.judges import Judge
from mabench_eval.judging.requests import Rubric, read_rubric
from mabench_eval.types import JudgeRequest, Question


class JudgePlan:
    """What each judge is asked about an answer, under the key of its judgment."""

    def __init__(self, judges: Sequence[Judge], tasks: Sequence[TaskCard]) -> None:
        """Raises InputError for an open task without a rubric."""
        self.judges = tuple(judges)
        self.rubrics: Mapping[str, Rubric] = {task.name: read_rubric(task) for task in tasks if not task.closed}
        self.prices = {judge.name: judge.price for judge in judges}
        """Judge -> US dollars per million tokens; None where it costs nothing a token, or its price is not known."""
        self._levels = {task.name: task.levels for task in tasks}
        self._identities = [fingerprint(judge.identity) for judge in judges]

    def requests(self, question: Question, answer: str) -> list[JudgeRequest]:
        """One request a judge, in the judges' order; none for a closed question or one without a reference."""
        rubric, levels = self.rubrics.get(question.task), self._levels.get(question.task, ())
        if rubric is None or question.answer is None:
            return []
        asked = {"rubric": rubric.sha256, "levels": levels, "reference": question.answer, "answer": answer}
        return [
            JudgeRequest(
                fingerprint({"judge": judge, **asked}), question.task, levels, question.answer, answer, rubric.text
            )
            for judge in self._identities
        ]
