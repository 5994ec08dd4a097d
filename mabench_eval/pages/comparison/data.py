"""What a comparison shows: two runs, their differences, and the questions where they can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mabench_eval.benchmark import first_asked
from mabench_eval.errors import InputError
from mabench_eval.runfiles import RunFiles, read_run_files
from mabench_eval.runs import Pair, compare, read_run
from mabench_eval.types import Question, Sample


@dataclass(frozen=True)
class ComparedRun:
    """One of the two runs."""

    name: str
    """As in the pair: the model, with its input and run id where they are needed to tell it from the other."""
    files: RunFiles
    samples: Sequence[Sample]

    @cached_property
    def first_samples(self) -> Mapping[str, Sample]:
        """Question id -> sample of its first asking, options as printed."""
        return {sample.qid: sample for sample in first_asked(self.samples)}

    @property
    def asked_again(self) -> bool:
        """Whether there are repeats or rotations, which ``first_samples`` leaves out."""
        return len(self.first_samples) < len(self.samples)


@dataclass(frozen=True)
class ComparisonData:
    """The two runs, and what they are compared by."""

    pair: Pair
    first: ComparedRun
    second: ComparedRun
    questions: Mapping[str, Question]
    """Question id -> question as printed; empty where the question file cannot be read."""
    problems: Sequence[str]
    """Why question texts are missing, or which run's they are."""

    @property
    def runs(self) -> tuple[ComparedRun, ComparedRun]:
        """First and second."""
        return self.first, self.second


def read_comparison_data(
    first: Path, second: Path, *, data: str | None = None, include: Sequence[Path] = ()
) -> ComparisonData:
    """The comparison of two folders; ``data`` and ``include``: for runs of an early version, see ``read_run``.

    Raises:
        InputError: A file of a folder is missing or not what a run writes, naming it and the key; or there is nothing
            to compare.
    """
    (pair,) = compare([first, second])
    runs: list[ComparedRun] = []
    questions: dict[str, Question] = {}
    source: dict[str, str] = {}  # sha256 of a question file that can be read -> name of its run
    problems: list[str] = []
    for name, folder in ((pair.first, first), (pair.second, second)):
        files = read_run_files(folder)
        sha256 = files.scores.benchmark.sha256
        if sha256 not in source:
            try:
                files = finished = read_run(folder, data=data, include=include)
                questions = {question.qid: question for question in first_asked(finished.questions)} | questions
                source[sha256] = name
            except InputError as error:
                problems.append(error.message)  # the page can do without question texts
        runs.append(ComparedRun(name, files, files.samples()))

    if source:
        problems = []
        if runs[0].files.scores.benchmark.sha256 != runs[1].files.scores.benchmark.sha256:
            name = next(iter(source.values()))
            problems = [f"The runs were made on different question files; a text that differs is that of {name}."]
    return ComparisonData(pair, runs[0], runs[1], questions, problems)
