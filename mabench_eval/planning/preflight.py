"""Preflight: everything a run needs is found, or found missing, before anything is spent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mabench_eval.benchmark import Benchmark, expand_variants, load_benchmark, read_clips
from mabench_eval.catalogue import Catalogue, TaskCard, load_catalogue, select_model, select_tasks
from mabench_eval.engines import open_engine
from mabench_eval.environments import current_environment, worker_environment
from mabench_eval.errors import InputError
from mabench_eval.judging import Judge, JudgePlan, open_judges
from mabench_eval.planning.checks import (
    check_training,
    check_writable,
    engine_problems,
    image_problems,
    input_problems,
    variant_problems,
)
from mabench_eval.planning.config import RunConfig
from mabench_eval.planning.plan import Scope, make_plan, questions_in_scope
from mabench_eval.planning.prompts import official_layout, with_prompts
from mabench_eval.planning.run import Run, folder_name, run_id, run_identity, shots_identity
from mabench_eval.planning.shots import Choose, choose_shots, no_shots
from mabench_eval.scoring import read_flags
from mabench_eval.types import Clip
from mabench_eval.video import Sampling, input_identity, other_clips, pick_decoder

Found = TypeVar("Found")


def prepare(config: RunConfig, *, asks: bool = True) -> Run:
    """Find all that a run needs. Raises InputError with everything that is missing, in one list.

    ``asks`` False: no model and no judge will be asked, so that nothing is needed to run them.
    """
    if config.workers is None and config.env not in ("current", "auto", current_environment()):
        raise InputError(
            f"env={config.env!r}: a process cannot change its environment", hint="The command line's --env does it."
        )
    catalogue = load_catalogue(config.include).check()
    known = with_prompts(catalogue.tasks, config.prompts) if config.prompts else catalogue.tasks
    if config.instructions == "system":
        known = {name: official_layout(task) for name, task in known.items()}
    card = select_model(config.model, config.engine, config.settings, catalogue.models)
    tasks = select_tasks(config.tasks, known)
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
    missing.problems += engine_problems(config, engine, environment) if engine and asks else []
    missing.problems += input_problems(config, card, questions)
    missing.problems += variant_problems(config, engine, questions)
    missing.of(lambda: check_training(card, catalogue, questions))
    missing.problems += image_problems(config, card, engine, sampling) if engine else []
    if engine and config.max_cost is not None and engine.price is None and engine.remote:
        missing.problems.append("--max-cost: the price of this model is not known; its card has none")
    judging = missing.of(lambda: JudgePlan(_judges(config, catalogue, benchmark, tasks), tasks))
    judges = judging.judges if judging and asks else ()
    missing.problems += [problem for judge in judges for problem in judge.problems()]
    decoder = missing.of(lambda: pick_decoder(config.decoder) if looks and asks else None)
    choose = missing.of(lambda: _shots(config, catalogue, tasks)) or no_shots
    names = list(dict.fromkeys(q.clip for q in questions))
    clips = missing.of(lambda: _clips(names, benchmark, looks))
    flags = missing.of(lambda: read_flags(config.flags, questions) if config.flags else None)
    missing.of(lambda: check_writable(config.output))
    if missing.problems or engine is None or clips is None or judging is None:
        raise InputError("the run cannot start; nothing was run", problems=missing.problems, hint=missing.hint)
    base = {
        "model": engine.identity,
        "sampling": input_identity(config.input, sampling),
        "seed": config.seed,
        "repeat": 0,
    }
    shown = other_clips(clips, config.seed) if config.input == "other-clip" else clips
    asked = expand_variants(questions, config.repeats, circular=config.circular)
    plan = make_plan(asked, tasks, shown, base, choose)
    identity = {**run_identity(config, benchmark, tasks, base), **shots_identity(plan.requests)}
    folder = config.output / folder_name(card.name) / run_id(benchmark, identity)
    return Run(
        config,
        catalogue,
        benchmark,
        tasks,
        plan,
        card,
        engine,
        environment,
        judging,
        sampling,
        decoder,
        flags,
        identity,
        folder,
    )


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
