"""The page of the leaderboard: its tables to sort and filter, its figures to compare."""

from mabench_eval.pages.leaderboard.document import (
    is_leaderboard_page_stale,
    leaderboard_page,
    write_leaderboard_page,
)

__all__ = ["is_leaderboard_page_stale", "leaderboard_page", "write_leaderboard_page"]
