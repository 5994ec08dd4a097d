"""The figures of a run, as ``scores.json`` holds them.

Accuracies and shares are percent, 0-100; levels 0-5; the final score 0-100. A figure that does not exist is None.
``docs/scores.md`` defines each; how they come about is told where they are worked out, in ``mabench_eval.scoring``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mabench_eval.errors import InputError
from mabench_eval.runfiles.codec import from_json, to_json
from mabench_eval.stats import LevelAgreement
from mabench_eval.types import Json

SCHEMA_VERSION = 1
"""Of ``scores.json``: raised when a key changes its meaning or goes, not when one is added. Files without it are 1."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of clips."""

    value: float | None
    """Percent."""
    n: int
    """Clips that it is of."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its error bar, by clips."""

    value: float
    clips: int
    """That it is over; of an average the number in its part with the fewest."""
    se: float | None
    """Clustered standard error, in the figure's unit."""
    low: float | None
    high: float | None
    """95 % interval; None, as is ``se``, where there is one clip alone."""
    method: str | None
    """``wilson`` or ``student``; ``bootstrap`` in runs of versions before."""


@dataclass(frozen=True, slots=True)
class FlagInterval(Interval):
    """The same on a part of the questions."""

    n: int
    """Questions."""


@dataclass(frozen=True, slots=True)
class GroupAccuracy:
    """The accuracy on clips of one label."""

    accuracy: float | None
    n: int
    """Answers."""


@dataclass(frozen=True, slots=True)
class GroupLevels:
    """The levels on clips of one label."""

    levels: Mapping[str, float | None]
    n: int
    """Answers."""


class TaskScores:
    """The scores of one task: ``YesNoScores``, ``ChoiceScores`` or ``OpenScores``, or ``ClosedScores`` of a plugin."""

    __slots__ = ()
    n: int
    """Askings with an outcome other than error."""
    total: int
    """All askings."""
    coverage: float
    """``n`` of ``total``, percent."""
    outcomes: Mapping[str, int]
    """Outcome -> askings."""

    @staticmethod
    def choose(data: Any) -> type[TaskScores]:
        """Which of them a JSON object holds."""
        keys = data if isinstance(data, dict) else {}
        if "levels" in keys:
            return OpenScores
        if "letters" in keys:
            return ChoiceScores
        return YesNoScores if "yes_rate" in keys else ClosedScores


@dataclass(frozen=True, slots=True)
class ClosedScores(TaskScores):
    """A task whose answers are read and compared."""

    accuracy: float | None
    n: int
    total: int
    coverage: float
    outcomes: Mapping[str, int]
    chance: float | None
    """Accuracy of a uniform guess, percent."""
    chance_corrected: float | None
    """0 at chance, 100 when all is right."""
    predictions: Mapping[str, int]
    """Option -> how often it was read."""
    by_body_part: Mapping[str, GroupAccuracy]
    by_action: Mapping[str, GroupAccuracy]


@dataclass(frozen=True, slots=True)
class YesNoScores(ClosedScores):
    """A task answered by Yes or No."""

    balanced_accuracy: float | None
    yes_rate: float | None
    """Percent of the readable predictions that say Yes."""


@dataclass(frozen=True, slots=True)
class LetterScores:
    """One letter of a choice task, percent."""

    predicted: float | None
    """Of the readable predictions."""
    reference: float | None
    """Of the references of questions with a response."""
    recall: float | None
    """Right of those where this letter is right."""


@dataclass(frozen=True, slots=True)
class ChoiceScores(ClosedScores):
    """A task answered by the letter of an option."""

    letters: Mapping[str, LetterScores]
    rstd: float | None
    """Standard deviation of the recalls, points."""


@dataclass(frozen=True, slots=True)
class JudgeScores:
    """What one judge gave."""

    judged: int
    """Samples with its score, those that are 0 by rule included."""
    levels: Mapping[str, float | None]
    """Means."""
    histogram: Mapping[str, tuple[int, ...]]
    """Level -> six counts, scores 0 to 5."""
    high: Mapping[str, float | None]
    """Level -> percent of scores of at least 4."""


@dataclass(frozen=True, slots=True)
class PanelScores:
    """What several judges gave together."""

    median: Mapping[str, float | None]
    """Level -> mean over samples of the judges' median."""
    agreement: Mapping[str, LevelAgreement]


@dataclass(frozen=True, slots=True)
class LabelScores:
    """The labels of one kind, coarse or fine, that open answers name."""

    accuracy: float | None
    """Percent right of ``n``."""
    named: float | None
    """Percent of ``n`` that name one."""
    n: int
    """Responses whose reference names a label."""
    same_as_closed: float | None
    """Percent of ``pairs`` in which it is the model's own closed answer."""
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenScores(TaskScores):
    """A task whose answers are judged."""

    levels: Mapping[str, float | None]
    """Means over the judged samples; of a panel's, over its judges too."""
    judged: int
    by_rule: int
    """Answers that are 0 without a judge."""
    judges: Mapping[str, JudgeScores]
    panel: PanelScores | None = None
    """Of more than one judge."""
    n: int
    total: int
    coverage: float
    outcomes: Mapping[str, int]
    by_body_part: Mapping[str, GroupLevels]
    by_action: Mapping[str, GroupLevels]
    labels: Mapping[str, LabelScores] | None = None
    """``coarse`` and ``fine``, of the task whose answers name them."""


@dataclass(frozen=True, slots=True)
class RepeatFigure:
    """What of a figure's error is the luck of the answers; squared units."""

    questions: int
    within: float | None
    """Variance of the answers to one question, a mean over questions; an average has none."""
    between: float | None
    """Variance of the questions' own means; an average has none."""
    se: float | None
    """Clustered standard error, as in the figure's interval."""
    luck_share: float | None
    """Percent of ``se`` squared, at most 100."""


@dataclass(frozen=True, slots=True)
class RepeatScores:
    """Of a run that asked its questions more than once."""

    k: int
    """The most answers that a question has."""
    figures: Mapping[str, RepeatFigure]


@dataclass(frozen=True, slots=True)
class CircularScores:
    """Of a choice task whose options were rotated."""

    n: int
    """Questions whose rotations all have an outcome other than error; the figures are over those."""
    total: int
    plain: Interval | None
    """Accuracy with the options as printed."""
    circular: Interval | None
    """Percent right under every rotation."""
    gap: Interval | None
    """Plain less circular, points."""
    by_rotation: tuple[float | None, ...]
    """Accuracies, from rotation 0."""
    consistent: float | None
    """Percent of which the same option is chosen under every rotation."""
    chance: float | None
    """Of a circular hit, percent."""
    letters: Mapping[str, LetterScores]
    """Over all rotations."""
    rstd: float | None


@dataclass(frozen=True, slots=True)
class FlagScores:
    """Closed accuracies without the questions that an audit flagged."""

    sha256: str
    """Of the file of flags."""
    clean: Mapping[str, FlagInterval]
    """On unflagged questions."""
    hard: Mapping[str, FlagInterval]
    """On those that the text-only probe gets wrong; empty when it was not tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of a run: what :func:`mabench_eval.scoring.score` works out of its samples."""

    n: int
    """Askings with an outcome other than error."""
    total: int
    coverage: float
    outcomes: Mapping[str, int]
    tasks: Mapping[str, TaskScores]
    """In the run's order."""
    closed_avg: float | None
    open_avg: float | None
    final: float | None
    intervals: Mapping[str, Interval]
    """Task, ``TASK LEVEL``, ``closed AVG``, ``open AVG``, ``final``."""
    hierarchy_consistency: Share
    """The coarse answer is the body part of the fine answer."""
    all_correct_per_clip: Share
    """Every closed question of the clip is right."""
    repeats: RepeatScores | None = None
    """Where questions were asked more than once."""
    circular: Mapping[str, CircularScores] | None = None
    """Task -> its scores, where options were rotated."""

    @property
    def open_tasks(self) -> dict[str, OpenScores]:
        """Those that are judged."""
        return {name: task for name, task in self.tasks.items() if isinstance(task, OpenScores)}

    @property
    def closed_tasks(self) -> dict[str, ClosedScores]:
        """Those whose answers are read and compared."""
        return {name: task for name, task in self.tasks.items() if isinstance(task, ClosedScores)}

    def accuracy(self, task: str) -> float | None:
        """A closed task's accuracy; None where the run has not asked it, or it has none."""
        scores = self.tasks.get(task)
        return scores.accuracy if isinstance(scores, ClosedScores) else None

    def level(self, task: str, level: str) -> float | None:
        """An open task's level; None where the run has not asked it, or it was not judged."""
        scores = self.tasks.get(task)
        return scores.levels.get(level) if isinstance(scores, OpenScores) else None


@dataclass(frozen=True, slots=True)
class JudgeRecord:
    """A judge of a run."""

    name: str
    official: bool
    """Whether it is the paper's."""
    model_id: str | None
    sha256: str
    """Of its identity."""
    identity: Json


@dataclass(frozen=True, slots=True)
class RubricRecord:
    """A rubric of a run."""

    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class BenchmarkRecord:
    """What a run was asked."""

    name: str
    sha256: str
    """Of the questions with their answers."""
    official: bool
    """Whether it is the whole official benchmark."""
    clips: int
    questions: int
    """Each counted once."""
    labelled: bool


@dataclass(frozen=True, slots=True)
class FramesRecord:
    """What a model saw of a clip."""

    count: int | None
    """None: not known, since the clip's own file was sent."""
    sampling: str

    @property
    def words(self) -> str:
        """In a line of facts."""
        return "clips sent whole" if self.count is None else f"{self.count} frames, {self.sampling} sampling"

    @property
    def of_a_clip(self) -> str:
        """The same, beside the word frames."""
        return "the endpoint's choice of each clip" if self.count is None else f"{self.count} a clip, {self.sampling}"


GENERATED, PREDICTED, HUMAN = "generate", "predicted", "human"
"""How answers came about: written freely by a model; read from a prediction file, whatever made it; by a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScores(Figures):
    """``scores.json``: who was scored, on what, by whom, and every figure."""

    model: str
    judges: tuple[JudgeRecord, ...]
    rubrics: Mapping[str, RubricRecord]
    benchmark: BenchmarkRecord
    frames: FramesRecord | None
    """None: the model does not look."""
    answers: str
    """``generate``, or how else closed answers came about; of answers that were given elsewhere ``PREDICTED`` or
    ``HUMAN``."""
    input: str
    """``video``, or what was shown instead."""
    complete: bool
    flags: FlagScores | None = None
    """With ``--flags``."""
    trained_clips: int = 0
    """Clips of the benchmark that the model was trained on, as far as its adapter's record tells."""
    name: str | None = None
    """What its author calls the run; None: as its model."""
    left_out_clips: int = 0
    """Clips whose files could not be used, that the run went on without."""

    @property
    def label(self) -> str:
        """What tables, pages and plots call the run: its name, else the model."""
        return self.name or self.model

    @property
    def unnamed_model(self) -> str | None:
        """The model, where the label does not say it; None where it does."""
        return self.model if self.label != self.model else None

    def to_json(self) -> dict[str, Any]:
        """The content of the file: first who and on what, then the figures."""
        content = to_json(self)
        head = ("model", "name", "judges", "rubrics", "benchmark", "frames", "answers", "input", "complete")
        first = {"schema": SCHEMA_VERSION, **{name: content.pop(name) for name in head if name in content}}
        return {**first, **content}

    @classmethod
    def from_json(cls, data: Any, where: str, hint: str = "") -> RunScores:
        """The scores in a file's content. Raises InputError naming ``where`` and the key that does not fit."""
        schema = data.get("schema", 1) if isinstance(data, dict) else None
        if type(schema) is int and schema > SCHEMA_VERSION:
            raise InputError(
                f"{where}: written by a newer version (schema {schema}; this one reads {SCHEMA_VERSION})",
                hint="Update mabench_eval.",
            )
        return from_json(cls, data, where, hint)
