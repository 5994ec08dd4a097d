"""The page on which people answer and review questions; a server fills it, or data within it."""

from mabench_eval.pages.review.document import review_page

__all__ = ["review_page"]
