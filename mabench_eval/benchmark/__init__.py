"""The benchmark: question files in every published form, their clips, the variants of a question.

What enters reads and checks what a benchmark is made of, before anything runs; it knows no model and no run.
"""

from mabench_eval.benchmark.benchmark import Benchmark, load_benchmark, read_benchmark
from mabench_eval.benchmark.clips import read_clips, usable_clips
from mabench_eval.benchmark.questions import question_row
from mabench_eval.benchmark.sources import read_rows
from mabench_eval.benchmark.variants import as_printed, expand_variants, first_asked

__all__ = [
    "Benchmark",
    "as_printed",
    "expand_variants",
    "first_asked",
    "load_benchmark",
    "question_row",
    "read_benchmark",
    "read_clips",
    "read_rows",
    "usable_clips",
]
