"""Skeletons that were made elsewhere, as one source of tracks."""

from .tracker import SkeletonTracker, open_files

__all__ = ["SkeletonTracker", "open_files"]
