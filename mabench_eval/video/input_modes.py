"""Does a model look at the video at all? Its frames left out, cut down to one, out of order, or of another clip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from mabench_eval.types import Clip, Frames, Json
from mabench_eval.video.sampling import Sampling, WholeClip

InputMode = Literal["video", "text-only", "middle-frame", "shuffled", "reversed", "other-clip"]
"""``video``: the benchmark's own. ``text-only``: no frames. ``middle-frame``: the middle one of those sampled.
``shuffled``, ``reversed``: the same frames in another order, with the times of the right one. ``other-clip``: those of
another clip of the run."""
MODES: tuple[str, ...] = get_args(InputMode)


def input_identity(mode: str, sampling: Sampling | WholeClip | None) -> Json | None:
    """What of the input an answer's key holds; None for a model that does not look."""
    own = {} if mode == "video" else {"input": mode}
    return {**sampling.identity(), **own} if sampling else own or None


def shown_frames(mode: str, sampling: Sampling | WholeClip | None) -> int:
    """How many frames of a clip the mode shows; 0 to a model that does not look, and where it is not known."""
    if not isinstance(sampling, Sampling):
        return 0
    return 1 if mode == "middle-frame" else sampling.count


def arranged(frames: Frames, mode: str, seed: int, clip: Clip) -> Frames:
    """The frames as the mode shows them. Shuffling depends on the seed and the clip's bytes alone.

    Numbers and times stay those of the right order: a model is told nothing of what was done.
    """
    count = len(frames.pixels)
    if mode == "reversed":
        return replace(frames, pixels=np.ascontiguousarray(frames.pixels[::-1]))  # engines take no backward view
    if mode == "shuffled":
        return replace(frames, pixels=frames.pixels[_order(count, f"{seed}:{clip.sha256}")])
    if mode == "middle-frame":
        here = slice(count // 2, count // 2 + 1)
        return replace(
            frames, pixels=frames.pixels[here], indices=frames.indices[here], timestamps=frames.timestamps[here]
        )
    return frames


def other_clips(names: Iterable[str], clips: Mapping[str, Clip], seed: int) -> dict[str, Clip]:
    """Each name with another clip: drawn by the seed, every clip shown once; without names whose clip is not there.

    ``names``: two or more, those of ``clips`` among them.
    """
    drawn = sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
    following = dict(zip(drawn, [*drawn[1:], drawn[0]], strict=True))
    return {name: clips[shown] for name, shown in following.items() if shown in clips}


def _order(count: int, seed: str) -> list[int]:
    """A permutation that is not the identity, where there is one."""
    random = np.random.default_rng(list(hashlib.sha256(seed.encode()).digest()))
    order = list(range(count))
    while count > 1 and order == sorted(order):
        order = [int(place) for place in random.permutation(count)]
    return order
