"""Strips of the frames that a model saw, one small picture a clip, decoded anew as in the run."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from mabench_eval.benchmark import read_clips
from mabench_eval.errors import ClipError, InputError
from mabench_eval.runs import FinishedRun
from mabench_eval.types import Clip, Frames
from mabench_eval.video import DECODERS, Sampling, arranged, other_clips, pick_decoder, prepare_ahead

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


def make_strips(run: FinishedRun, clips: Iterable[str]) -> Strips:
    """The strips of these clips, those that can be made: a clip that is gone costs its own strip alone.

    Of a run whose model did not look there are none. Where it was shown another clip's frames, or its own in another
    order, so are they here.
    """
    config, names = run.config, list(clips)
    if run.record["frames"] is None:
        return Strips(problems=("the model did not look at frames",))
    sampling, decode = Sampling(config.sampling, config.frames), DECODERS[_decoder(run)]
    found, problems = _there(run, names)
    shown = other_clips(found, config.seed) if config.input == "other-clip" and len(found) > 1 else found

    def frames_of(name: str) -> Frames:
        clip = shown[name]
        assert clip.path, "clips that are read have their files"
        return arranged(decode(clip.path, sampling), config.input, config.seed, clip)

    pictures = {}
    for name, get in prepare_ahead(shown, frames_of):
        try:
            pictures[name] = strip(get())
        except ClipError as error:
            problems.append(error.message)
    return Strips(pictures, tuple(problems))


def _decoder(run: FinishedRun) -> str:
    """The run's own where it is installed; both give the same pixels."""
    try:
        return pick_decoder(run.record["decoder"])
    except InputError:
        return pick_decoder()


def _there(run: FinishedRun, names: list[str]) -> tuple[dict[str, Clip], list[str]]:
    """The clips whose files can be read, and what is wrong with the others."""
    folder = run.benchmark.clip_folder
    there = [name for name in names if (folder / f"{name}.mp4").is_file()]
    problems = [f"{name}.mp4 is not in {folder.name}/" for name in names if name not in set(there)]
    found: dict[str, Clip] = {}
    for name in there:
        try:
            found |= read_clips([name], folder)
        except InputError as error:
            problems += error.problems
    return found, problems


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
