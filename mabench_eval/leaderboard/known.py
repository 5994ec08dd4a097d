"""What an entry is compared with: known benchmarks, the paper's prompts, its rubrics and its judge, all as hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mabench_eval.journal import fingerprint
from mabench_eval.parsing import read_yaml
from mabench_eval.runfiles import BenchmarkRecord, from_json

FILE = Path(__file__).with_name("known.yaml")


@dataclass(frozen=True, slots=True)
class KnownBenchmark:
    """A benchmark whose questions are known by their number and a digest of their ids."""

    name: str
    sha256: str | None
    """Of the questions with their answers, in the file's order; None: its answers are hidden."""
    clips: int
    tasks: Mapping[str, tuple[int, str]]
    """Task -> number of its questions, and their :func:`ids_digest`. Every clip has as many of them as any other."""

    def on_each_clip(self, task: str) -> int:
        """Questions of a task on each clip."""
        return self.tasks[task][0] // self.clips


@dataclass(frozen=True, slots=True)
class Known:
    """All of it."""

    benchmarks: tuple[KnownBenchmark, ...]
    prompts: Mapping[str, Mapping[str, tuple[str, str]]]
    """Task -> version of its card -> digest of the paper's protocol's prompt, with the task's instructions in the user
    message, and the same with all of them in the system message."""
    rubrics: Mapping[str, Mapping[str, str]]
    """Open task -> version -> sha256."""
    judges: Mapping[str, tuple[str, ...]]
    """The paper's judge: name -> sha256 of its identities."""

    def benchmark(self, record: BenchmarkRecord) -> KnownBenchmark | None:
        """The benchmark that a run was made on; None where it is not known."""
        for each in self.benchmarks:
            if record.sha256 == each.sha256 or (record.official and each.sha256 is None):
                return each
        return None

    @property
    def official(self) -> KnownBenchmark:
        """The 12,000 published questions."""
        return next(each for each in self.benchmarks if each.sha256 is None)


@cache
def known() -> Known:
    """The table that comes with the library."""
    return from_json(Known, read_yaml(FILE).value, str(FILE))


def ids_digest(questions: Iterable[tuple[str, str]]) -> str:
    """sha256 of the (question id, clip) pairs of a task, whatever their order."""
    return fingerprint(sorted([qid, clip] for qid, clip in questions))
