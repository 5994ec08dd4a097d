"""The audit of a benchmark: whether it is whole and fair, and how far one gets without the video.

The gate is its verdict: whether the benchmark may go out.
"""

from mabench_eval.auditing.findings import Finding, Reading
from mabench_eval.auditing.flags import write_flags
from mabench_eval.auditing.gate import MUST_NOT_BE, Gate, take_gate
from mabench_eval.auditing.looks import BY_CLIP, BY_STATEMENT
from mabench_eval.auditing.overlap import Material, overlaps, persons_of
from mabench_eval.auditing.probe import INSTALL, TextProbe
from mabench_eval.auditing.report import (
    COUNTS,
    LOOKS,
    SHARES,
    WORDS,
    alarms,
    count_rows,
    finding_lines,
    flag_lines,
    how,
    look_rows,
    report_markdown,
    share_rows,
    shown_looks,
    verdict_lines,
    word_rows,
)
from mabench_eval.auditing.run import Audit, audit
from mabench_eval.auditing.structure import MA_52, PER_CLIP, Parts

__all__ = [
    "BY_CLIP",
    "BY_STATEMENT",
    "COUNTS",
    "INSTALL",
    "LOOKS",
    "MA_52",
    "MUST_NOT_BE",
    "PER_CLIP",
    "SHARES",
    "WORDS",
    "Audit",
    "Finding",
    "Gate",
    "Material",
    "Parts",
    "Reading",
    "TextProbe",
    "alarms",
    "audit",
    "count_rows",
    "finding_lines",
    "flag_lines",
    "how",
    "look_rows",
    "overlaps",
    "persons_of",
    "report_markdown",
    "share_rows",
    "shown_looks",
    "take_gate",
    "verdict_lines",
    "word_rows",
    "write_flags",
]
