"""Runs of answers that were given elsewhere: those of a prediction file, or of a person. Nothing is asked.

Such a run has all the files of any other, so that it is reported, compared, judged again and put on the leaderboard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mabench_eval._version import __version__
from mabench_eval.answers import failed, sample_of
from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import Catalogue, TaskCard, select_tasks
from mabench_eval.errors import InputError
from mabench_eval.journal import Journal, Progress, Records, answering_session, judging_session, session_end
from mabench_eval.judging import JudgePlan, judge_samples, open_judges
from mabench_eval.planning import (
    QUESTION,
    RunConfig,
    clips_in_scope,
    folder_name,
    make_plan,
    run_id,
    run_identity,
)
from mabench_eval.runfiles import HUMAN, RECORD, RunScores, read_record
from mabench_eval.runs.material import Material
from mabench_eval.runs.record import given_record
from mabench_eval.runs.writing import Result, run_scores, write_files
from mabench_eval.scoring import read_flags
from mabench_eval.types import Clip, Json, Question, Sample


@dataclass(frozen=True, slots=True)
class GivenAnswers:
    """Answers to questions of a benchmark, and whose they are."""

    texts: Mapping[str, str]
    """Question id -> the very words. One that is not there, or is blank, has no answer: it is missing, not wrong."""
    kind: str
    """``PREDICTED`` or ``HUMAN``."""
    missing: str
    """Why a question has none."""
    words: Mapping[str, TaskCard]
    """Task -> its card, with the words in which it was put."""
    source: Json = field(default_factory=dict)
    """What else tells these answers from others of the same name."""


def human_answers(texts: Mapping[str, str], tasks: Mapping[str, TaskCard]) -> GivenAnswers:
    """What a person has answered so far, who read the bare questions."""
    words = {name: replace(task, system_prompt="", user_prompt=QUESTION) for name, task in tasks.items()}
    return GivenAnswers(texts, HUMAN, "not answered by them", words)


class GivenRun:
    """A run that such answers make."""

    def __init__(self, given: GivenAnswers, config: RunConfig, benchmark: Benchmark, catalogue: Catalogue) -> None:
        """``config``: whose ``model`` names the run. Raises InputError where nothing can be scored as it says."""
        self._given, self._config, self._benchmark = given, config, benchmark
        asked = {question.task for question in benchmark.questions}
        self._words = {name: given.words.get(name, task) for name, task in catalogue.tasks.items() if name in asked}
        self._tasks = select_tasks(config.tasks, self._words)
        names, clips = {task.name for task in self._tasks}, clips_in_scope(benchmark.clip_names, config.limit, None)
        scope = set(clips)
        self.questions = tuple(q for q in benchmark.questions if q.task in names and q.clip in scope)
        """In the benchmark's order."""
        if not self.questions:
            raise InputError(f"{benchmark.file} has no question of the tasks {config.tasks!r} in the chosen clips")
        self._flags = read_flags(config.flags, self.questions) if config.flags else None

        judges = open_judges(config.judge, catalogue, config.judge_settings)
        needed = benchmark.labelled and not all(task.closed for task in self._tasks)
        self._judging = JudgePlan(judges if needed else (), self._tasks)
        if problems := self._judging.problems(self.questions):
            raise InputError("nothing was scored", problems=problems)

        base = {
            "model": {"name": config.model, "answers": given.kind, **given.source},
            "sampling": None,
            "seed": config.seed,
            "repeat": 0,
        }
        self._identity = run_identity(config, benchmark, self._tasks, base)
        self._plan = make_plan(self.questions, self._tasks, {name: Clip(name) for name in clips}, base)

    @property
    def is_judged(self) -> bool:
        """Whether there are open answers, and judges for them."""
        return bool(self._judging.judges)

    @property
    def folder(self) -> Path:
        """Where such a run belongs: ``<output>/<model>/<run id>``."""
        return self._config.output / folder_name(self._config.model) / run_id(self._benchmark, self._identity)

    def score(self, records: Records, keep: Callable[..., None], progress: Progress) -> RunScores:
        """The scores alone. ``keep`` writes judgments into ``records``."""
        return self._scores(self._judged(records, keep, progress))

    def write(self, folder: Path, progress: Progress) -> Result:
        """Write the whole run; the same answers again give the same files, and no judge is asked twice.

        Raises InputError where the folder holds another run, JournalError where it cannot be written.
        """
        self._check_folder(folder)
        material = Material(self._benchmark, self._words, self._judging.rubrics, {}, flags=self._flags).files()
        with Journal(folder) as journal:
            for warning in journal.records.warnings:
                progress.note(warning)
            answers = self._answers()
            judged = [q for q in self.questions if q.task in self._judging.rubrics and q.answer is not None]
            journal.append(
                "session",
                version=__version__,
                **answering_session(self._config.model, len(self._plan.requests), None),
                **judging_session(self._judging.prices, len(judged)),
            )
            for key, (question, text) in answers.items():
                known = journal.records.answers.get(key)
                if known is None or known["text"] != text:
                    journal.append("answer", key, text=text, qid=question.qid, task=question.task)
            samples = self._judged(journal.records, journal.append, progress)
            journal.append("end", **session_end(samples, judged=self.is_judged))

            scores = self._scores(samples)
            material.write(folder)
            record = given_record(
                self._config,
                self._benchmark,
                self._tasks,
                self._judging,
                self._identity,
                [journal.records.answers[key] for key in answers],
                journal.records,
                scores,
                material.hashes,
            )
            return write_files(folder, scores, samples, self._tasks, record)

    def _check_folder(self, folder: Path) -> None:
        if not (folder / RECORD).exists():
            return
        model = read_record(folder).identity.get("model", {})
        if (model.get("name"), model.get("answers")) != (self._config.model, self._given.kind):
            raise InputError(
                f"{folder} holds another run, of {model.get('name')}; nothing was written",
                hint="Name another folder: --output DIR",
            )

    def _answers(self) -> dict[str, tuple[Question, str]]:
        """Key -> question and words; of questions that are word for word the same on one clip the first."""
        answers: dict[str, tuple[Question, str]] = {}
        for question in self.questions:
            if text := self._text(question):
                answers.setdefault(self._plan.keys[question.variant], (question, text))
        return answers

    def _text(self, question: Question) -> str | None:
        """The words; None where there are none, or only blanks."""
        text = self._given.texts.get(question.qid)
        return text if text is not None and text.strip() else None

    def _judged(self, records: Records, keep: Callable[..., None], progress: Progress) -> list[Sample]:
        """The samples in the order of the questions, open ones judged."""
        samples = [self._sample(question) for question in self.questions]
        return judge_samples(samples, self.questions, self._judging, records, keep, progress)

    def _sample(self, question: Question) -> Sample:
        text = self._text(question)
        if text is None:
            return failed(question, "empty answer" if question.qid in self._given.texts else self._given.missing)
        return sample_of(question, self._words[question.task], text)

    def _scores(self, samples: Sequence[Sample]) -> RunScores:
        return run_scores(
            self._config.model,
            self._judging,
            self._benchmark,
            self.questions,
            self._tasks,
            samples,
            answers=self._given.kind,
            flags=self._flags,
        )
