"""A tracker that plays its part by the name of the clip, and folders of small clips with labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.benchmarks import write_clip

CARD = """\
name: scripted
description: Parts go where the bright square goes; by the clip's name something else.
licence: MIT
settings: {speed: 1.0, log: ""}
"""
CODE = '''\
"""The scripted tracker."""
import os
import signal
from pathlib import Path

import numpy as np

from mabench_eval import PARTS, ClipError, TrackedClip, Tracks, register_tracker


@register_tracker("scripted")
class Scripted:
    def __init__(self, settings):
        self.speed, self.log = settings["speed"], settings["log"]

    @staticmethod
    def problems(settings):
        return ["it is too fast"] if settings["speed"] > 9 else []

    @staticmethod
    def identity(settings):
        return {"speed": settings["speed"]}

    def track(self, clip):
        if self.log:
            with open(self.log, "a") as log:
                log.write(clip.name + "\\n")
        if clip.name.startswith("nobody"):
            raise ClipError(f"clip {clip.name}: no person is found in any of its pictures")
        if clip.name.startswith("boom"):
            raise RuntimeError("boom")
        if clip.name.startswith("killer") and not Path(self.log + ".mended").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        times, middles = [], []
        for seconds, picture in clip.pictures():
            bright = np.argwhere(picture.min(axis=2) > 200)
            times.append(seconds)
            middles.append(bright.mean(axis=0)[::-1] if len(bright) else (0, 0))
        if clip.name.startswith("short"):
            times, middles = times[:-6], middles[:-6]
        place = self.speed * np.array(middles)[:, None] / 20 * np.linspace(0, 1, len(PARTS))[None, :, None]
        seen = np.ones(place.shape[:2])
        sources = (Tracks("pose", place, seen, {"head yaw": place[:, 3, 0]}), Tracks("flow", place * 0.9, seen))
        return TrackedClip(np.array(times), clip.sides, 20.0, 1.0, sources, persons=1)
'''
ACTIONS = ("Nodding", "Waving", "Tiptoe")


def write_tracker(folder: Path) -> Path:
    """A folder to ``--include``."""
    (folder / "trackers").mkdir(parents=True, exist_ok=True)
    (folder / "trackers" / "scripted.yaml").write_text(CARD)
    (folder / "trackers" / "scripted.py").write_text(CODE)
    return folder


def write_clips(folder: Path, names: Sequence[str], frames: int = 12) -> tuple[Path, Path]:
    """A folder of clips, and a file of their labels beside it."""
    for number, name in enumerate(names):
        write_clip(folder / "videos" / f"{name}.mp4", frames=1 if name.startswith("one") else frames, seed=number)
    rows = [f"{name}.mp4,{ACTIONS[number % len(ACTIONS)]}" for number, name in enumerate(names)]
    labels = folder / "labels.csv"
    labels.write_text("\n".join(["video,action", *rows]) + "\n")
    return folder / "videos", labels
