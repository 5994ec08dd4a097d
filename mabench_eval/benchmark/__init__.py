"""The benchmark: question files in every published form, their clips, the variants of a question.

What enters reads and checks what a benchmark is made of, before anything runs; it knows no model and no run.
"""

from mabench_eval.benchmark.benchmark import Benchmark, load_benchmark, read_benchmark
from mabench_eval.benchmark.clip_files import EXTENSIONS as CLIP_EXTENSIONS
from mabench_eval.benchmark.clip_files import clip_name, find_clip_files, list_clip_files
from mabench_eval.benchmark.clips import read_clip, read_clips, unusable_clips, usable_clips
from mabench_eval.benchmark.options import parse_options, question_stem
from mabench_eval.benchmark.persons import MA52, PersonRule
from mabench_eval.benchmark.questions import check_rows, question_row
from mabench_eval.benchmark.sources import EXPORT, LABELLED, QUESTIONS, read_rows
from mabench_eval.benchmark.variants import as_printed, expand_variants, first_asked

__all__ = [
    "CLIP_EXTENSIONS",
    "EXPORT",
    "LABELLED",
    "MA52",
    "QUESTIONS",
    "Benchmark",
    "PersonRule",
    "as_printed",
    "check_rows",
    "clip_name",
    "expand_variants",
    "find_clip_files",
    "first_asked",
    "list_clip_files",
    "load_benchmark",
    "parse_options",
    "question_row",
    "question_stem",
    "read_benchmark",
    "read_clip",
    "read_clips",
    "read_rows",
    "unusable_clips",
    "usable_clips",
]
