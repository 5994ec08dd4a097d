"""The files of a run. Equal answers give equal files; what varies (times, machine) stands in ``run.json`` alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mabench_eval.benchmark import Benchmark, first_asked
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import JournalError
from mabench_eval.journal import Records, fingerprint, write_json, write_json_lines, write_text
from mabench_eval.judging import JudgePlan
from mabench_eval.planning import Run, RunConfig
from mabench_eval.runs.reading import FinishedRun
from mabench_eval.runs.record import choices_record, judging_record, run_record
from mabench_eval.runs.submission import make_submission
from mabench_eval.scoring import Flags, clean_and_hard, read_flags, score
from mabench_eval.tables import scores_markdown
from mabench_eval.types import Json, Outcome, Question, Sample

VARIANT = ("repeat", "rotation")
"""Fields of a sample that are left out of its line where they are 0."""
OPTIONAL = ("correct", "levels", "judgments", "by_rule", "stop_reason", "frames", "error")
"""Fields of a sample that are left out of its line when they say nothing."""


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
        run.card.name,
        run.judging,
        run.benchmark,
        run.plan.questions,
        run.tasks,
        frames,
        samples,
        answers,
        run.config.input,
        run.flags,
    )
    return _write(run.folder, scores, samples, run.tasks, run_record(run, records, scores))


def write_rejudged(
    finished: FinishedRun, config: RunConfig, judging: JudgePlan, samples: Sequence[Sample], records: Records
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
    record = {
        **finished.record,
        "complete": scores["complete"],
        **choices_record(config),
        **judging_record(judging, records),
    }
    return _write(finished.folder, scores, samples, finished.tasks, record)


def _write(folder: Path, scores: Json, samples: Sequence[Sample], tasks: Sequence[TaskCard], record: Json) -> Result:
    try:
        write_json_lines(folder / "samples.jsonl", (sample_row(sample) for sample in samples))
        write_json(folder / "scores.json", scores)
        write_text(folder / "scores.md", scores_markdown(scores))
        write_json(folder / "submission.json", make_submission(samples, tasks))
        write_json(folder / "run.json", record)
    except OSError as error:
        raise JournalError(
            f"cannot write results to {folder}: {error.strerror or error}",
            hint="All answers are safe in the journal. Make room, then run the same command again.",
        ) from error
    return Result(folder, scores, tuple(samples), record)


def scores_document(
    model: str,
    judging: JudgePlan,
    benchmark: Benchmark,
    questions: Sequence[Question],
    tasks: Sequence[TaskCard],
    frames: Json | None,
    samples: Sequence[Sample],
    answers: str = "generate",
    shown: str = "video",
    flags: Flags | None = None,
) -> dict[str, Any]:
    """The content of ``scores.json``: who, on what, and every figure (see :func:`mabench_eval.scoring.scores.score`).

    With ``flags`` also ``flags`` (see :func:`mabench_eval.scoring.flagged.clean_and_hard`).
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


def _missing(sample: Sample, judged: bool) -> bool:
    """Whether something of the sample is still to come: its response, or the judge's score."""
    return sample.outcome is Outcome.ERROR or (judged and sample.error is not None)
