"""Pages: self-contained HTML files that load nothing, so that they open from disk, on a phone, and in ten years.

The base is ``page.py`` (a whole page), ``html.py`` (markup), ``blocks.py`` and ``browser.py`` (parts of pages),
``charts/`` and ``assets/``; each kind of page has a folder of its own beside them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mabench_eval.pages.comparison import comparison_page
    from mabench_eval.pages.leaderboard import leaderboard_page
    from mabench_eval.pages.report import report_page, summary_page
    from mabench_eval.pages.review import review_page

__all__ = ["comparison_page", "leaderboard_page", "report_page", "review_page", "summary_page"]
_HOMES = {"summary_page": "report"}
"""Page -> its folder, where that does not bear its name."""


def __getattr__(name: str) -> Any:
    """Import a kind of page when it is first used: no page needs what another one is made of."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, name.removesuffix('_page'))}"), name)
