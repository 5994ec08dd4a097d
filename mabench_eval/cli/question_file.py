"""The question file of ``--data``, and one line where it is not in the official form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_line

if TYPE_CHECKING:
    from mabench_eval.benchmark import Benchmark
    from mabench_eval.catalogue import TaskCard


def read_questions(data: str, tasks: Mapping[str, TaskCard], clips: Path | None = None) -> Benchmark:
    """The benchmark; how it was read is told. Raises InputError."""
    from mabench_eval.benchmark import load_benchmark

    benchmark = load_benchmark(data, tasks, clips)
    print_note(benchmark)
    return benchmark


def print_note(benchmark: Benchmark) -> None:
    """Tell what of the file is not in the official form, and how it was read."""
    if benchmark.note:
        print_line(benchmark.note)
