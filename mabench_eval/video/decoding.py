"""Decoding a clip: decord by default, PyAV where decord has no wheel. Both give the same pixels."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mabench_eval.errors import ClipError, InputError
from mabench_eval.types import Frames
from mabench_eval.video.sampling import Sampling


def decode_decord(path: Path, sampling: Sampling) -> Frames:
    """Decode the sampled frames with decord, on one thread. Raises ClipError."""
    import decord

    try:
        reader = decord.VideoReader(str(path), num_threads=1)  # many clips at once use the cores better
        total, fps = len(reader), float(reader.get_avg_fps())
        indices = _indices(path, sampling, total, fps)
        pixels = reader.get_batch(list(indices)).asnumpy()
    except (RuntimeError, decord.DECORDError) as error:
        raise ClipError(f"{path.name} cannot be decoded: {_reason(error)}") from error
    return _frames(pixels, indices, fps, total)


def decode_pyav(path: Path, sampling: Sampling) -> Frames:
    """Decode the sampled frames with PyAV, reading through on one thread. Raises ClipError."""
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "NONE"
            total, fps = stream.frames, float(stream.average_rate or 0)
            indices = _indices(path, sampling, total, fps)
            wanted, found = set(indices), {}
            for number, frame in enumerate(container.decode(stream)):
                if number in wanted:
                    found[number] = frame.to_ndarray(format="rgb24")
                if number == indices[-1]:
                    break
    except (av.FFmpegError, IndexError, OSError) as error:
        raise ClipError(f"{path.name} cannot be decoded: {_reason(error)}") from error
    if missing := sorted(wanted - found.keys()):
        raise ClipError(f"{path.name} cannot be decoded: it ends before frame {missing[0]} of {total}")
    return _frames(np.stack([found[i] for i in indices]), indices, fps, total)


DECODERS: Mapping[str, Callable[[Path, Sampling], Frames]] = MappingProxyType(
    {"decord": decode_decord, "pyav": decode_pyav}
)
_DECORD_NOISE = re.compile(r"\[\d\d:\d\d:\d\d\] \S+:\d+: ")
_PACKAGES = MappingProxyType({"decord": "decord", "pyav": "av"})


def pick_decoder(name: str | None = None) -> str:
    """The decoder's name: the one asked for, else decord where it is installed, else PyAV.

    Raises InputError when it is not installed.
    """
    installed = [decoder for decoder, package in _PACKAGES.items() if importlib.util.find_spec(package)]
    if name is None and installed:
        return installed[0]
    if name not in installed:
        hint = f"pip install {_PACKAGES.get(name or '', 'av')}"
        raise InputError(f"decoder {name or 'decord or pyav'} is not installed", hint=hint)
    return name


def _indices(path: Path, sampling: Sampling, total: int, fps: float) -> tuple[int, ...]:
    if total < 1 or fps <= 0:
        raise ClipError(f"{path.name} cannot be decoded: it has {total} frames at {fps:g} frames per second")
    return sampling.indices(total, fps)


def _frames(pixels: np.ndarray[Any, np.dtype[np.uint8]], indices: tuple[int, ...], fps: float, total: int) -> Frames:
    pixels.flags.writeable = False  # shared by all questions of the clip: no model may change what the next one sees
    return Frames(pixels, indices, tuple(index / fps for index in indices), fps, total)


def _reason(error: Exception) -> str:
    """The error's first line, without the clock times and source positions that decord puts into it."""
    lines = _DECORD_NOISE.sub("", str(error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__
