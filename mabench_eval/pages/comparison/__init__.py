"""The page of two runs side by side: what differs, figure by figure and question by question."""

from mabench_eval.pages.comparison.document import comparison_page

__all__ = ["comparison_page"]
