"""A run that is ready to start; what its answers depend on: its identity, its id, its folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import Catalogue, EnvironmentCard, ModelCard, TaskCard
from mabench_eval.engines import Engine
from mabench_eval.journal import fingerprint
from mabench_eval.judging import JudgePlan
from mabench_eval.planning.config import RunConfig
from mabench_eval.planning.plan import NO_KEY, Plan
from mabench_eval.planning.shots import Examples
from mabench_eval.planning.training import TrainedOn, adapter_name
from mabench_eval.scoring import Flags
from mabench_eval.types import Clip, Json, Question, Request
from mabench_eval.video import Sampling, WholeClip


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is ready to start: everything it needs is there."""

    config: RunConfig
    catalogue: Catalogue
    benchmark: Benchmark
    tasks: tuple[TaskCard, ...]
    clips: Mapping[str, Clip]
    """Name -> clip of each question, with its hash where the model looks; without those that are left out."""
    left_out: tuple[str, ...]
    """What is wrong with each clip that the run goes on without; empty without ``--skip-missing-clips``."""
    plan: Plan
    card: ModelCard
    engine: Engine
    environment: EnvironmentCard | None
    """Of the workers; None: the packages that are installed where they are."""
    judging: JudgePlan
    """The judges and their rubrics; no judge when nothing is judged: no open task, no references, or ``none``."""
    sampling: Sampling | WholeClip | None
    """None when the model does not look."""
    flags: Flags | None
    """Flags on its questions; None: official figures only."""
    examples: Examples
    """Put before the questions; ``NO_SHOTS`` for a zero-shot run."""
    identity: Json
    """What the run is a pure function of; the run id is its fingerprint."""
    trained_on: TrainedOn | None
    """What the model's adapter was trained on; None: nothing is known of it."""
    folder: Path
    """``<output>/<model>/<run id>``."""

    @property
    def name(self) -> str:
        """What tables call it: the model, and the LoRA adapter that was named for it, ``qwen3-vl-8b + lm``."""
        lora = self.config.settings.get("lora")
        return f"{self.card.name} + {adapter_name(str(lora))}" if lora else self.card.name


def run_identity(config: RunConfig, benchmark: Benchmark, tasks: tuple[TaskCard, ...], base: Json) -> Json:
    """What the answers depend on. Judges are no part of it: their scores have keys of their own."""
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
        # left out of ordinary runs, whose ids are older than these options
        **({"repeats": config.repeats} if config.repeats > 1 else {}),
        **({"circular": True} if config.circular else {}),
        **({"examples": (config.shots, config.shots_frames)} if config.shots else {}),
    }


def answer_basis(identity: Json, config: RunConfig, benchmark: Benchmark, tasks: tuple[TaskCard, ...]) -> Json:
    """The ``base`` that a run's identity was made from: what all its answers depend on alike."""
    added = run_identity(config, benchmark, tasks, {}).keys() | {"shots", "trained_clips"}
    return {name: value for name, value in identity.items() if name not in added}


def shots_identity(requests: Iterable[Request]) -> Json:
    """The few-shot examples of a run; empty for a zero-shot one."""
    shots = [request.key for request in requests if request.shots]  # the keys hold the examples
    return {"shots": fingerprint(shots)} if shots else {}


def run_id(benchmark: Benchmark, identity: Json) -> str:
    """Name of a run's folder."""
    return f"{folder_name(benchmark.name)}-{fingerprint(identity)[:12]}"


def folder_name(name: str) -> str:
    """A name as part of a path; characters that a path may not hold become dashes."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "unnamed"


def open_questions(run: Run) -> list[Question]:
    """The questions of a run that a judge can score: open ones with a reference, on clips that are there."""
    names = {task.name for task in run.tasks if not task.closed}
    return [
        question
        for question in run.plan.questions
        if question.task in names and question.answer is not None and run.plan.keys[question.variant] != NO_KEY
    ]
