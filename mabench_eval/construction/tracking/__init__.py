"""``track``: clips to tracks by a tracker's card, tracks to descriptors, and pictures of both."""

from mabench_eval.construction.tracking.opening import OpenTracker, open_tracker
from mabench_eval.construction.tracking.stage import TrackReport, folder_tracker, forecast_tracking, track_clips
from mabench_eval.construction.tracking.track_files import read_tracks
from mabench_eval.construction.tracking.trackers import ClipToTrack, Picture, Tracker

__all__ = [
    "ClipToTrack",
    "OpenTracker",
    "Picture",
    "TrackReport",
    "Tracker",
    "folder_tracker",
    "forecast_tracking",
    "open_tracker",
    "read_tracks",
    "track_clips",
]
