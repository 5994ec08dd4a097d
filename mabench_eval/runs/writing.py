"""The files of a run. Equal answers give equal files; what varies (times, machine) stands in ``run.json`` alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import JournalError
from mabench_eval.journal import Records, fingerprint, write_json, write_json_lines, write_remedy, write_text
from mabench_eval.judging import JudgePlan
from mabench_eval.planning import Run, RunConfig
from mabench_eval.runfiles import (
    RECORD,
    SAMPLES,
    SCORES,
    BenchmarkRecord,
    FramesRecord,
    JudgeRecord,
    RubricRecord,
    RunRecord,
    RunScores,
    sample_row,
    to_json,
)
from mabench_eval.runs.material import Material
from mabench_eval.runs.reading import FinishedRun
from mabench_eval.runs.record import choices_record, judging_record, run_record
from mabench_eval.runs.submission import SUBMISSION, make_submission
from mabench_eval.scoring import Flags, clean_and_hard, score
from mabench_eval.tables import scores_markdown
from mabench_eval.types import Outcome, Question, Sample


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    folder: Path
    """``<output>/<model>/<run id>``, with ``run.json``, ``questions.jsonl``, ``setup.json``, ``samples.jsonl``,
    ``scores.json``, ``scores.md``, ``submission.json`` and the journal."""
    scores: RunScores
    """As in ``scores.json``."""
    samples: tuple[Sample, ...]
    """As in ``samples.jsonl``, in the benchmark's order: a line for each time a question was asked."""
    record: RunRecord
    """As in ``run.json``: settings, command, identity, totals, cost."""

    @property
    def complete(self) -> bool:
        """Whether every question has a response, and every open answer that can be judged was asked to be its score."""
        return self.scores.complete


def write_results(run: Run, samples: Sequence[Sample], records: Records) -> Result:
    """Write all files of a run, each whole or not at all. Raises JournalError."""
    scores = run_scores(
        run.name,
        run.judging,
        run.benchmark,
        run.plan.questions,
        run.tasks,
        samples,
        frames=FramesRecord(run.sampling.count, run.sampling.rule) if run.sampling else None,
        answers=run.identity["model"].get("answers", "generate"),
        shown=run.config.input,
        flags=run.flags,
        trained_clips=len(run.trained_on.test_clips) if run.trained_on else 0,
        left_out_clips=len(run.left_out),
        name=run.config.name,
    )
    hashes = Material.of(run).files().write(run.folder)  # made anew: their texts are as large as the question file
    return write_files(run.folder, scores, samples, run.tasks, run_record(run, records, scores, hashes))


def write_rejudged(
    finished: FinishedRun, config: RunConfig, judging: JudgePlan, samples: Sequence[Sample], records: Records
) -> Result:
    """Write the files of a finished run with the scores of other judges. Raises JournalError."""
    scores = run_scores(
        finished.scores.model,
        judging,
        finished.benchmark,
        finished.questions,
        finished.tasks,
        samples,
        frames=finished.scores.frames,
        answers=finished.scores.answers,
        shown=config.input,
        flags=finished.material.flags,
        trained_clips=finished.scores.trained_clips,
        left_out_clips=finished.scores.left_out_clips,
        name=finished.scores.name,
    )
    if finished.material.flags is None:  # a run of an early version did not keep them; no judge changes their figures
        scores = replace(scores, flags=finished.scores.flags)
    record = replace(
        finished.record, complete=scores.complete, **choices_record(config), **judging_record(judging, records)
    )
    return write_files(finished.folder, scores, samples, finished.tasks, record)


def write_files(
    folder: Path, scores: RunScores, samples: Sequence[Sample], tasks: Sequence[TaskCard], record: RunRecord
) -> Result:
    """Write the results, ``run.json`` last, each file whole or not at all. Raises JournalError."""
    try:
        write_json_lines(folder / SAMPLES, (sample_row(sample) for sample in samples))
        write_json(folder / SCORES, scores.to_json())
        write_text(folder / "scores.md", scores_markdown(scores))
        write_json(folder / SUBMISSION, make_submission(samples, tasks))
        write_json(folder / RECORD, to_json(record))
    except OSError as error:
        raise JournalError(
            f"cannot write results to {folder}: {error.strerror or error}",
            hint=f"All answers are safe in the journal. {write_remedy(error)}, then run the same command again.",
        ) from error
    return Result(folder, scores, tuple(samples), record)


def run_scores(
    model: str,
    judging: JudgePlan,
    benchmark: Benchmark,
    questions: Sequence[Question],
    tasks: Sequence[TaskCard],
    samples: Sequence[Sample],
    *,
    frames: FramesRecord | None = None,
    answers: str = "generate",
    shown: str = "video",
    flags: Flags | None = None,
    trained_clips: int = 0,
    left_out_clips: int = 0,
    name: str | None = None,
) -> RunScores:
    """Every figure of a run, and who was scored, on what, by whom."""
    judged = bool(judging.judges)
    clips = len({question.clip for question in questions})
    figures = score(samples, tasks, benchmark.questions, [judge.name for judge in judging.judges])
    return RunScores(
        **{field.name: getattr(figures, field.name) for field in fields(figures)},
        model=model,
        judges=tuple(
            JudgeRecord(
                judge.name,
                judge.official,
                model_id=judge.identity.get("model", {}).get("model_id"),
                sha256=fingerprint(judge.identity),
                identity=judge.identity,
            )
            for judge in judging.judges
        ),
        rubrics={
            task: RubricRecord(rubric.version, rubric.sha256) for task, rubric in judging.rubrics.items() if judged
        },
        benchmark=BenchmarkRecord(
            benchmark.name,
            benchmark.sha256,
            official=benchmark.official and clips == len(benchmark.clip_names),
            clips=clips,
            questions=len({question.qid for question in questions}),
            labelled=benchmark.labelled,
        ),
        frames=frames,
        answers=answers,
        input=shown,
        complete=not any(s.outcome is Outcome.ERROR or (judged and s.error is not None) for s in samples),
        flags=clean_and_hard(samples, flags) if flags else None,
        trained_clips=trained_clips,
        left_out_clips=left_out_clips,
        name=name,
    )
