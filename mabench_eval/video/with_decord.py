"""Decoding with decord, for those who choose it. Of whole plain clips its frames are PyAV's, byte for byte.

What is not plain, and what decord fails on, PyAV decodes. decord does not tell damage: see docs/clips.md.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from functools import cache
from typing import Any

from mabench_eval.video import with_pyav
from mabench_eval.video.decoder import Decoded, Pixels
from mabench_eval.video.sampling import Sampling

NO_GUESSES = 1e-9
"""Share of frames that decord may replace by their neighbours; 0 and less mean any to it."""


def read(content: bytes, sampling: Sampling, *, plain: bool) -> Decoded:
    """As a :class:`Decoder`. Numbers and times come from the packets, by PyAV, so that the sampling is the same."""
    timeline = with_pyav.expected_timeline(content) if plain else None
    if timeline is None:
        return with_pyav.read(content, sampling, plain=plain)
    try:
        pictures = _pictures(content, set(sampling.indices(timeline)), timeline.total)
        return Decoded(timeline, pictures, f"decord {_decord().__version__}")
    except Exception:  # noqa: BLE001 - whatever it fails with, PyAV decodes the clip, or says what is wrong with it
        return with_pyav.read(content, sampling, plain=plain)


def _pictures(content: bytes, wanted: Collection[int], total: int) -> dict[int, Pixels]:
    """The pictures of a clip of ``total`` frames that are wanted by their numbers."""
    reader = _decord().VideoReader(io.BytesIO(content), num_threads=1, fault_tol=NO_GUESSES)
    if len(reader) != total:
        raise ValueError(f"{len(reader)} frames in place of {total}")

    # One after another to the end: where decord seeks in open groups of pictures it gives other frames, and damage
    # behind the last wanted frame is damage too.
    pictures = {}
    for number in range(total):
        frame = reader.next()
        if number in wanted:
            pictures[number] = frame.asnumpy()
    return pictures


@cache
def _decord() -> Any:
    """The package, which otherwise writes what its FFmpeg grumbles about to the terminal."""
    import decord

    decord.logging.set_level(decord.logging.FATAL)
    return decord
