"""A training corpus from a built benchmark or a labelled question file, with recipes for LLaMA-Factory."""

from mabench_eval.training.corpus import CorpusReport, CorpusSettings, write_corpus
from mabench_eval.training.split import SplitReport, split_file

__all__ = ["CorpusReport", "CorpusSettings", "SplitReport", "split_file", "write_corpus"]
