"""Judge cards: what a judge of open answers sees and what it overlooks, measured without any human label.

See docs/judges.md.
"""

from mabench_eval.judging.check.card import (
    CHECK_HEADER,
    KIND_HEADER,
    OTHER_HEADER,
    card_markdown,
    check_rows,
    kind_rows,
    other_rows,
)
from mabench_eval.judging.check.check import check_judge

__all__ = [
    "CHECK_HEADER",
    "KIND_HEADER",
    "OTHER_HEADER",
    "card_markdown",
    "check_judge",
    "check_rows",
    "kind_rows",
    "other_rows",
]
