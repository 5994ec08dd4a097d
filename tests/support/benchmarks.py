"""Small benchmarks made on the spot: question files, clips, and what a run of them leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval import Result

Row = dict[str, Any]
Pixels = NDArray[np.uint8]
Ask = Callable[..., Result]

CMAR_TEXT = "Which body part?\nA. Body\nB. Head\nC. Upper limb\nD. Lower limb\nE. Body-hand\nF. Head-hand\nG. Leg-hand"
FMAR_TEXT = "Which micro-action?\nA. Nodding\nB. Waving\nC. Tiptoe\nD. Shrugging\nE. Touching nose"
REFERENCES = {
    "MADU": "The head leads with a downward movement near the midline, then returns upward and settles.",
    "MARE": "The head moves down and up while the hands rest, which excludes touching; therefore coarse-grained: Head, "
    "fine-grained: Nodding.",
}


def rows_of_clip(clip: str, number: int = 0, *, answers: bool = True) -> list[Row]:
    """The twelve questions of one clip in the labelled form, or without answers."""
    questions = [("CMAR", CMAR_TEXT, "B"), ("FMAR", FMAR_TEXT, "A")]
    for task in ("SAD", "MAD", "MAS", "PPR"):
        questions += [(task, f"{task}: does the head of {clip} move up?", "Yes")]
        questions += [(task, f"{task}: does the head of {clip} move down?", "No")]
    questions += [(task, f"{task}: tell what you see.", text) for task, text in REFERENCES.items()]
    rows = []
    for place, (task, text, answer) in enumerate(questions):
        row = {"video": f"{clip}.mp4", "task": task, "qid": f"{task}_{number:03d}{place:02d}", "question": text}
        rows.append({**row, "answer": answer} if answers else row)
    return rows


def write_clip(path: Path, frames: int = 30, size: tuple[int, int] = (64, 48), seed: int = 0) -> Path:
    """A small H.264 clip: a bright square that moves over noise. ``size`` is (width, height)."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        background = rng.integers(0, 120, (size[1], size[0], 3), np.uint8)
        for number in range(frames):
            picture = background.copy()
            left = (number + 7 * seed) % (size[0] - 12)
            picture[10:22, left : left + 12] = 250
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def write_benchmark(folder: Path, clips: int = 3, *, videos: bool = False, answers: bool = True) -> Path:
    """A question file of ``clips`` clips, shuffled as the official one; with ``videos/`` beside it on wish."""
    names = [f"clip{number}" for number in range(clips)]
    rows = [row for number, name in enumerate(names) for row in rows_of_clip(name, number, answers=answers)]
    np.random.default_rng(0).shuffle(rows)
    folder.mkdir(parents=True, exist_ok=True)
    if videos:
        for number, name in enumerate(names):
            write_clip(folder / "videos" / f"{name}.mp4", seed=number)
    return write_rows(folder / "questions.json", rows)


def write_rows(file: Path, rows: list[Any]) -> Path:
    """A question file with these rows."""
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


def read_files(folder: Path) -> Mapping[str, bytes]:
    """The files of a run that equal answers make equal: all but run.json, the journal, the lock, batches.

    What a kill left half-written beside its place is none of them: a write an hour later removes it.
    """
    varying = {"run.json", "journal.jsonl", "lock"}
    paths = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in varying and path.suffix != ".new"
    ]
    return {path.name: path.read_bytes() for path in paths}
