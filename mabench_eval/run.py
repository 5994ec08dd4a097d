"""A run: what is missing is asked, clip by clip; every answer is in the journal before the next is looked at."""

from __future__ import annotations

from collections.abc import Generator, Sequence, Set
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from mabench_eval import __version__
from mabench_eval.config import RunConfig
from mabench_eval.costs import total_cost
from mabench_eval.errors import ClipError, JournalError, ModelError
from mabench_eval.frames import decode_ahead
from mabench_eval.journal import FILE, Journal, read_journal
from mabench_eval.judging import judge_samples
from mabench_eval.plan import PlannedClip
from mabench_eval.preflight import Run, prepare
from mabench_eval.progress import Progress, Silent
from mabench_eval.prompts import one_text
from mabench_eval.results import Result, write_results
from mabench_eval.samples import read_samples
from mabench_eval.types import Clip, ClipWork, Frames, Request, Response
from mabench_eval.video import DECODERS

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
    """Ask what is not answered, judge what is not judged, write the results. Raises ModelError, JournalError."""
    with Journal(run.folder) as journal:
        for warning in journal.records.warnings:
            progress.note(warning)
        journal.append("session", version=__version__)
        copy_answers(run, journal)
        ask(run, journal, progress)
        samples = read_samples(run.plan, journal.records, run.tasks)
        if run.judge:
            samples = judge_samples(
                samples, run.plan.questions, run.tasks, run.judge, journal.records, journal.append, progress
            )
        journal.append("end")
        try:
            return write_results(run, samples, journal.records)
        except OSError as error:
            raise JournalError(
                f"cannot write results to {run.folder}: {error.strerror or error}",
                hint="All answers are safe in the journal. Make room, then run the same command again.",
            ) from error


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would ask."""

    questions: dict[str, int]
    """Task -> questions."""
    requests: int
    """Distinct requests to the model."""
    answered: int
    """Of them, those whose answer is already in a journal."""
    clips: int
    """Clips that would be opened; 0 when the model does not look."""
    images: int
    """Frames that would be sent, those of a clip once a question."""
    prompt_tokens: int | None
    """Estimate for what is left to ask: four characters a token, and the frames; None where a frame's are not known."""
    cost_usd: float | None
    """The most that is left to pay, every answer as long as allowed; None where no price is known."""
    folder: str
    """Where the results would go."""


def forecast(run: Run) -> Forecast:
    """What a run would ask, without asking."""
    known = set(read_journal(run.folder).answers)
    known |= _sibling_answers(run, known).keys()
    left = [planned for planned in run.plan.clips if any(r.key not in known for r in planned.requests)]
    ask = [request for planned in left for request in planned.requests if request.key not in known]
    images = len(ask) * run.sampling.count if run.sampling else 0
    tokens = _prompt_tokens(ask, images, run.engine.image_tokens)
    longest = {"prompt_tokens": tokens, "output_tokens": sum(request.max_tokens for request in ask)}
    price = run.engine.price
    return Forecast(
        questions={task.name: sum(q.task == task.name for q in run.plan.questions) for task in run.tasks},
        requests=len(run.plan.requests),
        answered=sum(request.key in known for request in run.plan.requests),
        clips=len(left) if run.sampling else 0,
        images=images,
        prompt_tokens=tokens,
        cost_usd=price.of(longest) if price and tokens is not None else None,
        folder=str(run.folder),
    )


def _prompt_tokens(ask: Sequence[Request], images: int, image_tokens: int | None) -> int | None:
    if image_tokens is None:
        return None
    return sum(len(one_text(request)) for request in ask) // 4 + images * image_tokens


def copy_answers(run: Run, journal: Journal) -> None:
    """Copy answers that other runs of this model have (a smaller --limit, fewer tasks, another judge).

    Nothing is asked twice, and the journal of a run holds all it depends on: its folder can be kept alone.
    """
    for record in _sibling_answers(run, journal.records.answers.keys()).values():
        journal.append(**record)


def _sibling_answers(run: Run, known: Set[str]) -> dict[str, dict[str, Any]]:
    """Key -> record of wanted answers that are not known here but in another run of the same model."""
    wanted = {request.key for request in run.plan.requests} - known
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(run.folder.parent.glob(f"*/{FILE}")):
        if wanted and path.parent != run.folder:
            answers = read_journal(path.parent).answers
            found |= {key: {"copied_from": path.parent.name, **answers[key]} for key in wanted & answers.keys()}
            wanted -= answers.keys()
    return found


def ask(run: Run, journal: Journal, progress: Progress) -> None:
    """Put every unanswered question to the model. Raises ModelError when nothing succeeds."""
    answers = journal.records.answers
    left = []
    for planned in run.plan.clips:
        requests = tuple(request for request in planned.requests if request.key not in answers)
        if requests:
            left.append(PlannedClip(planned.clip, requests))
    total = len(run.plan.requests)
    progress.stage("answering", total, total - sum(len(planned.requests) for planned in left))
    if left:
        _Asking(run, journal, progress).all(left)


class _Asking:
    """The asking under way: what has been handed to the model and has not come back."""

    def __init__(self, run: Run, journal: Journal, progress: Progress) -> None:
        self._run, self._journal, self._progress = run, journal, progress
        self._pending: dict[str, tuple[Request, tuple[int, ...] | None]] = {}
        self._failures: int | None = 0
        """Failures so far; None after the first answer."""
        self._spent = total_cost(journal.records.answers.values(), run.engine.price) or 0.0
        """US dollars, all answers of the journal."""

    def all(self, left: Sequence[PlannedClip]) -> None:
        """Ask all; every response goes to the journal as it comes."""
        model = self._run.engine.load(self._progress.note, self._decode)
        with closing(self._work(left)) as work:
            for response in model.generate(work):
                self._take(response)
        if self._too_dear():
            limit = self._run.config.max_cost
            self._progress.note(f"stopped: --max-cost {limit:g} is reached (${self._spent:.2f} spent)")
        for request, _ in list(self._pending.values()):
            self._take(Response(request.key, error="the model gave no response"))

    def _work(self, left: Sequence[PlannedClip]) -> Generator[ClipWork]:
        """The clips with their frames, decoded ahead; the questions of one that cannot be decoded become errors."""
        if self._run.sampling is None:
            for planned in left:
                if self._too_dear():
                    return
                yield self._hand_over(planned, None)
            return
        with closing(decode_ahead(left, lambda planned: self._decode(planned.clip))) as decoded:
            for planned, get in decoded:
                if self._too_dear():
                    return
                try:
                    frames = get()
                except ClipError as error:
                    for request in planned.requests:
                        self._fail(request, error.message)
                else:
                    yield self._hand_over(planned, frames)

    def _decode(self, clip: Clip) -> Frames:
        run = self._run
        assert run.decoder and run.sampling and clip.path, "the preflight sees to these"
        return DECODERS[run.decoder](clip.path, run.sampling)

    def _too_dear(self) -> bool:
        limit = self._run.config.max_cost
        return limit is not None and self._spent >= limit

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
        fields = {**given, "qid": request.qid, "task": request.task, "frames": indices}
        self._journal.append("answer", **fields)
        self._spent += self._run.engine.price.of(fields) if self._run.engine.price else 0.0
        self._progress.advance()

    def _fail(self, request: Request, error: str) -> None:
        fields = {"qid": request.qid, "task": request.task, "error": error}
        self._journal.append("error", request.key, **fields)
        self._progress.advance(error)

    def _give_up_if_broken(self, error: str | None) -> None:
        if self._failures is None:
            return
        self._failures += 1
        if self._failures >= GIVE_UP_AFTER:
            raise ModelError(
                f"model {self._run.card.name!r} failed on its first {self._failures} questions; the last said: {error}",
                hint="Mend the model, then run the same command again.",
            )
