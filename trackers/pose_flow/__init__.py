"""Pose by MediaPipe and optical flow by OpenCV: two sources that err in different ways about the same body.

A pose knows where a part is, and drifts where joints are hidden; flow knows when and where something moves, and loses
the place. What both say is nearly always so.
"""

from .tracker import PoseFlow

__all__ = ["PoseFlow"]
