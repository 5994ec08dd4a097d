"""Strips of the frames that a model saw, one small picture a clip, decoded anew as in the run."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from mabench_eval.benchmark import usable_clips
from mabench_eval.errors import ClipError, InputError
from mabench_eval.pages.report.data import ReportData
from mabench_eval.types import Clip, Frames
from mabench_eval.video import Sampling, WholeClip, arranged, check_decoder, decode, other_clips, prepare_ahead

HEIGHT = 72
"""Pixels of a frame."""
QUALITY = 60
"""Of the JPEG, 1-95."""


@dataclass(frozen=True, slots=True)
class Strips:
    """The strips of a run's clips."""

    pictures: Mapping[str, str] = field(default_factory=dict)
    """Clip -> JPEG in base64: its frames from left to right in the order in which they were shown."""
    problems: tuple[str, ...] = ()
    """Why clips have none, a line each."""


def make_strips(data: ReportData) -> Strips:
    """The strips of the clips of a run, as far as they can be made: a clip that is gone lacks only its own.

    A run whose model did not look has none. Where the model was shown another clip's frames, or its own in another
    order, so are they here.
    """
    record, config = data.record, data.run.config
    if record.frames is None:
        return Strips(problems=("the model did not look at frames",))
    if record.frames["rule"] == WholeClip.rule:
        return Strips(problems=("clips were sent whole: which frames the model saw is not known",))
    try:
        check_decoder()
        names = dict.fromkeys(sample.clip for sample in data.samples)
        clips, problems = _same_clips(list(names), data.run.material.clips or {}, data.run.clip_folder)
    except InputError as error:
        return Strips(problems=(error.message,))
    sampling = Sampling(record.frames["rule"], record.frames["frames"])
    shown = other_clips(names, clips, config.seed) if config.input == "other-clip" and len(names) > 1 else clips

    def frames_of(name: str) -> Frames:
        clip = shown[name]
        return arranged(decode(clip, sampling), config.input, config.seed, clip)

    pictures = {}
    for name, get_frames in prepare_ahead(shown, frames_of):
        try:
            pictures[name] = strip(get_frames())
        except ClipError as error:
            problems.append(error.message)
    return Strips(pictures, tuple(problems))


def _same_clips(names: Sequence[str], known: Mapping[str, Clip], folder: Path) -> tuple[dict[str, Clip], list[str]]:
    """The clips that can be used and are those of the run (``known``), and what is wrong with the others."""
    clips, problems = usable_clips(names, folder)
    others = [name for name, clip in clips.items() if name in known and known[name].sha256 != clip.sha256]
    problems += [f"{name}: not the clip that the model saw, its bytes differ" for name in others]
    return {name: clip for name, clip in clips.items() if name not in others}, problems


def strip(frames: Frames) -> str:
    """Frames side by side, each ``HEIGHT`` pixels high, as a JPEG in base64.

    ``frames.pixels`` are (T, H, W, 3); the picture is ``HEIGHT`` high and T times as wide as a frame.
    """
    height, width = frames.pixels.shape[1:3]
    size = (max(1, round(width * HEIGHT / height)), HEIGHT)
    small = [np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX)) for frame in frames.pixels]
    stream = io.BytesIO()
    Image.fromarray(np.concatenate(small, axis=1)).save(stream, "JPEG", quality=QUALITY, optimize=True)
    return base64.b64encode(stream.getvalue()).decode()
