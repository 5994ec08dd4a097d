"""A run: what is missing is asked, clip by clip; every answer is in the journal before the next is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from mabench_eval import __version__, sessions
from mabench_eval.asking import Answered, Asker, Here, View
from mabench_eval.config import RunConfig
from mabench_eval.costs import Budget
from mabench_eval.errors import ModelError
from mabench_eval.journal import FILE, Journal, Records, read_journal
from mabench_eval.judging import STAGE, Judging, with_judgments
from mabench_eval.plan import PlannedClip
from mabench_eval.preflight import Run, prepare
from mabench_eval.progress import Progress, Silent
from mabench_eval.results import Result, write_results
from mabench_eval.samples import read_sample, read_samples
from mabench_eval.types import Question, Request

ANSWERING = "answering"
GIVE_UP_AFTER = 60
"""Failures with no answer among them after which a model is taken to be broken: five clips' questions."""


def evaluate(
    model: str, tasks: str = "all", data: str = "demo", *, progress: Progress | None = None, **choices: Any
) -> Result:
    """Evaluate a model and return its scores; the same call again asks only what is missing.

    ``choices`` are the other fields of :class:`RunConfig` (``frames=8``, ``judge="lexical"``, ``limit=None``, ...).
    Raises InputError when something is missing before the start, ModelError when the model cannot go on, JournalError
    when nothing can be written. A question that failed does not raise: see ``Result.complete``.
    """
    return execute(prepare(RunConfig(model, tasks, data, **choices)), progress or Silent())


def execute(run: Run, progress: Progress) -> Result:
    """Ask what is not answered, judge what is not judged, write the results. Raises ModelError, JournalError.

    Answers are judged as they come. A judge that stops costs its own scores alone: the run goes on, and is incomplete.
    """
    with Journal(run.folder) as journal:
        for warning in journal.records.warnings:
            progress.note(warning)
        judges, total = run.judging.judges, len(run.plan.requests)
        journal.append(
            "session",
            version=__version__,
            **sessions.answering(run.card.name, total, run.engine.price),
            **sessions.judging(judges, len(open_questions(run))),
        )
        copy_records(run, journal)
        budget = _budget(run, journal.records)
        with Judging(run.judging, journal.records, journal.append, progress, budget) as judging:
            left = _unanswered(run, journal.records)
            progress.stage(ANSWERING, total, total - sum(len(planned.requests) for planned in left))
            answers = _OpenAnswers(run, journal.records, judging)
            if answers.judgments:
                progress.stage(STAGE, answers.judgments, 0)
            for key in list(journal.records.answers):
                answers.take(key)
            if left:
                _Asking(run, journal, progress, budget, answers.take).all(left)
            for line in judging.finish():
                progress.note(line)
        samples = with_judgments(
            read_samples(run.plan, journal.records, run.tasks), run.plan.questions, run.judging, journal.records
        )
        journal.append("end", **sessions.left(samples, judges))
        return write_results(run, samples, journal.records)


class _OpenAnswers:
    """Hands the answers to open questions on to the judges."""

    def __init__(self, run: Run, records: Records, judging: Judging) -> None:
        self._records, self._judging = records, judging
        self._tasks = {task.name: task for task in run.tasks if not task.closed}
        self._questions: dict[str, list[Question]] = {}
        if run.judging.judges:
            for question in open_questions(run):
                self._questions.setdefault(run.plan.keys[question.variant], []).append(question)
        self.judgments = sum(map(len, self._questions.values())) * len(run.judging.judges)
        """How many there will be, equal ones counted each."""

    def take(self, key: str) -> None:
        """The answer of that key is in the journal."""
        for question in self._questions.get(key, ()):
            self._judging.take(question, read_sample(question, self._tasks[question.task], key, self._records))


def open_questions(run: Run) -> list[Question]:
    """The questions of a run that a judge can score: open ones with a reference."""
    names = {task.name for task in run.tasks if not task.closed}
    return [question for question in run.plan.questions if question.task in names and question.answer is not None]


def _budget(run: Run, records: Records) -> Budget:
    """What the run may cost, less what it has cost."""
    budget = Budget(run.config.max_cost)
    prices = {judge.name: judge.price for judge in run.judging.judges}
    for record in records.answers.values():
        budget.spend(run.engine.price, record)
    for record in records.judgments.values():
        budget.spend(prices.get(record.get("judge", "")), record)
    return budget


def copy_records(run: Run, journal: Journal) -> None:
    """Copy answers and judgments that other runs of this model have (a smaller --limit, fewer tasks).

    Nothing is asked twice, and the journal of a run holds all it depends on: its folder can be kept alone.
    """
    for record in sibling_records(run, journal.records):
        journal.append(**record)


def sibling_records(run: Run, known: Records) -> list[dict[str, Any]]:
    """Records of wanted answers, and of judgments, that are not known here but in another run of the same model."""
    wanted = {request.key for request in run.plan.requests} - known.answers.keys()
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(run.folder.parent.glob(f"*/{FILE}")):
        if path.parent != run.folder and wanted:
            other = read_journal(path.parent)
            copied = {key: other.answers[key] for key in wanted & other.answers.keys()}
            if copied:  # with answers of ours, its judgments are of ours too; their keys say so when they are looked up
                copied |= {key: record for key, record in other.judgments.items() if key not in known.judgments}
            found |= {key: {"copied_from": path.parent.name, **record} for key, record in copied.items()}
            wanted -= other.answers.keys()
    return list(found.values())


def _unanswered(run: Run, records: Records) -> list[PlannedClip]:
    """The clips with the requests that have no answer."""
    left = []
    for planned in run.plan.clips:
        requests = tuple(request for request in planned.requests if request.key not in records.answers)
        if requests:
            left.append(PlannedClip(planned.clip, requests))
    return left


class _Asking:
    """The asking under way: what has no answer yet.

    ``answered(key)`` is called when an answer is in the journal.
    """

    def __init__(
        self, run: Run, journal: Journal, progress: Progress, budget: Budget, answered: Callable[[str], None]
    ) -> None:
        self._run, self._journal, self._progress, self._budget = run, journal, progress, budget
        self._answered = answered
        self._open: dict[str, Request] = {}
        self._failures: int | None = 0
        """Failures so far; None after the first answer."""

    def all(self, left: Sequence[PlannedClip]) -> None:
        """Ask all; every response goes to the journal as it comes."""
        self._open = {request.key: request for planned in left for request in planned.requests}
        asker = open_asker(self._run, self._progress.note)
        with closing(asker.ask(left, lambda: self._budget.reached)) as answers:
            for answered in answers:
                self._take(answered)
        if self._budget.reached:
            self._progress.note(
                f"stopped: --max-cost {self._budget.limit:g} is reached (${self._budget.spent:.2f} spent)"
            )

    def _take(self, answered: Answered) -> None:
        response = answered.response
        request = self._open.pop(response.key)
        if response.text is None:
            error = response.error or "the model gave no text"
            self._journal.append("error", request.key, **_told(request), error=error)
            self._progress.advance(ANSWERING, error)
            if not answered.of_clip:
                self._give_up_if_broken(response.error)
            return
        self._failures = None
        given = {name: value for name, value in asdict(response).items() if value is not None}
        fields = {**given, **_told(request), "frames": answered.frames}
        self._journal.append("answer", **fields)
        self._budget.spend(self._run.engine.price, fields)
        self._progress.advance(ANSWERING)
        self._answered(response.key)

    def _give_up_if_broken(self, error: str | None) -> None:
        if self._failures is None:
            return
        self._failures += 1
        if self._failures >= GIVE_UP_AFTER:
            raise ModelError(
                f"model {self._run.card.name!r} failed on its first {self._failures} questions; the last said: {error}",
                hint="Mend the model, then run the same command again.",
            )


def open_asker(run: Run, note: Callable[[str], None]) -> Asker:
    """The model in this process, or in workers where the run has some."""
    view = View(run.sampling, run.decoder, run.config.input, run.config.seed)
    if run.config.workers is None:
        return Here(run.engine, view, note)
    from mabench_eval.distributed.crew import Crew

    return Crew(run, view, note)


def _told(request: Request) -> dict[str, Any]:
    """What a line of the journal says of a request besides its key."""
    return {"qid": request.qid, "task": request.task, **({"repeat": request.repeat} if request.repeat else {})}
