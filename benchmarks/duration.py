"""How long a run takes: the cost model of docs/scaling.md beside measured runs, of a checkpoint made on the spot.

python -m benchmarks.duration [--family qwen3_vl]

Four runs on one worker give the model's three figures; other numbers of clips, of frames and of workers, and answers of
another length, are then predicted and measured. Needs the extras `hf` and `ray`, and two cores.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mabench_eval import evaluate
from mabench_eval.catalogue import load_catalogue
from tests.support.checkpoints import FAMILIES, SPEED, build

QUESTIONS_A_CLIP = 12


@dataclass(frozen=True)
class Shape:
    """A run: clips of the demo, frames a clip, tokens an answer, workers."""

    clips: int
    frames: int
    answer: int
    workers: int


WARM_UP = Shape(1, 8, 2, 1)
KNOWN = (Shape(4, 8, 2, 1), Shape(20, 8, 2, 1), Shape(20, 8, 24, 1), Shape(20, 2, 2, 1))
ASKED = (Shape(24, 8, 2, 2), Shape(24, 8, 24, 2), Shape(12, 8, 12, 1), Shape(24, 4, 12, 1), Shape(24, 4, 24, 2))


@dataclass(frozen=True)
class Measured:
    """Seconds of a run, and the tokens a question that its records tell."""

    seconds: float
    prompt: float
    output: float


def measure(checkpoint: Path, shape: Shape, folder: Path) -> Measured:
    """Run it, from nothing to the files."""
    prompts = folder / "prompts.json"
    lengths = {name: {"max_tokens": shape.answer} for name in load_catalogue().tasks}
    folder.mkdir()
    prompts.write_text(json.dumps(lengths), encoding="utf-8")
    start = time.perf_counter()
    result = evaluate(
        str(checkpoint),
        judge="none",
        output=folder,
        limit=shape.clips,
        frames=shape.frames,
        prompts=prompts,
        workers=shape.workers,
        engine="transformers",
        settings={"dtype": "float32", "device": "cpu"},
    )
    seconds = time.perf_counter() - start
    if not result.complete:
        raise SystemExit(f"{shape} is incomplete")
    totals, asked = result.record.totals, shape.clips * QUESTIONS_A_CLIP
    return Measured(seconds, totals.prompt_tokens / asked, totals.output_tokens / asked)


def tokens_a_clip(found: Measured, frames: float) -> tuple[float, float]:
    """Tokens read, those of the frames once, and tokens written."""
    return frames + QUESTIONS_A_CLIP * (found.prompt - frames), QUESTIONS_A_CLIP * found.output


def row(shape: Shape, found: Measured, a_frame: float) -> tuple[float, float, float]:
    """What start, tokens read and tokens written count in the seconds of a run."""
    read, written = tokens_a_clip(found, a_frame * shape.frames)
    share = shape.clips / shape.workers
    return 1.0, share * read, share * written


def main() -> None:
    """Print the figures of the model and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="qwen3_vl", choices=[f for f in FAMILIES if "video" in FAMILIES[f].inputs])
    family = parser.parse_args().family
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint = build(family, folder / "tiny", **SPEED)

        def runs(shapes: Sequence[Shape]) -> list[Measured]:
            return [measure(checkpoint, s, folder / f"{s.clips}-{s.frames}-{s.answer}-{s.workers}") for s in shapes]

        runs([WARM_UP])  # What is read from the disk for the first time is not what a run costs
        known, asked = runs(KNOWN), runs(ASKED)
    (many, more), (few, fewer) = [(KNOWN[place].frames, known[place].prompt) for place in (1, 3)]  # frames alone differ
    a_frame = (more - fewer) / (many - few)
    terms = np.array([row(shape, found, a_frame) for shape, found in zip(KNOWN, known, strict=True)])
    figures = np.linalg.lstsq(terms, np.array([found.seconds for found in known]), rcond=None)[0]
    start, read, written = figures
    print(f"{family}: {a_frame:.0f} tokens a frame, {more - many * a_frame:.0f} of a question's text")
    print(f"start {start:.1f} s; {1 / read:,.0f} tokens read and {1 / written:,.0f} written a second, a worker")
    print(f"\n{'clips':>6} {'frames':>7} {'answer':>7} {'workers':>8} {'predicted, s':>13} {'run, s':>7} {'ratio':>6}")
    for shape, found in zip((*KNOWN, *ASKED), (*known, *asked), strict=True):
        predicted = float(np.dot(row(shape, found, a_frame), figures))
        words = f"{shape.clips:6} {shape.frames:7} {found.output:7.1f} {shape.workers:8}"
        print(f"{words} {predicted:13.1f} {found.seconds:7.1f} {found.seconds / predicted:6.2f}")


if __name__ == "__main__":
    main()
