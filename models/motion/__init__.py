"""The motion baseline: pixels, body parts, questions, labels, prose. No learned weights."""

from .body import BodyMotion, body_motion_of
from .model import MotionModel
from .pixels import shrink

__all__ = ["BodyMotion", "MotionModel", "body_motion_of", "shrink"]
