"""Checks of a run before it starts, one for each kind of mistake.

``x_problems`` returns what is missing or does not go together, a line each; ``check_x`` raises InputError.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import Catalogue, EnvironmentCard, ModelCard
from mabench_eval.engines import Engine
from mabench_eval.errors import InputError
from mabench_eval.journal import Budget, write_problem
from mabench_eval.judging import Judge
from mabench_eval.packages import install_command, missing_modules
from mabench_eval.planning.config import RunConfig
from mabench_eval.types import Question
from mabench_eval.video import Sampling, WholeClip, shown_frames


def engine_problems(
    config: RunConfig, engine: Engine, environment: EnvironmentCard | None, *, elsewhere: bool = False
) -> list[str]:
    """What the engine lacks, in this process or on workers, as far as it shows from here.

    ``elsewhere``: its packages will be those of an environment that is not made yet.
    """
    if config.workers is None:
        others = engine.missing_packages() if elsewhere else []
        return [problem for problem in engine.problems() if problem not in others]

    problems = []
    if config.ray is None and environment is None:  # workers elsewhere report what is missing there
        problems += engine.problems()
    if engine.remote:
        problems.append("--workers: this model is behind an API, and one process saturates an endpoint; leave it out")
    needed = ("ray", "virtualenv") if environment else ("ray",)
    if lacking := missing_modules(*needed):
        problems.append(f"--workers needs {', '.join(lacking)}: {install_command('ray')}")
    if config.ship_clips and config.shots_frames:
        problems.append("--ship-clips sends the clips of the questions alone, and --shots-frames needs others")
    return problems


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
    """Whether repeats and rotations would give anything new."""
    reasons = engine.repeat_problems() if engine and config.repeats > 1 else []
    problems = [f"--repeats {config.repeats}: {reason}" for reason in reasons]
    if config.circular and not any(question.options for question in questions):
        problems.append("--circular: no question of the run has options to rotate")
    return problems


def check_training_file(card: ModelCard, catalogue: Catalogue, questions: Sequence[Question]) -> None:
    """A model that learns from a file must have one, and none of its clips may be in the test set."""
    if "train_data" not in card.settings:
        return
    file = card.settings["train_data"]
    if file is None:
        raise InputError(f"{card.name} learns from a labelled question file: --train-data FILE")
    training = load_benchmark(str(file), catalogue.tasks)
    if not training.labelled:
        raise InputError(f"--train-data {file}: has no answers to learn from")
    shared = sorted(set(training.clip_names) & {question.clip for question in questions})
    if shared:
        raise InputError(f"--train-data {file}: {len(shared)} of its clips are in the test set, {shared[0]} for one")


def sending_problems(config: RunConfig, engine: Engine) -> list[str]:
    """Choices that the way in which clips are sent cannot honour, each with the reason."""
    if engine.send == "images":
        return []
    problems = []
    if config.shots_frames:
        problems.append(f"--shots-frames: a request holds one video with --send {engine.send}: --send images")
    if engine.send == "frames":
        return problems

    default = RunConfig(config.model)
    whose = "with --send clip the endpoint takes frames of the file by its own rule"
    if config.frames != default.frames:
        problems.append(f"--frames {config.frames}: {whose}, and as many as it likes")
    if config.sampling is not None:
        problems.append(f"--sampling {config.sampling}: {whose}")
    if config.input in ("middle-frame", "shuffled", "reversed"):
        problems.append(f"--input {config.input}: {whose}, in their order")
    if config.decoder != default.decoder:
        problems.append(f"--decoder {config.decoder}: with --send clip nothing is decoded here")
    return problems


def frame_problems(
    config: RunConfig, card: ModelCard, engine: Engine, sampling: Sampling | WholeClip | None
) -> list[str]:
    """Whether the model takes as many frames a question, and examples with frames."""
    problems = []
    if config.shots_frames and not engine.shows_examples and engine.send == "images":
        problems.append(f"--shots-frames: engine {card.engine} takes examples as text alone")
    images = sampling.media * (1 + (config.shots if config.shots_frames else 0)) if sampling else 0
    if images and engine.max_images == 0:
        problems.append(f"{card.name} reads text alone and cannot look at clips; --input text-only asks it blind")
    elif engine.max_images is not None and images > engine.max_images:
        problems.append(f"{images} images a question: this model takes at most {engine.max_images}")
    shown = shown_frames(config.input, sampling)
    if shown and shown % engine.frames_multiple:
        problems.append(f"{card.name} {_multiple_problem(shown, engine.frames_multiple, config)}")
    return problems


def _multiple_problem(shown: int, multiple: int, config: RunConfig) -> str:
    """Why a model that reads ``multiple`` frames together cannot take those shown, with the nearest that it can."""
    if config.input == "middle-frame":
        return f"reads frames by {multiple}s, and --input middle-frame shows one"
    below = shown - shown % multiple
    nearest = " or ".join(str(count) for count in (below, below + multiple) if count)
    return f"reads frames by {multiple}s, and {shown} is no multiple of {multiple}: --frames {nearest}"


def budget_problems(config: RunConfig, engine: Engine | None, judges: Sequence[Judge], *, looks: bool) -> list[str]:
    """Whether ``--max-cost`` can be kept: it is an amount of money, and what costs money has a price."""
    if config.max_cost is None:
        return []
    try:
        Budget(config.max_cost)
    except InputError as error:
        return [error.message]
    problems = engine.budget_problems(looks=looks) if engine else []
    problems += [problem for judge in judges for problem in judge.budget_problems()]
    return [f"--max-cost: {problem}" for problem in problems]


def batch_problems(config: RunConfig, engine: Engine | None, judges: Sequence[Judge]) -> list[str]:
    """Whether there is anybody to ask by batches."""
    if not config.batch or engine is None:
        return []
    if engine.batch_price is not None or any(judge.batch_price is not None for judge in judges):
        return []
    return [
        "--batch: neither the model nor a judge is behind an endpoint whose batches are known; for one that takes them "
        "in OpenAI's form: --set 'batch={price_factor: 0.5}', or batch: {...} in its card"
    ]


def check_writable(output: Path) -> None:
    """The results must have a folder that can be written to, or be made."""
    if problem := write_problem(output, folder=True):
        raise InputError(f"cannot write to --output {output}: {problem}")
