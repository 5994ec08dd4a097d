"""What a report shows: a finished run with its files, and what several sections derive from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mabench_eval.benchmark import as_printed, first_asked
from mabench_eval.catalogue import TaskCard
from mabench_eval.leaderboard import Paper, load_paper
from mabench_eval.runfiles import Interval, RunRecord, RunScores
from mabench_eval.runs import FinishedRun
from mabench_eval.scoring import ClipLabels, GradedAnswer, clip_labels, question_scores, score_intervals
from mabench_eval.taxonomy import label
from mabench_eval.types import Question, Sample, Variant


@dataclass(frozen=True)
class ReportData:
    """A finished run, and what the sections of its report are made of."""

    run: FinishedRun

    @property
    def record(self) -> RunRecord:
        """The run's settings, versions, times and totals."""
        return self.run.record

    @property
    def scores(self) -> RunScores:
        """The run's figures."""
        return self.run.scores

    @property
    def samples(self) -> Sequence[Sample]:
        """In the benchmark's order: one for each time a question was asked."""
        return self.run.lines

    @cached_property
    def first_samples(self) -> list[Sample]:
        """Of each question the first asking, options as printed."""
        return first_asked(self.samples)

    @cached_property
    def tasks(self) -> Mapping[str, TaskCard]:
        """Name -> the run's task, with the prompts that were used."""
        return {task.name: task for task in self.run.tasks}

    @cached_property
    def questions(self) -> Mapping[Variant, Question]:
        """Variant -> the run's question."""
        return {question.variant: question for question in self.run.questions}

    @cached_property
    def labels(self) -> Mapping[str, ClipLabels]:
        """Clip -> what it shows, by its references."""
        return clip_labels(self.run.benchmark.questions)

    @cached_property
    def paper(self) -> Paper | None:
        """The paper's tables; None unless the run is on the whole official benchmark, which they are about."""
        return load_paper() if self.scores.benchmark.official else None

    @cached_property
    def body_part_intervals(self) -> Mapping[str, Interval]:
        """``TASK PART`` -> interval of the task's accuracy on clips of that body part, as those in ``scores.json``.

        ``scores.json`` holds these accuracies without intervals; of repeats they are means, here as there.
        """
        answers = [
            GradedAnswer(sample.qid, sample.clip, f"{sample.task} {shown.body_part}", sample.correct, None)
            for sample in as_printed(self.samples)
            if sample.correct is not None and (shown := self.labels.get(sample.clip)) and shown.body_part
        ]
        return score_intervals(question_scores(answers), trials=Counter(answer.task for answer in answers))

    def option_label(self, sample: Sample, letter: str | None) -> str | None:
        """The label behind a letter of a sample's question; None for no letter."""
        question = self.questions.get(sample.variant)
        option = question.options.get(letter or "") if question else None
        return label(option) if option else None
