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


def read_comparison_data(first: Path, second: Path) -> ComparisonData:
    """The comparison of two folders.

    Raises:
        InputError: A file of a folder is missing or not what a run writes, naming it and the key; or there is nothing
            to compare.
    """
    files = [read_run_files(folder) for folder in (first, second)]
    samples = [each.samples() for each in files]
    (pair,) = compare([first, second])
    runs = ComparedRun(pair.first, files[0], samples[0]), ComparedRun(pair.second, files[1], samples[1])
    return ComparisonData(pair, *runs, *_read_questions(runs))


def _read_questions(runs: Sequence[ComparedRun]) -> tuple[dict[str, Question], list[str]]:
    """The questions by their ids, and what is wrong with them."""
    same_file = len({run.files.scores.benchmark.sha256 for run in runs}) == 1
    questions: dict[str, Question] = {}
    readable: list[ComparedRun] = []
    problems: list[str] = []
    for run in runs:
        if same_file and readable:
            break  # the other's are the same
        try:
            own = first_asked(read_run(run.files.folder).questions)
        except InputError as error:
            problems.append(error.message)
            continue
        questions = {question.qid: question for question in own} | questions
        readable.append(run)

    if same_file or not readable:
        return questions, [] if readable else problems
    return questions, [
        f"The runs were made on different question files; a text that differs is that of {readable[0].name}."
    ]
