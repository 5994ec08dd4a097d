"""Answering: unanswered requests go to the model, and every response to the journal as it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from mabench_eval.answers import read_sample
from mabench_eval.errors import InputError, ModelError
from mabench_eval.execution.executor import AnsweredRequest, Executor, FrameView, InProcessExecutor
from mabench_eval.journal import COSTS, Budget, Journal, Progress, Records
from mabench_eval.judging import Judging
from mabench_eval.planning import PlannedClip, Run, open_questions
from mabench_eval.runfiles import response_fields
from mabench_eval.types import Question, Request, Response

ANSWERING = "answering"
"""The stage of a run's progress."""
GIVE_UP_AFTER = 60
"""Failures without any answer after which the model counts as broken: the questions of five clips."""


class OpenAnswers:
    """Passes answers to open questions on to the judges."""

    def __init__(self, run: Run, records: Records, judging: Judging) -> None:
        self._records, self._judging = records, judging
        self._tasks = {task.name: task for task in run.tasks if not task.closed}
        self._questions: dict[str, list[Question]] = {}
        if run.judging.judges:
            for question in open_questions(run):
                self._questions.setdefault(run.plan.keys[question.variant], []).append(question)
        self.judgments = sum(map(len, self._questions.values())) * len(run.judging.judges)
        """How many there will be, equal ones counted each."""

    def pass_on(self, key: str) -> None:
        """Have the answer of that key judged; it is in the journal. Nothing happens where its question is closed."""
        for question in self._questions.get(key, ()):
            self._judging.take(question, read_sample(question, self._tasks[question.task], key, self._records))


class Answering:
    """The stage in which the model is asked. ``on_answer(key)`` is called when an answer is in the journal."""

    def __init__(
        self, run: Run, journal: Journal, progress: Progress, budget: Budget, on_answer: Callable[[str], None]
    ) -> None:
        self._run, self._journal, self._progress, self._budget = run, journal, progress, budget
        run.engine.budget = budget
        self._on_answer = on_answer
        self._open: dict[str, Request] = {}
        self._left_to_decord: dict[str, str] = {}
        """Request key -> clip, of those that decord is to decode; empty once it has failed on one."""
        self._failures: int | None = 0
        """Failures so far; None after the first answer."""

    def ask(self, clips: Sequence[PlannedClip]) -> None:
        """Ask all requests of the clips. Raises ModelError when the model cannot go on, JournalError."""
        self._open = {request.key: request for planned in clips for request in planned.requests}
        if self._run.sampling and self._run.config.decoder == "decord":
            self._leave_to_decord(clips)
        try:
            with closing(self._executor().ask(clips, lambda: self._budget.reached)) as answers:
                for answered in answers:
                    self._record(answered)
        except ModelError as error:
            if error.trace:  # of no question: a line of the log
                self._journal.append("error", error=error.message, traceback=error.trace)
            raise

    def _executor(self) -> Executor:
        """The model in this process, or in workers where the run has some."""
        config, note = self._run.config, self._progress.note
        view = FrameView(self._run.sampling, config.input, config.seed, config.decoder)
        if config.workers is None:
            return InProcessExecutor(self._run.engine, view, note)
        from mabench_eval.execution.ray_executor import RayExecutor

        return RayExecutor(self._run, view, note)

    def _record(self, answered: AnsweredRequest) -> None:
        response = answered.response
        request = self._open.pop(response.key)
        try:
            given = response_fields(response)
        except InputError as unfit:  # from an author's model
            response = Response(response.key, error=str(unfit))
            given = {}
        about: dict[str, Any] = {"qid": request.qid, "task": request.task}
        if request.repeat:
            about["repeat"] = request.repeat
        self._tell_if_decord_failed(answered)
        if response.retries:
            self._progress.retried(ANSWERING, response.retries)

        # A failure is a line of the log and no answer: the next run asks again.
        if response.text is None:
            error = response.error or "the model gave no text"
            besides = {name: given[name] for name in (*COSTS, "price_factor", "retries", "traceback") if name in given}
            self._journal.append("error", request.key, **about, error=error, **besides)
            self._progress.advance(ANSWERING, error)
            if not answered.clip_failed:
                self._give_up_if_broken(response.error)
            return

        self._failures = None
        decoder = {"decoder": answered.decoder} if answered.decoder else {}
        self._journal.append("answer", response.key, **given, **about, frames=answered.frames, **decoder)
        self._progress.advance(ANSWERING)
        self._on_answer(response.key)

    def _leave_to_decord(self, clips: Sequence[PlannedClip]) -> None:
        """Say how many clips are not plain, so that PyAV decodes them; the others are decord's."""
        plain = [planned for planned in clips if planned.clip.frames is None]
        self._left_to_decord = {request.key: planned.clip.name for planned in plain for request in planned.requests}
        if others := len(clips) - len(plain):
            self._progress.note(f"--decoder decord: PyAV decodes {others} of {len(clips)} clips, which are not plain")

    def _tell_if_decord_failed(self, answered: AnsweredRequest) -> None:
        """Say so once; ``run.json`` has the number of clips."""
        clip = self._left_to_decord.get(answered.response.key)
        if clip is not None and answered.frames is not None and answered.decoder is None:
            self._left_to_decord = {}
            self._progress.note(f"decord failed on {clip}: PyAV decodes such clips, and run.json counts them")

    def _give_up_if_broken(self, error: str | None) -> None:
        if self._failures is None or self._budget.reached:
            return
        self._failures += 1
        if self._failures >= GIVE_UP_AFTER:
            raise ModelError(
                f"model {self._run.card.name!r} failed on its first {self._failures} questions; the last said: {error}",
                hint="Fix the model, then run the same command again.",
            )
