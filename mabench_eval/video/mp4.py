"""What the boxes of an MP4 file say (ISO/IEC 14496-12): whether it is whole, and whether its frames are plain.

Read in a fraction of a millisecond, without a decoder; QuickTime's files have the same boxes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

Box = tuple[bytes, bytes]
"""Kind and content."""
MAX_INDEX = 64 << 20
"""Bytes of an index that are looked at: that of a two-second clip has a few thousand."""
UPRIGHT = bytes.fromhex("00010000 00000000 00000000 00000000 00010000 00000000")
"""The first two rows of the matrix of a picture that is shown as it is stored."""
PLAIN_PROFILES = (66, 77, 88, 100)
"""Of H.264: those of 8 bits a sample and half the colours in each direction (4:2:0)."""


def is_mp4(stream: BinaryIO) -> bool:
    """Whether a file begins as MP4 files do."""
    stream.seek(0)
    return stream.read(8)[4:] == b"ftyp"


def read_mp4(stream: BinaryIO) -> tuple[str | None, bool]:
    """What is wrong with an MP4 file, None if it is whole; and whether its frames are plain.

    Finds files that are cut off. Damage inside the boxes shows only when the clip is decoded.
    """
    size = stream.seek(0, os.SEEK_END)
    index: bytes | None = None
    fragmented = False
    at = 0
    while at < size:
        stream.seek(at)
        header = stream.read(16)
        kind, length = header[4:8], int.from_bytes(header[:4], "big")
        if length == 1:  # a 64-bit length follows
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:  # up to the end of the file
            length = size - at
        if length < 8 or at + length > size:
            return "cut off or damaged", False
        if kind == b"moov":
            stream.seek(at + 8)
            index = stream.read(min(length - 8, MAX_INDEX))
        fragmented |= kind == b"moof"
        at += length

    if index is None:
        return "cut off: its index (moov) is missing", False
    tracks = [_content(box, b"mdia") for kind, box in _boxes(index) if kind == b"trak"]
    if tracks and not any(_handler(track) == b"vide" for track in tracks):
        return "it has no video", False
    return None, not fragmented and _is_plain(index)


def _is_plain(index: bytes) -> bool:
    """Whether the frames are those that every decoder gives alike, one for each sample of the file.

    H.264 of 8 bits and 4:2:0 in one track of video, shown upright, at a constant rate and uncut. Where a box is missing
    or damaged the answer is no, or decoding shows it.
    """
    tracks = [box for kind, box in _boxes(index) if kind == b"trak" and _handler(_content(box, b"mdia")) == b"vide"]
    if len(tracks) != 1:
        return False
    movie, track = _content(index, b"mvhd"), tracks[0]
    media = _content(track, b"mdia", b"mdhd")
    samples = _content(track, b"mdia", b"minf", b"stbl")
    upright = _matrix(movie, 36) == UPRIGHT and _matrix(_content(track, b"tkhd"), 40) == UPRIGHT
    return (
        upright
        and _is_plain_h264(_content(samples, b"stsd"))
        and _is_even_and_uncut(samples, _content(track, b"edts", b"elst"), _scale(movie), _scale(media))
    )


def _is_plain_h264(descriptions: bytes) -> bool:
    entries = list(_boxes(descriptions[8:]))
    if len(entries) != 1 or entries[0][0] != b"avc1":
        return False
    settings = _content(entries[0][1][78:], b"avcC")
    return len(settings) > 1 and settings[1] in PLAIN_PROFILES


def _is_even_and_uncut(samples: bytes, edits: bytes, movie_scale: int, scale: int) -> bool:
    """Whether the frames follow each other at equal distances, and the edit list, where there is one, shows all."""
    steps = _runs(_content(samples, b"stts"))
    if len(steps) != 1 or steps[0][1] <= 0 or not scale:
        return False
    count, step = steps[0]
    if 8 * count > MAX_INDEX:
        return False
    offsets = [offset for number, offset in _runs(_content(samples, b"ctts")) for _ in range(min(number, count))]
    if len(offsets) not in (0, count):
        return False
    shown = sorted(number * step + offset for number, offset in enumerate(offsets or [0] * count))
    if not shown or any(later - earlier != step for earlier, later in pairwise(shown)):
        return False
    if not edits:
        return True

    wide = 8 if edits[0] == 1 else 4
    length, start = (int.from_bytes(edits[8 + wide * i : 8 + wide * (i + 1)], "big") for i in range(2))
    whole = edits[4:8] == b"\0\0\0\1" and edits[8 + 2 * wide :] == b"\0\1\0\0"
    return whole and start == shown[0] and length * scale > (shown[-1] - shown[0]) * movie_scale


def _boxes(content: bytes) -> Iterator[Box]:
    """The boxes that a box holds, up to the first damaged one."""
    at = 0
    while at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if length < 8 or at + length > len(content):
            return
        yield content[at + 4 : at + 8], content[at + 8 : at + length]
        at += length


def _content(content: bytes, *path: bytes) -> bytes:
    """The content of the first box of each kind on the path; empty where there is none."""
    for wanted in path:
        content = next((inner for kind, inner in _boxes(content) if kind == wanted), b"")
    return content


def _handler(media: bytes) -> bytes:
    return _content(media, b"hdlr")[8:12]


def _matrix(header: bytes, at: int) -> bytes:
    """The first two rows of a header's matrix; in version 1 three times stand in 8 bytes in place of 4."""
    at += 12 if header[:1] == b"\1" else 0
    return header[at : at + len(UPRIGHT)]


def _scale(header: bytes) -> int:
    """Ticks a second of a movie or media header."""
    at = 20 if header[:1] == b"\1" else 12
    return int.from_bytes(header[at : at + 4], "big")


def _runs(table: bytes) -> list[tuple[int, int]]:
    """A table of (count, value), the value signed: steps from sample to sample, or from decoding to showing."""
    entries = table[8 : 8 + 8 * int.from_bytes(table[4:8], "big")]
    return [
        (int.from_bytes(entries[at : at + 4], "big"), int.from_bytes(entries[at + 4 : at + 8], "big", signed=True))
        for at in range(0, len(entries) - 7, 8)
    ]
