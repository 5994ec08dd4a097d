"""What one GPU makes of the benchmark: both engines on the real shape of Qwen3-VL-8B, beside what the GPU could do.

    python -m benchmarks.gpu [--shape 8b|small] [--clips 12] [--folder DIR]

Random weights in bfloat16 (17 GB, kept in DIR where one is given), eight frames of 1080x1296, the library's own
twelve questions a clip. Measured, each in a process of its own: the rate of plain matrix products; both engines, as far
as they are installed here, with a clip's questions together and each alone; a training step of a LoRA adapter (peft).
Beside them the floor: the work of the model's matrices at the measured rate. Prints rows for this folder's README.
``--shape small`` rehearses all of it without a GPU; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.engines import CLOSED_TOKENS, OPEN_TOKENS, measured, requests
from benchmarks.gpu_shape import SIZES, floor_tflop, make_checkpoint, visual_tokens
from mabench_eval.engines.local import LocalSettings
from mabench_eval.parsing import parse_json
from mabench_eval.types import Clip, ClipWork, Frames, Json

OFFICIAL_CLIPS = 1000
"""Clips of the official 12,000 questions."""
PARTS = ("matrices", "transformers", "vllm", "lora")
NEEDS = {"matrices": "torch", "transformers": "transformers", "vllm": "vllm", "lora": "peft"}


def clip(number: int, shape: str) -> ClipWork:
    """Eight frames of noise and twelve questions."""
    pixels = np.random.default_rng(number).integers(0, 256, (8, *SIZES[shape], 3), np.uint8)
    indices = tuple(range(3, 59, 7))
    seen = Frames(pixels, indices, tuple(index / 30 for index in indices), 30.0, 60)
    return ClipWork(Clip(str(number)), seen, requests(str(number)))


def matrices(folder: Path, works: Sequence[ClipWork]) -> Json:
    """Products of two matrices a second, the best of five rounds, in TFLOP."""
    import torch

    cuda = torch.cuda.is_available()
    side, times = (8192, 20) if cuda else (512, 5)
    one = torch.randn(side, side, dtype=torch.bfloat16 if cuda else torch.float32, device="cuda" if cuda else "cpu")

    def seconds() -> float:
        start = time.perf_counter()
        for _ in range(times):
            one @ one
        if cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - start

    best = min(seconds() for _ in range(6))
    return {"tflops": 2 * side**3 * times / best / 1e12, "gpu": torch.cuda.get_device_name() if cuda else "none"}


def transformers(folder: Path, works: Sequence[ClipWork]) -> Json:
    """Seconds a clip, and the tokens of one."""
    from mabench_eval.engines.transformers.model import TransformersModel

    return _engine(TransformersModel(_settings(folder), 0, _say), works, lambda: None)


def vllm(folder: Path, works: Sequence[ClipWork]) -> Json:
    """The same, its caches emptied before each question that is asked alone."""
    from mabench_eval.engines.vllm.model import VllmModel

    model = VllmModel(_settings(folder), 0, _say)

    def empty() -> None:
        assert model._server is not None, "it has answered"
        for reset in (model._server.engine.reset_mm_cache, model._server.engine.reset_prefix_cache):
            model._server.loop.run(reset())

    return _engine(model, works, empty)


def _settings(folder: Path) -> LocalSettings:
    # 680 tokens a frame, as the card of Qwen3-VL-8B says
    return LocalSettings(str(folder), frame_tokens=680, max_model_len=8192, gpu_memory=0.9)


def _engine(model: Any, works: Sequence[ClipWork], forget: Callable[[], None]) -> Json:
    first, *others = works
    responses = list(model.generate([first]))  # the first time is slower; what it reads is counted
    forget()
    with gpu_busy() as busy:
        together = measured(model, others)[0] / len(others)
    apart = 0.0
    for request in first.requests:
        forget()
        apart += measured(model, [ClipWork(first.clip, first.frames, (request,))])[0]
    return {
        "together": together,
        "apart": apart,
        "busy": mean(busy) if busy else None,
        "prompt_tokens": [response.prompt_tokens for response in responses],
        "output_tokens": sum(response.output_tokens or 0 for response in responses),
        **{name: value for name, value in getattr(model, "_facts", {}).items() if name != "clips"},
    }


def lora(folder: Path, works: Sequence[ClipWork]) -> Json:
    """Seconds of a training step on one clip's frames and the questions' common words: rank 16, all linear layers."""
    import peft
    import torch

    from mabench_eval.engines.transformers.loading import load_checkpoint
    from mabench_eval.engines.transformers.prompts import Prompts

    base, processor = load_checkpoint(_settings(folder))
    prefix = Prompts(processor, _settings(folder)).groups(works[0])[0].prefix.to(base.device)
    base.gradient_checkpointing_enable()
    base.enable_input_require_grads()
    model = peft.get_peft_model(base, peft.LoraConfig(r=16, target_modules="all-linear"))
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], 1e-4)

    def step() -> float:
        start = time.perf_counter()
        model.train()(**prefix, labels=prefix["input_ids"]).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter() - start

    step()
    return {"step": min(step() for _ in range(3)), "tokens": int(prefix["input_ids"].shape[1])}


@contextmanager
def gpu_busy() -> Iterator[list[float]]:
    """Shares of the time in which the GPU computed, 0-1, read twice a second; none without nvidia-smi."""
    shares: list[float] = []
    over = threading.Event()
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "--id=0"]

    def read() -> None:
        while not over.wait(0.5):
            try:
                answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
                shares.append(float(answer.stdout) / 100)
            except (OSError, subprocess.SubprocessError, ValueError):
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield shares
    finally:
        over.set()
        reader.join()


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def run_part(name: str, folder: Path, shape: str, clips: int) -> Json | None:
    """What a part measures, in a process of its own; None where it is not installed or fails, which is told."""
    if importlib.util.find_spec(NEEDS[name]) is None:
        print(f"{name}: not measured, {NEEDS[name]} is not installed here")
        return None
    words = ["--part", name, "--folder", str(folder), "--shape", shape, "--clips", str(clips)]
    done = subprocess.run([sys.executable, "-m", "benchmarks.gpu", *words], stdout=subprocess.PIPE)
    if done.returncode:
        print(f"{name}: failed, see above")
        return None
    found: Json = parse_json(done.stdout.strip().splitlines()[-1], name)
    return found


def print_table(folder: Path, found: Mapping[str, Json | None]) -> None:
    """Rows for the README."""
    rate = (found["matrices"] or {}).get("tflops")
    print(f"\nGPU: {(found['matrices'] or {}).get('gpu')}; matrix products: {rate or 0:.3g} TFLOP a second\n")
    print("| | s a clip, together | s a clip, each alone | ratio | GPU busy | floor, s | 12,000 questions, min |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in ("transformers", "vllm"):
        if (row := found[name]) is None:
            continue
        visual, prompts = visual_tokens(folder), row["prompt_tokens"]
        text = sum(prompts) - len(prompts) * visual + row["output_tokens"]
        floor = floor_tflop(folder, visual, text) / rate if rate else float("nan")
        busy = "-" if row["busy"] is None else f"{row['busy']:.0%}"
        print(
            f"| {name} | {row['together']:.2f} | {row['apart']:.2f} | {row['together'] / row['apart']:.2f} | {busy} "
            f"| {floor:.2f} | {row['together'] * OFFICIAL_CLIPS / 60:.0f} |"
        )
    if row := found["vllm"]:
        names = ("max_num_batched_tokens", "max_num_seqs", "idle_share", "preprocessing_seconds")
        print("\nvllm: " + ", ".join(f"{name} {row[name]}" for name in names if name in row))
    if row := found["lora"]:
        print(f"\nA step of a LoRA adapter (rank 16, one clip of {row['tokens']:,} tokens): {row['step']:.2f} s")


def main() -> None:
    """Measure what there is, and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="8b", choices=list(SIZES))
    parser.add_argument("--clips", type=int, default=12, help="2 or more; the first warms up")
    parser.add_argument("--folder", type=Path, help="where the checkpoint is, or is written (default: removed again)")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part:
        works = [clip(number, chosen.shape) for number in range(max(2, chosen.clips))]
        print(json.dumps(globals()[chosen.part](chosen.folder, works)))
        return
    with tempfile.TemporaryDirectory() as own:
        folder = chosen.folder or Path(own)
        make_checkpoint(folder, chosen.shape)
        answers = f"answers of {CLOSED_TOKENS} and {OPEN_TOKENS} tokens"
        print(f"Qwen3-VL of shape {chosen.shape}, {chosen.clips} clips; {answers}")
        print_table(folder, {name: run_part(name, folder, chosen.shape, chosen.clips) for name in PARTS})


if __name__ == "__main__":
    main()
