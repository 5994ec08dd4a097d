"""Whether a model learns from a corpus: a tiny one, trained by LLaMA-Factory on closed questions of a few demo clips.

    python -m benchmarks.learning [--steps 300] [--folder DIR]

In an environment with LLaMA-Factory, as `.ci/run` makes it. The demo is split by clips; the smaller part is taught by
the recipe for all parts of the model, at a larger rank and learning rate than real models get, and the adapter answers
the closed questions of both parts: as they are, with the frames shuffled, and without frames. A random checkpoint of a
few layers stands for the model, so that its training clips are learnt by heart; of new clips nothing can be expected.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mabench_eval import evaluate
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main as mabench_eval
from mabench_eval.taxonomy import OFFICIAL_CLOSED
from mabench_eval.types import Question
from mabench_eval.video import InputMode
from tests.support.checkpoints import build

FRAMES, SEED = 4, 1
RECIPE = {
    "lora_rank": 64,
    "lora_alpha": 128,
    "lora_dropout": 0,
    "learning_rate": 0.003,
    "per_device_train_batch_size": 10,
    "gradient_accumulation_steps": 1,
    "gradient_checkpointing": "false",
    "bf16": "false",
    "preprocessing_num_workers": 1,
    "save_strategy": "steps",
    "save_steps": 10_000,
    "logging_steps": 20,
}
"""In place of the recipe's own: for a tiny model on a processor."""
INPUTS: tuple[InputMode, ...] = ("video", "shuffled", "text-only")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300, help="of ten conversations")
    parser.add_argument("--folder", type=Path, help="where to work (default: a folder that is removed)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        place = options.folder or Path(own)
        corpus = _corpus(place)
        began = time.monotonic()
        losses = _train(place, options.steps)
        print(f"{options.steps} steps in {time.monotonic() - began:.0f} s; loss {losses[0]} -> {losses[-1]}\n")
        _print(place, corpus)


def _corpus(place: Path) -> dict[str, Path]:
    """The demo in two parts, and a corpus of the closed questions on the clips of the first."""
    build("qwen3_vl", place / "tiny")
    split = ["split", "demo", "-o", place / "parts", "--by", "clip", "--share", "0.25", "--seed", SEED]
    parts = {"training clips": place / "parts" / "train.json", "other clips": place / "parts" / "test.json"}
    export = ["export-train", parts["training clips"], "-o", place / "corpus", "--closed", "--frames", FRAMES]
    export += ["--weight", "MADU=0", "--weight", "MARE=0", "--exclude", parts["other clips"], "--clips", _videos()]
    for words in (split, export):
        if mabench_eval([str(word) for word in words]) != 0:
            sys.exit("the corpus cannot be made")
    return parts


def _videos() -> Path:
    return load_benchmark("demo", load_catalogue().tasks).clip_folder


def _train(place: Path, steps: int) -> list[str]:
    """Its losses."""
    changes = {**RECIPE, "model_name_or_path": place / "tiny", "max_steps": steps}
    words = [Path(sys.executable).with_name("llamafactory-cli"), "train", "recipes/all.yaml"]
    words += [f"{name}={value}" for name, value in changes.items()]
    done = subprocess.run(
        [str(word) for word in words],
        cwd=place / "corpus",
        env={**os.environ, "DISABLE_VERSION_CHECK": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(done.stderr[-3000:])
    log = (place / "corpus" / "adapters" / "all" / "trainer_log.jsonl").read_text(encoding="utf-8")
    return [line.split('"loss": ')[1].split(",")[0] for line in log.splitlines() if '"loss": ' in line]


def _print(place: Path, parts: dict[str, Path]) -> None:
    """The average of the closed tasks in percent, beside what needs no learning."""
    print(f"{'closed AVG, %':<16}{'chance':>8}{'one answer':>12}{'base':>8}" + "".join(f"{i:>11}" for i in INPUTS))
    for name, data in parts.items():
        questions = [
            q for q in load_benchmark(str(data), load_catalogue().tasks).questions if q.task in OFFICIAL_CLOSED
        ]
        base = _accuracy(place, data, None, "video")
        learnt = [_accuracy(place, data, place / "corpus" / "adapters" / "all", shown) for shown in INPUTS]
        figures = f"{_chance(questions):>8.1f}{_one_answer(questions):>12.1f}{base:>8.1f}"
        print(f"{name:<16}{figures}" + "".join(f"{figure:>11.1f}" for figure in learnt), flush=True)


def _accuracy(place: Path, data: Path, lora: Path | None, shown: InputMode) -> float:
    result = evaluate(
        str(place / "tiny"),
        engine="transformers",
        tasks=",".join(OFFICIAL_CLOSED).lower(),
        data=str(data),
        clips=_videos(),
        frames=FRAMES,
        input=shown,
        settings={"lora": str(lora)} if lora else {},
        allow_trained=True,
        judge="none",
        output=place / "results",
    )
    average = result.scores.closed_avg
    assert average is not None, "all tasks were asked"
    return average


def _by_task(questions: Sequence[Question]) -> list[list[Question]]:
    return [[question for question in questions if question.task == task] for task in OFFICIAL_CLOSED]


def _chance(questions: Sequence[Question]) -> float:
    """Of answers by lot: a letter of those printed, or Yes and No."""
    return _mean([_mean([1 / (len(q.options) or 2) for q in asked]) for asked in _by_task(questions)]) * 100


def _one_answer(questions: Sequence[Question]) -> float:
    """Of each task's most frequent answer, given to all its questions."""
    most = [Counter(q.answer for q in asked).most_common(1)[0][1] / len(asked) for asked in _by_task(questions)]
    return _mean(most) * 100


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
