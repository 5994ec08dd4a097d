"""The audit of a benchmark: whether it is whole and fair, and how far one gets without the video."""

from mabench_eval.auditing.flags import write_flags
from mabench_eval.auditing.probe import INSTALL, TextProbe
from mabench_eval.auditing.report import (
    COUNTS,
    SHARES,
    SHORTCUTS,
    WORDS,
    alarms,
    count_rows,
    finding_lines,
    flag_lines,
    how,
    report_markdown,
    share_rows,
    shortcut_rows,
    word_rows,
)
from mabench_eval.auditing.run import Audit, audit
from mabench_eval.auditing.structure import PER_CLIP

__all__ = [
    "COUNTS",
    "INSTALL",
    "PER_CLIP",
    "SHARES",
    "SHORTCUTS",
    "WORDS",
    "Audit",
    "TextProbe",
    "alarms",
    "audit",
    "count_rows",
    "finding_lines",
    "flag_lines",
    "how",
    "report_markdown",
    "share_rows",
    "shortcut_rows",
    "word_rows",
    "write_flags",
]
