"""The checks of a run before it starts, each of one kind: what is missing or does not go together, a line each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import Catalogue, EnvironmentCard, ModelCard
from mabench_eval.engines import Engine
from mabench_eval.errors import InputError
from mabench_eval.planning.config import RunConfig
from mabench_eval.types import Question
from mabench_eval.video import Sampling


def check_training(card: ModelCard, catalogue: Catalogue, questions: Sequence[Question]) -> None:
    """A model that learns from a file must have one, and never one with clips that it is asked about."""
    if "train_data" not in card.settings:
        return
    file = card.settings["train_data"]
    if file is None:
        raise InputError(f"{card.name} learns from a labelled question file: --train-data FILE")
    known = load_benchmark(str(file), catalogue.tasks)
    if not known.labelled:
        raise InputError(f"--train-data {file}: has no answers to learn from")
    shared = sorted(set(known.clip_names) & {question.clip for question in questions})
    if shared:
        raise InputError(f"--train-data {file}: {len(shared)} of its clips are in the test set, {shared[0]} for one")


def input_problems(config: RunConfig, card: ModelCard, questions: Sequence[Question]) -> list[str]:
    """Whether ``--input`` shows this model anything else than the video."""
    if config.input == "video":
        return []
    if not card.needs_frames:
        return [f"--input {config.input}: {card.name} does not look at the video anyway"]
    if config.input == "other-clip" and len({question.clip for question in questions}) < 2:
        return ["--input other-clip: the run has one clip alone"]
    return []


def variant_problems(config: RunConfig, engine: Engine | None, questions: Sequence[Question]) -> list[str]:
    """Whether repeats and rotations can tell anything."""
    found = engine.repeat_problems() if engine and config.repeats > 1 else []
    problems = [f"--repeats {config.repeats}: {problem}" for problem in found]
    if config.circular and not any(question.options for question in questions):
        problems.append("--circular: no question of the run has options to rotate")
    return problems


def engine_problems(config: RunConfig, engine: Engine, environment: EnvironmentCard | None) -> list[str]:
    """What the engine lacks here, or on workers, as far as it can be seen from here."""
    if config.workers is None:
        return engine.problems()
    found = []
    if config.ray is None and environment is None:  # elsewhere workers tell what is missing there
        found += engine.problems()
    if engine.remote:
        found.append("--workers: this model is behind an API, and one process saturates an endpoint; leave it out")
    if find_spec("ray") is None:
        found.append("--workers needs Ray: pip install 'mabench_eval[ray]'")
    if config.ship_clips and config.shots_frames:
        found.append("--ship-clips sends the clips of the questions alone, and --shots-frames needs others")
    return found


def image_problems(config: RunConfig, card: ModelCard, engine: Engine, sampling: Sampling | None) -> list[str]:
    """Whether the model takes so many images, and examples with frames."""
    found = []
    if config.shots_frames and not engine.shows_examples:
        found.append(f"--shots-frames: engine {card.engine} takes examples as text alone")
    images = sampling.count * (1 + (config.shots if config.shots_frames else 0)) if sampling else 0
    if engine.max_images is not None and images > engine.max_images:
        found.append(f"{images} images a question: this model takes at most {engine.max_images}")
    return found


def check_writable(output: Path) -> None:
    """Raise InputError when no results can be written there."""
    there = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        what = "is not writable" if there.is_dir() else "is not a folder"
        raise InputError(f"cannot write to --output {output}: {there} {what}")
