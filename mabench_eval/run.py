"""A run: what is missing is asked, clip by clip; every answer is in the journal before the next is looked at."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from mabench_eval import __version__
from mabench_eval.config import RunConfig
from mabench_eval.costs import Budget
from mabench_eval.errors import ClipError, ModelError
from mabench_eval.frames import decode_ahead
from mabench_eval.input_modes import arranged
from mabench_eval.journal import FILE, Journal, Records, read_journal
from mabench_eval.judging import STAGE, Judging, with_judgments
from mabench_eval.plan import PlannedClip
from mabench_eval.preflight import Run, prepare
from mabench_eval.progress import Progress, Silent
from mabench_eval.results import Result, write_results
from mabench_eval.samples import read_sample, read_samples
from mabench_eval.types import Clip, ClipWork, Frames, Question, Request, Response
from mabench_eval.video import DECODERS

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
        journal.append("session", version=__version__)
        copy_records(run, journal)
        budget = _budget(run, journal.records)
        with Judging(run.judging, journal.records, journal.append, progress, budget) as judging:
            left = _unanswered(run, journal.records)
            total = len(run.plan.requests)
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
        journal.append("end")
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
    """The asking under way: what has been handed to the model and has not come back.

    ``answered(key)`` is called when an answer is in the journal.
    """

    def __init__(
        self, run: Run, journal: Journal, progress: Progress, budget: Budget, answered: Callable[[str], None]
    ) -> None:
        self._run, self._journal, self._progress, self._budget = run, journal, progress, budget
        self._answered = answered
        self._pending: dict[str, tuple[Request, tuple[int, ...] | None]] = {}
        self._failures: int | None = 0
        """Failures so far; None after the first answer."""

    def all(self, left: Sequence[PlannedClip]) -> None:
        """Ask all; every response goes to the journal as it comes."""
        model = self._run.engine.load(self._progress.note, self._decode)
        with closing(self._work(left)) as work:
            for response in model.generate(work):
                self._take(response)
        if self._budget.reached:
            self._progress.note(
                f"stopped: --max-cost {self._budget.limit:g} is reached (${self._budget.spent:.2f} spent)"
            )
        for request, _ in list(self._pending.values()):
            self._take(Response(request.key, error="the model gave no response"))

    def _work(self, left: Sequence[PlannedClip]) -> Generator[ClipWork]:
        """The clips with their frames, decoded ahead; the questions of one that cannot be decoded become errors."""
        if self._run.sampling is None:
            for planned in left:
                if self._budget.reached:
                    return
                yield self._hand_over(planned, None)
            return
        with closing(decode_ahead(left, lambda planned: self._shown(planned.clip))) as decoded:
            for planned, get in decoded:
                if self._budget.reached:
                    return
                try:
                    frames = get()
                except ClipError as error:
                    for request in planned.requests:
                        self._fail(request, error.message)
                else:
                    yield self._hand_over(planned, frames)

    def _shown(self, clip: Clip) -> Frames:
        config = self._run.config
        return arranged(self._decode(clip), config.input, config.seed, clip)

    def _decode(self, clip: Clip) -> Frames:
        run = self._run
        assert run.decoder and run.sampling and clip.path, "the preflight sees to these"
        return DECODERS[run.decoder](clip.path, run.sampling)

    def _hand_over(self, planned: PlannedClip, frames: Frames | None) -> ClipWork:
        indices = frames.indices if frames else None  # not the frames: they must go when the engine lets go of them
        self._pending |= {request.key: (request, indices) for request in planned.requests}
        return ClipWork(planned.clip, frames, planned.requests)

    def _take(self, response: Response) -> None:
        request, indices = self._pending.pop(response.key)
        if response.text is None:
            self._fail(request, response.error or "the model gave no text")
            self._give_up_if_broken(response.error)
            return
        self._failures = None
        given = {name: value for name, value in asdict(response).items() if value is not None}
        fields = {**given, **_told(request), "frames": indices}
        self._journal.append("answer", **fields)
        self._budget.spend(self._run.engine.price, fields)
        self._progress.advance(ANSWERING)
        self._answered(response.key)

    def _fail(self, request: Request, error: str) -> None:
        self._journal.append("error", request.key, **_told(request), error=error)
        self._progress.advance(ANSWERING, error)

    def _give_up_if_broken(self, error: str | None) -> None:
        if self._failures is None:
            return
        self._failures += 1
        if self._failures >= GIVE_UP_AFTER:
            raise ModelError(
                f"model {self._run.card.name!r} failed on its first {self._failures} questions; the last said: {error}",
                hint="Mend the model, then run the same command again.",
            )


def _told(request: Request) -> dict[str, Any]:
    """What a line of the journal says of a request besides its key."""
    return {"qid": request.qid, "task": request.task, **({"repeat": request.repeat} if request.repeat else {})}
