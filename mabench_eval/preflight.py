"""Preflight: everything a run needs is found, or found missing, before anything is spent."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from mabench_eval.benchmark import Benchmark, load_benchmark, read_clips
from mabench_eval.catalogue import Catalogue, EnvironmentCard, ModelCard, TaskCard, load_catalogue, select_tasks
from mabench_eval.config import RunConfig
from mabench_eval.engines import Engine, open_engine
from mabench_eval.environments import inside, worker_environment
from mabench_eval.errors import InputError
from mabench_eval.fingerprint import fingerprint
from mabench_eval.flags import Flags, read_flags
from mabench_eval.input_modes import input_identity, other_clips
from mabench_eval.judging import Judge, Keys, open_judges
from mabench_eval.plan import Plan, Scope, make_plan, questions_in_scope
from mabench_eval.prompts import official_layout, with_prompts
from mabench_eval.sampling import Sampling
from mabench_eval.shots import Choose, choose_shots, no_shots
from mabench_eval.types import Clip, Json, Question, Request
from mabench_eval.variants import variants
from mabench_eval.video import pick_decoder

Found = TypeVar("Found")
HUB = "hf:"
"""Before a repository on the hub, in place of a model's name."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that can start: all that was asked for is there."""

    config: RunConfig
    catalogue: Catalogue
    benchmark: Benchmark
    tasks: tuple[TaskCard, ...]
    plan: Plan
    card: ModelCard
    engine: Engine
    environment: EnvironmentCard | None
    """Of the workers; None: what is installed where they are."""
    judging: Keys
    """The judges and their rubrics; no judge when nothing is judged: no open task, no references, or ``none``."""
    sampling: Sampling | None
    """None when the model does not look."""
    decoder: str | None
    flags: Flags | None
    """Flags on its questions; None: the official figures stand alone."""
    identity: Json
    """What the run is a pure function of; the run id is its fingerprint."""
    folder: Path
    """``<output>/<model>/<run id>``."""


def prepare(config: RunConfig, *, asks: bool = True) -> Run:
    """Find all that a run needs. Raises InputError with everything that is missing, in one list.

    ``asks`` False: no model and no judge will be asked, so that nothing is needed to run them.
    """
    if config.workers is None and config.env not in ("current", "auto", inside()):
        raise InputError(
            f"env={config.env!r}: a process cannot change its environment", hint="The command line's --env does it."
        )
    catalogue = load_catalogue(config.include).check()
    known = with_prompts(catalogue.tasks, config.prompts) if config.prompts else catalogue.tasks
    if config.instructions == "system":
        known = {name: official_layout(task) for name, task in known.items()}
    card, tasks = _card(config, catalogue), select_tasks(config.tasks, known)
    benchmark = load_benchmark(config.data, catalogue.tasks, config.clips)
    tasks = tuple(task for task in tasks if any(q.task == task.name for q in benchmark.questions))
    questions = questions_in_scope(benchmark, tasks, Scope(config.limit, config.shard))
    if not questions:
        raise InputError(f"{benchmark.file} has no question of the tasks {config.tasks!r} in the chosen clips")
    looks = card.needs_frames and config.input != "text-only"
    sampling = Sampling(config.sampling, config.frames) if looks else None
    missing = _Missing()
    engine = missing.of(lambda: open_engine(card, config.seed))
    on_workers = asks and config.workers is not None
    environment = missing.of(lambda: worker_environment(config.env, card, catalogue) if on_workers else None)
    missing.problems += _engine_problems(config, engine, environment) if engine and asks else []
    missing.problems += _input_problems(config, card, questions)
    missing.problems += _variant_problems(config, engine, questions)
    missing.of(lambda: _check_training(card, catalogue, questions))
    missing.problems += _image_problems(config, card, engine, sampling) if engine else []
    if engine and config.max_cost is not None and engine.price is None and engine.remote:
        missing.problems.append("--max-cost: the price of this model is not known; its card has none")
    judging = missing.of(lambda: Keys(_judges(config, catalogue, benchmark, tasks), tasks))
    judges = judging.judges if judging and asks else ()
    missing.problems += [problem for judge in judges for problem in judge.problems()]
    decoder = missing.of(lambda: pick_decoder(config.decoder) if looks and asks else None)
    choose = missing.of(lambda: _shots(config, catalogue, tasks)) or no_shots
    names = list(dict.fromkeys(q.clip for q in questions))
    clips = missing.of(lambda: _clips(names, benchmark, looks))
    flags = missing.of(lambda: read_flags(config.flags, questions) if config.flags else None)
    missing.of(lambda: _writable(config.output))
    if missing.problems or engine is None or clips is None or judging is None:
        raise InputError("the run cannot start; nothing was run", problems=missing.problems, hint=missing.hint)
    base = {
        "model": engine.identity,
        "sampling": input_identity(config.input, sampling),
        "seed": config.seed,
        "repeat": 0,
    }
    shown = other_clips(clips, config.seed) if config.input == "other-clip" else clips
    asked = variants(questions, config.repeats, circular=config.circular)
    plan = make_plan(asked, tasks, shown, base, choose)
    identity = {**_identity(config, benchmark, tasks, base), **shots_identity(plan.requests)}
    folder = config.output / folder_name(card.name) / run_id(benchmark, identity)
    return Run(
        config, catalogue, benchmark, tasks, plan, card, engine, environment, judging, sampling, decoder, flags,
        identity, folder,
    )  # fmt: skip


class _Missing:
    """Collects what is missing from several sources."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.hint = ""

    def of(self, find: Callable[[], Found]) -> Found | None:
        """The result of ``find``, or None after noting what it found missing."""
        try:
            return find()
        except InputError as error:
            self.problems += [error.message, *(f"  {problem}" for problem in error.problems)]
            self.hint = self.hint or error.hint
            return None


def _card(config: RunConfig, catalogue: Catalogue) -> ModelCard:
    """The model's card, with what the command line says in place of its own; none is needed when an engine is given."""
    named = any(config.model.casefold() == name.casefold() for name in catalogue.models)
    if not named and is_checkpoint(config.model):
        card = checkpoint_card(config.model)
    elif config.engine and not named:
        card = ModelCard(config.model, config.engine, "given on the command line", settings={"model_id": config.model})
    else:
        card = catalogue.model(config.model)
    engine = config.engine or card.engine
    foreign = config.settings.keys() - card.settings.keys()
    if foreign and engine == "python":
        raise InputError(f"model {card.name!r} runs in Python and takes no setting {', '.join(sorted(foreign))}")
    return replace(card, engine=engine, settings={**card.settings, **config.settings})


def is_checkpoint(model: str) -> bool:
    """Whether a model's name is a checkpoint's: ``hf:ORG/NAME``, or a folder with a ``config.json``."""
    return model.startswith(HUB) or (Path(model).expanduser() / "config.json").is_file()


def checkpoint_card(model: str) -> ModelCard:
    """The card of a checkpoint that has none: ``hf:ORG/NAME``, or a folder."""
    repo = model.removeprefix(HUB)
    name = Path(repo).expanduser().resolve().name if not model.startswith(HUB) else repo.rpartition("/")[2]
    return ModelCard(name, "transformers", f"the checkpoint {repo}", settings={"repo": repo})


def _check_training(card: ModelCard, catalogue: Catalogue, questions: Sequence[Question]) -> None:
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


def _shots(config: RunConfig, catalogue: Catalogue, tasks: tuple[TaskCard, ...]) -> Choose:
    if config.shots_data is None:
        return no_shots
    labelled = load_benchmark(config.shots_data, catalogue.tasks, config.clips)
    names = {task.name for task in tasks}
    return choose_shots(labelled, config.shots, config.seed, names, frames=config.shots_frames)


def _judges(
    config: RunConfig, catalogue: Catalogue, benchmark: Benchmark, tasks: tuple[TaskCard, ...]
) -> tuple[Judge, ...]:
    """The judges, when there is something to judge."""
    judges = open_judges(config.judge, catalogue, config.judge_settings)
    return judges if benchmark.labelled and not all(task.closed for task in tasks) else ()


def _clips(names: list[str], benchmark: Benchmark, looks: bool) -> dict[str, Clip]:
    return read_clips(names, benchmark.clip_folder) if looks else {name: Clip(name) for name in names}


def _input_problems(config: RunConfig, card: ModelCard, questions: Sequence[Question]) -> list[str]:
    if config.input == "video":
        return []
    if not card.needs_frames:
        return [f"--input {config.input}: {card.name} does not look at the video anyway"]
    if config.input == "other-clip" and len({question.clip for question in questions}) < 2:
        return ["--input other-clip: the run has one clip alone"]
    return []


def _variant_problems(config: RunConfig, engine: Engine | None, questions: Sequence[Question]) -> list[str]:
    found = engine.repeat_problems() if engine and config.repeats > 1 else []
    problems = [f"--repeats {config.repeats}: {problem}" for problem in found]
    if config.circular and not any(question.options for question in questions):
        problems.append("--circular: no question of the run has options to rotate")
    return problems


def _engine_problems(config: RunConfig, engine: Engine, environment: EnvironmentCard | None) -> list[str]:
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


def _image_problems(config: RunConfig, card: ModelCard, engine: Engine, sampling: Sampling | None) -> list[str]:
    found = []
    if config.shots_frames and not engine.shows_examples:
        found.append(f"--shots-frames: engine {card.engine} takes examples as text alone")
    images = sampling.count * (1 + (config.shots if config.shots_frames else 0)) if sampling else 0
    if engine.max_images is not None and images > engine.max_images:
        found.append(f"{images} images a question: this model takes at most {engine.max_images}")
    return found


def _writable(output: Path) -> None:
    there = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        what = "is not writable" if there.is_dir() else "is not a folder"
        raise InputError(f"cannot write to --output {output}: {there} {what}")


def _identity(config: RunConfig, benchmark: Benchmark, tasks: tuple[TaskCard, ...], base: Json) -> Json:
    """What the answers depend on. Judges are no part of it: they come and go, each under its own keys."""
    return {
        **base,
        "benchmark": benchmark.sha256,
        "tasks": {
            task.name: {
                "version": task.version,
                "prompt": fingerprint([task.system_prompt, task.user_prompt, task.max_tokens]),
            }
            for task in tasks
        },
        "limit": config.limit,
        "shard": config.shard,
        **({"repeats": config.repeats} if config.repeats > 1 else {}),  # the ids of ordinary runs stay as they were
        **({"circular": True} if config.circular else {}),
    }


def shots_identity(requests: Iterable[Request]) -> Json:
    """The examples as they stand before the questions; nothing in a zero-shot run."""
    shots = [request.key for request in requests if request.shots]  # the keys hold the examples
    return {"shots": fingerprint(shots)} if shots else {}


def run_id(benchmark: Benchmark, identity: Json) -> str:
    """Name of a run's folder."""
    return f"{folder_name(benchmark.name)}-{fingerprint(identity)[:12]}"


def folder_name(name: str) -> str:
    """A name as part of a path: what it may not hold becomes a dash."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "unnamed"
