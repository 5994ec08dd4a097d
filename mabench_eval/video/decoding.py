"""Decoding a clip: its file is read, held against its hash, and given to a decoder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from mabench_eval.errors import ClipError, InputError
from mabench_eval.packages import install_command, missing_modules
from mabench_eval.types import Clip, Frames
from mabench_eval.video import with_decord, with_pyav
from mabench_eval.video.decoder import Decoder, DecoderName, UnusableError
from mabench_eval.video.sampling import Sampling
from mabench_eval.video.with_pyav import frames_identity

DECODERS: Mapping[DecoderName, Decoder] = MappingProxyType({"pyav": with_pyav.read, "decord": with_decord.read})
"""The first is the default, and decodes what another cannot."""


def check_decoder(name: DecoderName = "pyav") -> None:
    """Raise InputError where the decoder is not installed."""
    if missing_modules("av"):
        raise InputError("PyAV, which decodes the clips, is not installed", hint="pip install 'av>=17'")
    if name == "decord" and missing_modules("decord"):
        raise InputError(
            f"--decoder decord: decord is not installed: {install_command('decord')} (x86-64 Linux and Windows)"
        )


def decode(clip: Clip, sampling: Sampling, decoder: DecoderName = "pyav") -> Frames:
    """The sampled frames of a clip that ``read_clips`` found; read once, decoded on one thread.

    Raises ClipError: it cannot be read or decoded, or it is no longer the file that was found.
    """
    return decode_content(_read(clip), clip, sampling, decoder)


def read_whole(clip: Clip) -> bytes:
    """The bytes of a clip's file. Raises ClipError: it cannot be read, or is no longer the file that was found."""
    return _unchanged(_read(clip), clip)


def _read(clip: Clip) -> bytes:
    assert clip.path, "clips that are looked at have a file"
    try:
        return clip.path.read_bytes()
    except OSError as error:
        raise ClipError(f"{clip.path.name} cannot be read: {error.strerror or error}") from error


def _unchanged(content: bytes, clip: Clip) -> bytes:
    """The content, where it is that of the clip's hash. Raises ClipError."""
    if clip.sha256 not in (None, hashlib.sha256(content).hexdigest()):
        name = clip.path.name if clip.path else clip.name
        raise ClipError(f"{name} was changed after the run began; run the same command again")
    return content


def decode_content(content: bytes, clip: Clip, sampling: Sampling, decoder: DecoderName = "pyav") -> Frames:
    """The sampled frames of a clip whose file holds these bytes. Raises ClipError, as ``decode`` does."""
    _unchanged(content, clip)
    name = clip.path.name if clip.path else clip.name
    if clip.frames not in (None, frames_identity()):
        raise ClipError(f"{name}: the run began with the decoder {clip.frames}, here it is {frames_identity()}")
    try:
        decoded = DECODERS[decoder](content, sampling, plain=clip.frames is None)
    except UnusableError as error:
        raise ClipError(f"{name} cannot be decoded: {error}") from error

    timeline = decoded.timeline
    indices = sampling.indices(timeline)
    pixels = np.stack([decoded.pictures[index] for index in indices])
    pixels.flags.writeable = False  # shared by all questions of the clip: no model may change what the next one sees
    times = tuple(map(timeline.seconds, indices))
    return Frames(pixels, indices, times, timeline.fps, timeline.total, decoded.decoder)
