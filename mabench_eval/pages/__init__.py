"""Pages: self-contained HTML files that load nothing, so that they open from disk, on a phone, and in ten years.

The base is ``page.py`` (a whole page), ``html.py`` (markup), ``blocks.py`` and ``browser.py`` (parts of pages),
``charts/`` and ``assets/``; each kind of page has a folder of its own beside them.
"""

from mabench_eval.pages.comparison import comparison_page
from mabench_eval.pages.leaderboard import leaderboard_page
from mabench_eval.pages.report import report_page

__all__ = ["comparison_page", "leaderboard_page", "report_page"]
