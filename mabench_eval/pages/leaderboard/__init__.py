"""The page of the leaderboard: its tables to sort and filter, its figures to compare."""

from mabench_eval.pages.leaderboard.document import HTML_FILE, leaderboard_page

__all__ = ["HTML_FILE", "leaderboard_page"]
