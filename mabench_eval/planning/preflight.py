"""Preflight: everything that a run needs is found, or reported missing, before time or money is spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from mabench_eval.benchmark import Benchmark, expand_variants, load_benchmark, unusable_clips, usable_clips
from mabench_eval.catalogue import Catalogue, TaskCard, load_catalogue, select_model, select_tasks
from mabench_eval.engines import Engine, open_engine
from mabench_eval.environments import current_environment, is_elsewhere, worker_environment
from mabench_eval.errors import InputError
from mabench_eval.journal import Price
from mabench_eval.judging import Judge, JudgePlan, open_judges
from mabench_eval.planning.checks import (
    batch_problems,
    budget_problems,
    check_training_file,
    check_writable,
    engine_problems,
    frame_problems,
    input_problems,
    sending_problems,
    variant_problems,
)
from mabench_eval.planning.config import RunConfig
from mabench_eval.planning.plan import clips_in_scope, make_plan
from mabench_eval.planning.prompts import official_layout, with_prompts
from mabench_eval.planning.run import Run, folder_name, run_id, run_identity, shots_identity
from mabench_eval.planning.shots import NO_SHOTS, Examples, choose_shots
from mabench_eval.planning.training import adapter_corpus, check_base, trained_identity, trained_on, trained_problems
from mabench_eval.scoring import read_flags
from mabench_eval.types import Clip, Question
from mabench_eval.video import Sampling, WholeClip, check_decoder, input_identity, other_clips, shown_frames

Found = TypeVar("Found")


def prepare(config: RunConfig, *, asks: bool = True, dry_run: bool = False) -> Run:
    """Find everything that a run needs. Raises InputError with everything that is missing, in one list.

    ``asks`` False: no model and no judge will be asked, so nothing is needed to run them. ``dry_run``: the run is only
    described, so that the packages of the model may be those of an environment that is not made yet.
    """
    if not dry_run and config.workers is None and config.env not in ("current", "auto", current_environment()):
        raise InputError(
            f"env={config.env!r}: a process cannot change its environment", hint="The command line's --env does it."
        )

    # Model, tasks and questions come first, and an error in one ends the preflight: all checks depend on them.
    catalogue = load_catalogue(config.include).check()
    card = select_model(config.model, config.engine, config.settings, catalogue.models)
    benchmark, tasks, questions = _select_questions(config, catalogue)
    looks = card.needs_frames and config.input != "text-only"
    check_base(card, catalogue.models.get(card.name))
    corpus = adapter_corpus(card)

    # The model: what it needs to run, and whether it can do what was chosen.
    missing = _Missing()
    engine = missing.collect(lambda: open_engine(card, config.seed))
    if engine and looks:
        missing.problems += sending_problems(config, engine)
    whole = engine is not None and engine.send == "clip"
    if not whole:
        config = replace(config, sampling=config.sampling or (corpus.sampling["rule"] if corpus else "uniform"))
    sampling = _sampling(config, whole=whole) if looks else None
    on_workers = asks and config.workers is not None
    environment = missing.collect(lambda: worker_environment(config.env, card, catalogue) if on_workers else None)
    elsewhere = missing.collect(lambda: dry_run and is_elsewhere(config.env, card, catalogue)) or False
    if engine:
        engine.frames = shown_frames(config.input, sampling)
    if engine and asks:
        missing.problems += engine_problems(config, engine, environment, elsewhere=elsewhere)
    missing.problems += input_problems(config, card, questions)
    missing.problems += variant_problems(config, engine, questions)
    missing.collect(lambda: check_training_file(card, catalogue, questions))
    if engine:
        missing.problems += frame_problems(config, card, engine, sampling)

    # The judges, and the files that are read and written.
    judging = missing.collect(lambda: JudgePlan(_judges(config, catalogue, benchmark, tasks), tasks))
    missing.problems += judging.problems(questions) if judging and asks else []
    missing.problems += budget_problems(config, engine, judging.judges if judging else (), looks=looks) if asks else []
    missing.problems += batch_problems(config, engine, judging.judges if judging else ()) if asks else []
    missing.collect(lambda: check_decoder(config.decoder) if looks and asks and not whole else None)
    examples = missing.collect(lambda: _shots(config, catalogue, tasks)) or NO_SHOTS
    found = missing.collect(lambda: _clips(questions, benchmark, looks, skip=config.skip_missing_clips))
    clips, left_out = found or (None, [])
    if whole and clips:  # a file that is sent as it is depends on no decoder of ours
        clips = {name: replace(clip, frames=None) for name, clip in clips.items()}
    trained = trained_on(corpus, clips or {})
    missing.problems += trained_problems(trained, allowed=config.allow_trained)
    flags = missing.collect(lambda: read_flags(config.flags, questions) if config.flags else None)
    missing.collect(lambda: check_writable(config.output))
    if engine and clips and sampling and asks and not dry_run and not missing.problems:
        missing.problems += _probed(config, engine, sampling, clips)
    if missing.problems or engine is None or clips is None or judging is None:
        raise InputError("the run cannot start; nothing was run", problems=missing.problems, hint=missing.hint)

    # The plan, under the keys of all that its answers depend on.
    seen = input_identity(config.input, sampling)
    base = {"model": engine.identity, "sampling": seen, "seed": config.seed, "repeat": 0}
    variants = expand_variants(questions, config.repeats, circular=config.circular)
    plan = make_plan(variants, tasks, _shown_clips(config, questions, clips), base, examples)
    identity = {
        **run_identity(config, benchmark, tasks, base),
        **shots_identity(plan.requests),
        **trained_identity(trained),
    }
    return Run(
        config,
        catalogue,
        benchmark,
        tasks,
        clips,
        tuple(left_out),
        plan,
        card,
        engine,
        environment,
        judging,
        sampling,
        flags,
        examples,
        identity,
        trained,
        folder=config.output / folder_name(card.name) / run_id(benchmark, identity),
    )


def _shown_clips(config: RunConfig, questions: tuple[Question, ...], clips: Mapping[str, Clip]) -> Mapping[str, Clip]:
    """Clip of a question -> the clip that is shown with it.

    Others are drawn from all names, so that who is shown what does not rest on which clips are there.
    """
    if config.input != "other-clip":
        return clips
    return other_clips(dict.fromkeys(question.clip for question in questions), clips, config.seed)


class _Missing:
    """Collects the problems of several checks."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.hint = ""
        """Of the first check that gave one."""

    def collect(self, find: Callable[[], Found]) -> Found | None:
        """The result of ``find``; None, and its problems noted, where it raises InputError."""
        try:
            return find()
        except InputError as error:
            self.problems += [error.message, *(f"  {problem}" for problem in error.problems)]
            self.hint = self.hint or error.hint
            return None


def _select_questions(
    config: RunConfig, catalogue: Catalogue
) -> tuple[Benchmark, tuple[TaskCard, ...], tuple[Question, ...]]:
    """The benchmark, the chosen tasks that it has, with the prompts of the run, and their questions in scope."""
    known = with_prompts(catalogue.tasks, config.prompts) if config.prompts else catalogue.tasks
    if config.instructions == "system":
        known = {name: official_layout(task) for name, task in known.items()}
    chosen = select_tasks(config.tasks, known)

    benchmark = load_benchmark(config.data, catalogue.tasks, config.clips)
    asked = {question.task for question in benchmark.questions}
    tasks = tuple(task for task in chosen if task.name in asked)
    names, clips = {task.name for task in tasks}, set(clips_in_scope(benchmark.clip_names, config.limit, config.shard))
    questions = tuple(q for q in benchmark.questions if q.task in names and q.clip in clips)
    if not questions:
        raise InputError(f"{benchmark.file} has no question of the tasks {config.tasks!r} in the chosen clips")
    return benchmark, tasks, questions


def _judges(
    config: RunConfig, catalogue: Catalogue, benchmark: Benchmark, tasks: tuple[TaskCard, ...]
) -> tuple[Judge, ...]:
    """The judges, where there is something to judge."""
    judges = open_judges(config.judge, catalogue, config.judge_settings)
    return judges if benchmark.labelled and not all(task.closed for task in tasks) else ()


def _shots(config: RunConfig, catalogue: Catalogue, tasks: tuple[TaskCard, ...]) -> Examples:
    if config.shots_data is None:
        return NO_SHOTS
    labelled = load_benchmark(config.shots_data, catalogue.tasks, config.clips)
    names = {task.name for task in tasks}
    return choose_shots(labelled, config.shots, config.seed, names, frames=config.shots_frames)


def _sampling(config: RunConfig, *, whole: bool) -> Sampling | WholeClip:
    """Which frames are shown. Raises InputError for a rule that there is not."""
    return WholeClip() if whole else Sampling(config.sampling or "uniform", config.frames)


def _clips(
    questions: tuple[Question, ...], benchmark: Benchmark, looks: bool, *, skip: bool
) -> tuple[dict[str, Clip], list[str]]:
    """The clips of the questions by name, and what is wrong with those that are left out, a line each.

    Files are opened only for a model that looks. Raises InputError where one cannot be used, with ``skip`` only where
    none can.
    """
    names = list(dict.fromkeys(question.clip for question in questions))
    if not looks:
        return {name: Clip(name) for name in names}, []
    clips, problems = usable_clips(names, benchmark.clip_folder)
    if problems and not (skip and clips):
        hint = "" if skip else "To go on without them, with their questions unanswered: --skip-missing-clips"
        raise unusable_clips(problems, len(names), benchmark.clip_folder, hint)
    return clips, problems


def _probed(config: RunConfig, engine: Engine, sampling: Sampling | WholeClip, clips: Mapping[str, Clip]) -> list[str]:
    """What an endpoint says to clips sent as these will be. Nothing is tried that a limit of costs would not count."""
    if config.max_cost is not None and engine.price not in (None, Price(0, 0, 0)):
        return []
    smallest = min(clips.values(), key=lambda clip: (clip.path.stat().st_size if clip.path else 0, clip.name))
    return engine.probe_problems(shown_frames(config.input, sampling) or 1, smallest)
