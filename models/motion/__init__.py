"""The motion baseline: pixels, body parts, questions, labels, prose. No learned weights."""

from .model import MotionModel

__all__ = ["MotionModel"]
