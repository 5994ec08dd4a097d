"""The benchmark: question files in every published form, checked whole before anything runs."""

from mabench_eval.benchmark.benchmark import Benchmark, load_benchmark
from mabench_eval.benchmark.clips import read_clips

__all__ = ["Benchmark", "load_benchmark", "read_clips"]
