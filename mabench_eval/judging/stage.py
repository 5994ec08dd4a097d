"""The judging stage: open answers scored against their references, beside the answering or after it.

Each judge has a thread of its own and draws answers as they come. Equal reference, answer, rubric and judge are one
call, and what the journal holds is none. A failing judge does not stop the run; missing scores are requested next time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from mabench_eval.answers import NOT_JUDGED
from mabench_eval.errors import ModelError
from mabench_eval.journal import Budget, Progress, Records
from mabench_eval.judging.base import Judge
from mabench_eval.judging.judged import Keep, keep_judgment, known_judgment, with_judgments
from mabench_eval.judging.requests import JudgePlan
from mabench_eval.types import JudgeRequest, Judgment, Question, Sample

STAGE = "judging"
SHUTDOWN_GRACE_S = 5.0
"""Time that judges get to hand in what is in flight when a run is cut off."""


class Judging:
    """The judging of one run, as a context: ``take`` each answer, ``finish``, and leave.

    ``keep(kind, key, **fields)`` takes a record into ``records``; it is called from the judges' threads.
    """

    def __init__(
        self, plan: JudgePlan, records: Records, keep: Keep, progress: Progress, budget: Budget | None = None
    ) -> None:
        self._plan, self._records, self._progress = plan, records, progress
        self.budget = budget or Budget(None)
        """Shared with the model under test."""
        for judge in plan.judges:
            judge.charge(self.budget)
        self._workers = [_Worker(judge, keep, progress, self.budget) for judge in plan.judges]
        self._seen: set[str] = set()

    def __enter__(self) -> Self:
        """Begin with no thread: one starts when there is something to judge."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Cut off what is under way, when the run ends before ``finish``."""
        for worker in self._workers:
            worker.abandon()

    def take(self, question: Question, sample: Sample) -> None:
        """An open question's answer: to be judged, or 0 by rule."""
        if sample.by_rule:
            for _ in self._workers:
                self._progress.advance(STAGE)
        if sample.error != NOT_JUDGED or sample.prediction is None:
            return
        for worker, request in zip(self._workers, self._plan.requests(question, sample.prediction), strict=True):
            if request.key in self._seen or known_judgment(self._records, request):
                self._progress.advance(STAGE)
            else:
                self._seen.add(request.key)
                worker.put(request)

    def finish(self) -> list[str]:
        """Wait for all scores; what made a judge or the run stop, a line each. Raises what is no failure of a judge."""
        for worker in self._workers:
            worker.close()
        stopped = []
        for worker in self._workers:  # those that may not run beside others have waited for this
            worker.join()
            if isinstance(worker.failure, ModelError):
                stopped.append(f"judge {worker.judge.name!r} stopped: {worker.failure.message}")
            elif worker.failure is not None:
                raise worker.failure
        return [*stopped, str(self.budget)] if self.budget.reached else stopped


def judge_samples(
    samples: Sequence[Sample],
    questions: Sequence[Question],
    plan: JudgePlan,
    records: Records,
    keep: Keep,
    progress: Progress,
    budget: Budget | None = None,
) -> list[Sample]:
    """Samples that are all there, with their scores; ``samples`` and ``questions`` are in one order."""
    waiting = [(q, s) for q, s in zip(questions, samples, strict=True) if q.task in plan.rubrics]
    with Judging(plan, records, keep, progress, budget) as judging:
        progress.stage(STAGE, len(waiting) * len(plan.judges), 0)
        for question, sample in waiting:
            judging.take(question, sample)
        for line in judging.finish():
            progress.note(line)
    return with_judgments(samples, questions, plan, records)


class _Worker:
    """One judge with its thread."""

    def __init__(self, judge: Judge, keep: Keep, progress: Progress, budget: Budget) -> None:
        self.judge = judge
        self.failure: BaseException | None = None
        self._keep, self._progress, self._budget = keep, progress, budget
        self._feed: SimpleQueue[JudgeRequest | None] = SimpleQueue()
        self._any = self._abandoned = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"judge {judge.name}", daemon=True)

    def put(self, request: JudgeRequest) -> None:
        """One more to judge."""
        self._any = True
        self._feed.put(request)
        if self.judge.alongside and not self._thread.ident:
            self._thread.start()

    def close(self) -> None:
        """No more will come."""
        self._feed.put(None)

    def join(self) -> None:
        """Wait until all is judged; a judge that had to wait for the model's end begins here."""
        if self._any and not self._thread.ident:
            self._thread.start()
        if self._thread.ident:
            self._done.wait()  # not join: a thread whose join was interrupted counts as ended

    def abandon(self) -> None:
        """Take no more. What is on its way is kept if it comes soon; batches stay where they are."""
        self._abandoned = True
        self.judge.stop()
        self.close()
        if self._thread.ident:
            self._done.wait(SHUTDOWN_GRACE_S)

    def _work(self) -> None:
        try:
            for judgment in self.judge.judge(self._requests(), self._progress.note):
                self._take(judgment)
        except BaseException as error:  # noqa: BLE001 - raised again, or told, on the run's own thread
            self.failure = error
        finally:
            self._done.set()

    def _requests(self) -> Iterator[JudgeRequest]:
        for request in iter(self._feed.get, None):
            if self._abandoned or self._budget.reached:
                return
            yield request

    def _take(self, judgment: Judgment) -> None:
        keep_judgment(self._keep, judgment, self.judge.name)
        self._progress.advance(STAGE, judgment.error)
