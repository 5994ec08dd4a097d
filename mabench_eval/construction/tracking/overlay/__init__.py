"""Pictures of what a tracker found: the parts on the frames, and how far each went when, by every source.

What enters is a clip with its tracks and its descriptor; what leaves is the content of a PNG or MP4 file.
"""

from mabench_eval.construction.tracking.overlay.draw import FORMS, VERSION, draw_overlay

__all__ = ["FORMS", "VERSION", "draw_overlay"]
