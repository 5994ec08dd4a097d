"""Local engines: a clip's twelve questions together against twelve separate calls, on a checkpoint made on the spot.

python -m benchmarks.engines [--family qwen3_vl] [--clips 3]

The checkpoint has random weights and a shape in which the frames, over 1,000 tokens, take most of the time. Prompts are
the library's own; closed answers are 2 tokens long, open ones 60. Needs the extra `hf`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mabench_eval.catalogue import load_catalogue
from mabench_eval.plan import make_plan
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Question, Request
from tests.checkpoints import FAMILIES, SPEED, build

TARGET = 4
SIDE = 512
CLOSED_TOKENS, OPEN_TOKENS = 2, 60


def clip(seed: int) -> Frames:
    """Eight frames of noise, (8, 512, 512, 3)."""
    pixels = np.random.default_rng(seed).integers(0, 256, (8, SIDE, SIDE, 3), np.uint8)
    indices = tuple(range(3, 59, 7))
    return Frames(pixels, indices, tuple(index / 30 for index in indices), 30.0, 60)


def requests(name: str) -> tuple[Request, ...]:
    """Twelve questions as a run asks them, answers of the usual length."""
    tasks = list(load_catalogue().tasks.values())
    options = dict(zip("ABCDE", ("Nodding", "Waving", "Tiptoe", "Shrugging", "Touching nose"), strict=True))
    asked = []
    for task in tasks:
        for number in range(2 if task.answer is AnswerKind.YES_NO else 1):
            text = f"Does the head move up before the left hand does ({number})?"
            if task.answer is AnswerKind.CHOICE:
                text = "\n".join(["Which one is it?", *(f"{letter}. {label}" for letter, label in options.items())])
            asked.append(Question(f"{task.name}_{number}", task.name, name, text, options))
    (planned,) = make_plan(asked, tasks, {name: Clip(name)}, {}).clips
    lengths = {AnswerKind.TEXT: OPEN_TOKENS}
    return tuple(replace(r, max_tokens=lengths.get(r.kind, CLOSED_TOKENS)) for r in planned.requests)


def measured(model: Any, work: Sequence[ClipWork]) -> Any:
    """Seconds and CPU seconds to answer all."""
    start = np.array([time.perf_counter(), time.process_time()])
    answers = list(model.generate(work))
    assert all(answer.error is None for answer in answers)
    return np.array([time.perf_counter(), time.process_time()]) - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="qwen3_vl", choices=[f for f in FAMILIES if "video" in FAMILIES[f].inputs])
    parser.add_argument("--clips", type=int, default=3)
    chosen = parser.parse_args()
    from mabench_eval.engines.local.settings import LocalSettings
    from mabench_eval.engines.transformers.model import LoadedModel

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = build(chosen.family, Path(folder), **SPEED)
        model = LoadedModel(LocalSettings(str(checkpoint), dtype="float32"), 0, print)
        works = [ClipWork(Clip(str(n)), clip(n), requests(str(n))) for n in range(chosen.clips)]
        single = [ClipWork(w.clip, w.frames, (r,)) for w in works[:1] for r in w.requests]
        measured(model, works[:1])  # the first time is slower
        together = measured(model, works) / chosen.clips
        apart = measured(model, single)
        (first,) = list(model.generate([replace_requests(works[0])]))
    print(f"{chosen.family}, 8 frames of {SIDE} pixels, {first.prompt_tokens} prompt tokens, float32 on the processor")
    print(f"{'':28} {'seconds a clip':>14} {'ratio':>6} {'CPU seconds':>12} {'ratio':>6}")
    for name, found in (("twelve separate calls", apart), ("the engine: together", together)):
        cells = (
            f"{value:{width}.2f} {value / base:6.2f}" for value, base, width in zip(found, apart, (14, 12), strict=True)
        )
        print(f"{name:28} {' '.join(cells)}")
    print(f"target {1 / TARGET:.2f}")


def replace_requests(work: ClipWork) -> ClipWork:
    """The clip with its first request alone."""
    return ClipWork(work.clip, work.frames, work.requests[:1])


if __name__ == "__main__":
    main()
