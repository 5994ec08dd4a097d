"""The spine of a run, which ``prepare`` has made ready: answer, judge, write. Read this file first.

Every answer is in the journal before the next one is looked at, so the same command, run again, asks only what is
missing.
"""

from __future__ import annotations

from mabench_eval._version import __version__
from mabench_eval.answers import read_samples
from mabench_eval.execution import ANSWERING, Answering, OpenAnswers
from mabench_eval.journal import Journal, Progress, answering_session, judging_session, session_end
from mabench_eval.judging import STAGE, Judging, with_judgments
from mabench_eval.planning import (
    Run,
    open_questions,
    remaining_budget,
    take_over,
    unanswered_clips,
    use_batches,
)
from mabench_eval.runfiles import RECORD
from mabench_eval.runs import Material, Result, write_results


def execute(run: Run, progress: Progress) -> Result:
    """Ask what is unanswered, judge what is not judged, write the results. Raises ModelError, JournalError.

    Answers are judged as they come. A failing judge does not stop the run; missing scores are requested next time.
    """
    with Journal(run.folder, fresh=run.config.fresh) as journal:
        if journal.kept:
            progress.note(f"everything is asked again; the earlier answers are kept in {journal.kept}")
        for warning in journal.records.warnings:
            progress.note(warning)
        journal.append(
            "session",
            version=__version__,
            **answering_session(run.card.name, len(run.plan.requests), run.engine.price, run.config.name),
            **judging_session(run.judging.prices, len(open_questions(run))),
        )
        if not (run.folder / RECORD).exists():  # else those of the results that are there, until new ones are written
            Material.of(run).files().write(run.folder)
        if taken_over := take_over(run, journal, progress.note):
            progress.note(taken_over)

        use_batches(run, journal.records, progress.note)
        budget = remaining_budget(run, journal.records)
        with Judging(run.judging, journal.records, journal.append, progress, budget) as judging:
            _answer(run, journal, judging, progress)
            for problem in judging.finish():
                progress.note(problem)

        samples = read_samples(run.plan.questions, run.plan.keys, journal.records, run.tasks)
        samples = with_judgments(samples, run.plan.questions, run.judging, journal.records)
        journal.append("end", **session_end(samples, judged=bool(run.judging.judges)))
        return write_results(run, samples, journal.records)


def _answer(run: Run, journal: Journal, judging: Judging, progress: Progress) -> None:
    """Have the answers that are there judged, then ask for the others."""
    unanswered = unanswered_clips(run, journal.records)
    total = len(run.plan.requests)
    progress.stage(ANSWERING, total, total - sum(len(planned.requests) for planned in unanswered))
    open_answers = OpenAnswers(run, journal.records, judging)
    if open_answers.judgments:
        progress.stage(STAGE, open_answers.judgments, 0)

    for key in list(journal.records.answers):
        open_answers.pass_on(key)
    if unanswered:
        Answering(run, journal, progress, judging.budget, open_answers.pass_on).ask(unanswered)
