"""The audit of a benchmark: whether it is whole and fair, and how far one gets without the video."""

from mabench_eval.auditing.flags import write_flags
from mabench_eval.auditing.probe import TextProbe
from mabench_eval.auditing.report import report_markdown
from mabench_eval.auditing.run import Audit, audit

__all__ = ["Audit", "TextProbe", "audit", "report_markdown", "write_flags"]
