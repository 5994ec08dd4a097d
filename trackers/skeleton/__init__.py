"""Skeletons that were made elsewhere, as one source of tracks."""

from .tracker import SkeletonTracker

__all__ = ["SkeletonTracker"]
