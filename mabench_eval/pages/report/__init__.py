"""The page of a finished run: its scores as tables and charts, and every question with all that became of it."""

from mabench_eval.pages.report.document import report_page, summary_page

__all__ = ["report_page", "summary_page"]
