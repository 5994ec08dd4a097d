"""Pages: self-contained HTML files that load nothing, so that they open from disk, on a phone, and in ten years.

The base is ``page.py`` (a page put together), ``html.py`` (markup), ``blocks.py`` (its parts), ``charts/`` and
``assets/``; each kind of page has a package of its own beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mabench_eval.pages.comparison import comparison_page
    from mabench_eval.pages.leaderboard import leaderboard_page
    from mabench_eval.pages.report import report_page

__all__ = ["comparison_page", "leaderboard_page", "report_page"]


def __getattr__(name: str) -> Any:
    """Import a kind of page when it is first used: the base is for all, also for what the report itself needs."""
    if name == "comparison_page":
        from mabench_eval.pages.comparison import comparison_page

        return comparison_page
    if name == "leaderboard_page":
        from mabench_eval.pages.leaderboard import leaderboard_page

        return leaderboard_page
    if name != "report_page":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mabench_eval.pages.report import report_page

    return report_page
