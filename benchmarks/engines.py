"""Local engines: a clip's twelve questions together against separate calls, on a checkpoint made on the spot.

python -m benchmarks.engines [--engine transformers|vllm] [--family qwen3_vl] [--clips 3]

The checkpoint has random weights and a shape in which the frames, over 1,000 tokens, take most of the time. Prompts are
the library's own; closed answers are 2 tokens long, open ones 60. Needs the extra `hf` or `vllm`.

transformers: also the share of the time in which the engine waits for frames and their preparation, over clips decoded
as in a run. vllm: one request at a time is asked twice, task by task as harnesses do that know no clips (its caches are
emptied before each request: a cache that holds a thousand clips' frames is not had), and clip by clip with the caches.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mabench_eval.benchmark import load_benchmark, read_clips
from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines.local import LocalSettings
from mabench_eval.planning import make_plan
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Question, Request
from mabench_eval.video import Sampling, decode, prepare_ahead
from tests.support.checkpoints import FAMILIES, SPEED, build

TARGET, TARGET_VLLM, TARGET_HOST = 4, 5, 0.10
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


def transformers_together(checkpoint: Path, works: Sequence[ClipWork]) -> None:
    """Print the times of a clip's questions together and apart."""
    from mabench_eval.engines.transformers.model import TransformersModel

    model = TransformersModel(LocalSettings(str(checkpoint), dtype="float32"), 0, print)
    single = [ClipWork(w.clip, w.frames, (r,)) for w in works[:1] for r in w.requests]
    measured(model, works[:1])  # the first time is slower
    together = measured(model, works) / len(works)
    apart = measured(model, single)
    print(f"{'':28} {'seconds a clip':>14} {'ratio':>6} {'CPU seconds':>12} {'ratio':>6}")
    for name, times in (("twelve separate calls", apart), ("the engine: together", together)):
        cells = (
            f"{value:{width}.2f} {value / base:6.2f}" for value, base, width in zip(times, apart, (14, 12), strict=True)
        )
        print(f"{name:28} {' '.join(cells)}")
    print(f"target {1 / TARGET:.2f}")


def transformers_waiting(checkpoint: Path) -> None:
    """Print the share of the time in which the engine has nothing to do, over the demo's clips, decoded ahead."""
    import torch

    from mabench_eval.engines.transformers.model import TransformersModel

    busy = 0.0

    class Watched(TransformersModel):
        """Adds up the time at work."""

        def _answer(self, groups: Any) -> Iterator[Any]:
            nonlocal busy
            start = time.perf_counter()
            responses = list(super()._answer(groups))
            busy += time.perf_counter() - start
            yield from responses

    torch.set_num_threads(1)  # the other core is the host's
    model = Watched(LocalSettings(str(checkpoint), dtype="float32"), 0, print)
    benchmark = load_benchmark("demo", load_catalogue().tasks)
    names = list(dict.fromkeys(question.clip for question in benchmark.questions))[:9]
    clips = read_clips(names, benchmark.clip_folder)
    sampling = Sampling()

    def frames_of(name: str) -> Frames:
        return decode(clips[name], sampling)

    def works() -> Iterator[ClipWork]:
        with closing(prepare_ahead(names, frames_of)) as decoded:
            for name, get in decoded:
                yield ClipWork(clips[name], get(), requests(name))

    drawn = works()
    measured(model, [next(drawn)])
    busy, start = 0.0, time.perf_counter()
    list(model.generate(drawn))
    waiting = 1 - busy / (time.perf_counter() - start)
    print(f"the engine waits for frames and their preparation: {waiting:.1%} of the time, target {TARGET_HOST:.0%}")


def vllm_together(checkpoint: Path, works: Sequence[ClipWork]) -> None:
    """Print the times of all requests in flight and of one request at a time."""
    from mabench_eval.engines.vllm.model import VllmModel

    settings = LocalSettings(str(checkpoint), dtype="float32", max_model_len=4096, gpu_memory=0.2)
    model = VllmModel(settings, 0, print)
    measured(model, [ClipWork(Clip("first"), clip(99), works[0].requests[:1])])  # starts it

    def empty() -> None:
        assert model._server is not None
        for reset in (model._server.engine.reset_mm_cache, model._server.engine.reset_prefix_cache):
            model._server.loop.run(reset())

    def one_by_one(order: Sequence[tuple[ClipWork, Request]], before: Callable[[], None]) -> float:
        empty()
        seconds = 0.0
        for work, request in order:
            before()
            seconds += measured(model, [ClipWork(work.clip, work.frames, (request,))])[0]
        return seconds

    pairs = [(work, request) for work in works for request in work.requests]
    empty()
    together = measured(model, works)[0]
    by_clip = one_by_one(pairs, lambda: None)
    by_task = one_by_one([p for n in range(12) for p in pairs[n::12]], empty)
    print(f"{'':44} {'seconds a clip':>14} {'ratio':>6}")
    for name, seconds in (
        ("the engine: all in flight, a clip's together", together),
        ("one request at a time, clip by clip, caches", by_clip),
        ("one request at a time, task by task", by_task),
    ):
        print(f"{name:44} {seconds / len(works):14.2f} {seconds / together:6.2f}")
    print(f"target, of the last: {TARGET_VLLM}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="transformers", choices=["transformers", "vllm"])
    parser.add_argument("--family", default="qwen3_vl", choices=[f for f in FAMILIES if "video" in FAMILIES[f].inputs])
    parser.add_argument("--clips", type=int, default=3)
    chosen = parser.parse_args()
    works = [ClipWork(Clip(str(n)), clip(n), requests(str(n))) for n in range(chosen.clips)]
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = build(chosen.family, Path(folder), **SPEED)
        print(f"{chosen.family}, 8 frames of {SIDE} pixels, float32 on the processor")
        if chosen.engine == "vllm":
            vllm_together(checkpoint, works)
        else:
            transformers_together(checkpoint, works)
            transformers_waiting(checkpoint)


if __name__ == "__main__":
    main()
