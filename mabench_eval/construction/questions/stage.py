"""``ask``: descriptors, labels and captions to questions, all at once: what is asked of one clip depends on the others.

It is one unit of work in the journal: the same inputs and settings give the same file, and changed ones a new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from mabench_eval.catalogue import Catalogue
from mabench_eval.construction.asking import AskForecast, RoleCost, check_models, open_budget, role_costs
from mabench_eval.construction.folder import QUESTIONS, BuildFolder, write_rows, write_settings
from mabench_eval.construction.questions.choosing import numbered
from mabench_eval.construction.questions.drawing import Drawn
from mabench_eval.construction.questions.making import Making, by_template, prepare, statements_of
from mabench_eval.construction.questions.rewording import Wording
from mabench_eval.construction.questions.rows import BuiltQuestion
from mabench_eval.construction.questions.statements import STATEMENT_TASKS
from mabench_eval.construction.units import do_alone, is_done
from mabench_eval.journal import Budget, Journal, Progress, Records, Silent, read_journal
from mabench_eval.runfiles import each_line
from mabench_eval.taxonomy import task_order

WORDINGS = "wordings.jsonl"
"""Which words each statement that is asked for has, and whose."""


@dataclass(frozen=True, slots=True)
class Reworder:
    """The model that words the statements, and where it stands."""

    name: str
    left: int
    """Calls for which there is no reply yet."""
    most_usd: float | None
    """That those can cost at most; None: the price is not known."""
    spent: RoleCost
    fell_back: int
    """Statements that the template words, since no reply could be read back to them."""


@dataclass(frozen=True, slots=True)
class TaskQuestions:
    """Questions of a task."""

    asked: int
    wanted: int
    """By the settings; the rest cannot be filled, since too little is known of too few clips."""
    yes: int | None
    """Those whose answer is Yes; None for other answers, and where nothing is drawn yet."""


@dataclass(frozen=True, slots=True)
class AskReport:
    """Where a build stands when ``ask`` ends, or before it begins."""

    tasks: Mapping[str, TaskQuestions]
    statements: int
    """Different ones that are asked for."""
    reworder: Reworder | None
    """None: the templates word them."""
    complete: bool
    """Whether ``questions.jsonl`` is there, as settings and inputs are now."""


def ask_questions(folder: BuildFolder, catalogue: Catalogue, max_cost: float | None, progress: Progress) -> AskReport:
    """Write ``questions.jsonl`` and ``wordings.jsonl``, where they are not there or something has changed.

    Args:
        folder: Its settings say how many questions, and who words them.
        catalogue: Where the reworder's card is.
        max_cost: US dollars that the reworder may cost, what it has cost before included; None: no limit.
        progress: Listens.

    Raises:
        InputError: A step before this one is missing, or something to ask the reworder; nothing was asked.
        ModelError: The reworder cannot go on at all. What it answered is kept.
        JournalError: The folder is in use by another process, or cannot be written.
    """
    making = prepare(folder, catalogue)
    models = [making.reworder] if making.reworder else []
    with Journal(folder.path) as journal:
        budget = open_budget(max_cost, tuple(model.role for model in models), journal.records)
        check_models(models, budget)
        write_settings(folder.path, folder.settings)
        for warning in (*journal.records.warnings, *(line for model in models for line in model.warnings())):
            progress.note(warning)
        if is_done(making.unit, folder.path, journal.records):
            return _written(making, journal.records)

        drawn = making.draw(progress)
        wordings, missing = _words(making, drawn, journal, budget, progress)
        rows = numbered(making.questions(drawn, wordings, progress), folder.settings.seed)

        def write() -> None:
            write_rows(folder.path / WORDINGS, wordings.values())
            write_rows(folder.path / QUESTIONS, rows)

        if missing:  # statements without a reply have the template's words until the next run asks again
            write()
        else:
            do_alone(making.unit, folder.path, journal, write)
        left = making.reworder.forecast(making.asks(drawn), journal.records) if missing and making.reworder else None
        return _report(making, rows, wordings, journal.records, left)


def forecast_asking(folder: BuildFolder, catalogue: Catalogue) -> AskReport:
    """Where it stands, and what there is to do, by the journal and the files alone: nothing is locked or written."""
    making, records = prepare(folder, catalogue), read_journal(folder.path)
    if is_done(making.unit, folder.path, records):
        return _written(making, records)
    drawn = making.draw(Silent())
    counts = making.counts(drawn)
    left = making.reworder.forecast(making.asks(drawn), records) if making.reworder else None
    return AskReport(
        {task: TaskQuestions(counts[task], wanted, None) for task, wanted in _wanted(making).items()},
        len(statements_of(drawn)),
        _reworder(making, records, {}, left),
        complete=False,
    )


def _words(
    making: Making, drawn: Sequence[Drawn], journal: Journal, budget: Budget, progress: Progress
) -> tuple[dict[str, Wording], int]:
    """Statement -> its wording, in the statements' order; and how many replies are missing."""
    wordings = by_template(statements_of(drawn))
    model, missing = making.reworder, 0
    if model is None:
        return wordings, 0
    asks = making.asks(drawn)
    name = f"reworder {model.name}"
    progress.stage(name, len(asks), 0)
    with closing(model.ask(asks, journal, budget, progress.note)) as told:
        for each in told:
            id, before = each.ask.about, wordings[each.ask.about]
            if each.value is not None:
                wordings[id] = Wording(id, each.value, model.name)
            elif each.problem is not None:
                wordings[id] = Wording(id, before.text, before.by, each.problem)
            missing += each.error is not None
            progress.advance(name, each.error and f"{id}: {each.error}")
    return wordings, missing


def _written(making: Making, records: Records) -> AskReport:
    """By the files, which are as they should be."""
    path = making.folder.path
    again = f"mabench-eval build {path} ask writes it anew."
    rows = list(each_line(BuiltQuestion, path / QUESTIONS, again))
    wordings = {}
    if (path / WORDINGS).is_file():
        wordings = {each.statement: each for each in each_line(Wording, path / WORDINGS, again)}
    return _report(making, rows, wordings, records, None)


def _report(
    making: Making,
    rows: Sequence[BuiltQuestion],
    wordings: Mapping[str, Wording],
    records: Records,
    left: AskForecast | None,
) -> AskReport:
    asked = Counter(row.task for row in rows)
    yes = Counter(row.task for row in rows if row.answer == "Yes")
    return AskReport(
        {
            task: TaskQuestions(asked[task], wanted, yes[task] if task in STATEMENT_TASKS else None)
            for task, wanted in _wanted(making).items()
        },
        len({row.statement for row in rows if row.statement}),
        _reworder(making, records, wordings, left),
        complete=left is None,
    )


def _wanted(making: Making) -> dict[str, int]:
    """Task -> questions of it on all clips, of the tasks that are wanted, in their order."""
    wanted = {task: count * len(making.clips) for task, count in making.wanted.items() if count}
    return {task: wanted[task] for task in sorted(wanted, key=task_order)}


def _reworder(
    making: Making, records: Records, wordings: Mapping[str, Wording], left: AskForecast | None
) -> Reworder | None:
    if making.reworder is None:
        return None
    calls, usd = (left.calls, left.most_usd) if left else (0, 0.0)
    spent = role_costs(records).get(making.reworder.role, RoleCost())
    fell_back = sum(each.fell_back is not None for each in wordings.values())
    return Reworder(making.reworder.name, calls, usd, spent, fell_back)
