"""CoTracker3 on points of the person's mask, beside a skeleton: the sources of the paper."""

from .tracker import CoTracker3

__all__ = ["CoTracker3"]
