"""Builds the document: which run goes into which table, its cells, and the remarks on its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from mabench_eval.catalogue import HUMAN_MODEL
from mabench_eval.leaderboard.columns import COLUMNS
from mabench_eval.leaderboard.document import (
    OWN,
    PEOPLE,
    TUNED,
    Cell,
    JudgeLine,
    Leaderboard,
    OwnRow,
    OwnTable,
    Row,
    by_scores,
)
from mabench_eval.leaderboard.entries import OwnRun, load_runs
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.known import known
from mabench_eval.leaderboard.paper import Paper, load_paper, paper_file, remarks, wrong_cells
from mabench_eval.leaderboard.ranking import Contender, best_columns, paper_contender, rank_rows, run_contenders
from mabench_eval.leaderboard.settings import settings_of
from mabench_eval.leaderboard.wording import floored, short
from mabench_eval.stats import percent
from mabench_eval.tables import NO_VALUE, one_line
from mabench_eval.taxonomy import OFFICIAL_CLOSED, OFFICIAL_TASKS


def leaderboard_document(leaderboard_dir: Path, folders: Sequence[Path]) -> Leaderboard:
    """The paper's Tables 2 to 4, with the committed entries and further runs where they belong.

    A run on the official, full benchmark stands in Table 2. A run on anything else has a table with the other runs on
    the same data and is never ranked against the paper's rows.

    Args:
        leaderboard_dir: May hold ``paper.json`` (else the one that comes with the library) and ``entries/``.
        folders: Of further runs.

    Raises:
        InputError: ``paper.json``, an entry or a run cannot be used; all problems at once.
    """
    paper = load_paper(paper_file(leaderboard_dir))
    runs = [run.with_intervals() for run in load_runs(leaderboard_dir, folders)]
    runs.sort(key=lambda run: by_scores(run.entry))
    called = Counter(_name(run.entry) for run in runs)
    runs = [_told_apart(run) if called[_name(run.entry)] > 1 else run for run in runs]

    full: list[OwnRun] = []
    full_otherwise: list[OwnRun] = []
    full_people: list[OwnRun] = []
    others: dict[tuple[str, str], list[OwnRun]] = {}
    for run in runs:
        data = run.entry.benchmark
        if run.entry.is_human and data.official:
            full_people.append(run)
        elif not _is_full(run.entry, paper):
            others.setdefault((data.name, data.sha256), []).append(run)
        else:
            (full_otherwise if settings_of(run.entry).differing else full).append(run)

    odds = {task: 100 / paper.answers[task] for task in OFFICIAL_CLOSED}
    return Leaderboard(
        source=paper.source,
        judge=paper.judge,
        groups={**paper.groups, OWN: "Own runs"},
        chance={**odds, "closed_avg": fmean(odds.values())},
        titles=paper.titles,
        table2=_paper_table(paper, "table2", full),
        others=_other_rows(full_otherwise, in_table2=True),
        table3=_paper_table(paper, "table3"),
        table4=_paper_table(paper, "table4"),
        own=tuple(_own_table(group, paper) for _, group in sorted(others.items())),
        remarks=tuple(remarks(paper)),
        judges=tuple(sorted({line for run in runs for line in _judge_lines(run.entry)})),
        people=_other_rows(full_people, in_table2=True),
    )


def _is_full(entry: Entry, paper: Paper) -> bool:
    """Whether a run asked whole tasks of the official benchmark, so that it may stand in the paper's table."""
    asked = {name: task.total for name, task in entry.scores.tasks.items() if name in OFFICIAL_TASKS}
    whole = all(total == paper.questions[name] * entry.repeats for name, total in asked.items())
    return entry.benchmark.official and bool(asked) and whole


def _paper_table(paper: Paper, table: str, runs: Sequence[OwnRun] = ()) -> tuple[Row, ...]:
    """One of the paper's tables, by groups; runs below its rows."""
    order = ["", *paper.groups]
    papers = sorted(paper.tables[table], key=lambda row: order.index(row.group))
    contenders = [paper_contender(row, paper) for row in papers]
    contenders += run_contenders(runs, paper.questions, in_table2=True)
    cells = _cells(contenders)

    rows: list[Row] = [
        Row(
            labels=tuple(map(one_line, row.labels)),
            cells=cells[place],
            group=row.group,
            unpaired=contenders[place].unpaired,
            notes=wrong_cells(row, paper),
        )
        for place, row in enumerate(papers)
    ]
    rows += [_own_row(run, of_run, in_table2=True) for run, of_run in zip(runs, cells[len(papers) :], strict=True)]
    return tuple(rows)


def _own_table(runs: Sequence[OwnRun], paper: Paper) -> OwnTable:
    """Runs on other data than Table 2's, the same data all of them."""
    people = [run for run in runs if run.entry.is_human]
    models = [run for run in runs if not run.entry.is_human]
    protocol = [run for run in models if not settings_of(run.entry).differing]
    others = [run for run in models if settings_of(run.entry).differing]

    # The most questions that any of the runs was asked: a run that was asked fewer is not ranked.
    totals: dict[str, int] = {}
    for run in protocol:
        for name, task in run.entry.scores.tasks.items():
            totals[name] = max(totals.get(name, 0), task.total // run.entry.repeats)

    cells = _cells(run_contenders(protocol, totals, in_table2=False))
    rows = [_own_row(run, of_run, in_table2=False) for run, of_run in zip(protocol, cells, strict=True)]
    benchmarks = [run.entry.benchmark for run in runs]
    clips, questions = max((benchmark.clips, benchmark.questions) for benchmark in benchmarks)
    return OwnTable(
        one_line(benchmarks[0].name),
        benchmarks[0].sha256,
        clips,
        questions,
        is_known=any(known().benchmark(benchmark) for benchmark in benchmarks),
        rows=tuple(rows),
        others=_other_rows(others, in_table2=False),
        people=_other_rows(people, in_table2=False),
    )


def _other_rows(runs: Sequence[OwnRun], *, in_table2: bool) -> tuple[OwnRow, ...]:
    """Runs beside a table, with other settings or of people: figures and intervals, which compete for nothing."""
    contenders = run_contenders(runs, {}, in_table2=in_table2)
    alone = [replace(each, may_be_best=frozenset(), may_rank=frozenset()) for each in contenders]
    return tuple(_own_row(run, of_run, in_table2=in_table2) for run, of_run in zip(runs, _cells(alone), strict=True))


def _cells(contenders: Sequence[Contender]) -> list[dict[str, Cell]]:
    """The cells of all rows of a table."""
    return [
        {
            column: Cell(row.figures[column], row.intervals.get(column), ranks.get(column), column in best)
            for column in COLUMNS
        }
        for row, best, ranks in zip(contenders, best_columns(contenders), rank_rows(contenders), strict=True)
    ]


def _own_row(run: OwnRun, cells: Mapping[str, Cell], *, in_table2: bool) -> OwnRow:
    entry, settings = run.entry, settings_of(run.entry)
    return OwnRow(
        labels=(_name(entry), one_line(entry.date or "") or NO_VALUE),
        cells=cells,
        group=_group(entry),
        entry=entry,
        in_table2=in_table2,
        settings=settings.differing,
        remarks=(*settings.noted, *_remarks(entry, in_table2=in_table2)),
        mark=run.mark,
    )


def _group(entry: Entry) -> str:
    """Of people, of models with a LoRA adapter, of other models. Entries of early versions say nothing of adapters."""
    if entry.is_human:
        return PEOPLE
    return TUNED if (entry.identity or {}).get("model", {}).get("lora") else OWN


def _name(entry: Entry) -> str:
    """As its author calls it; of a person ``Human (NAME)``."""
    return one_line(f"Human ({entry.name.removeprefix(HUMAN_MODEL)})" if entry.is_human else entry.name)


def _told_apart(run: OwnRun) -> OwnRun:
    """A run whose author gave it a name that another has too, by its id; runs of one model differ in their settings."""
    entry = run.entry
    if not _has_own_name(entry):
        return run
    return replace(run, entry=replace(entry, name=f"{entry.name} {short(entry.run.rpartition('-')[2])}"))


def _has_own_name(entry: Entry) -> bool:
    """Whether its author calls it otherwise than its model."""
    return entry.name != entry.model and not entry.is_human


def _remarks(entry: Entry, *, in_table2: bool) -> list[str]:
    """What a reader must know beside figures and settings.

    The model, where the name does not say it; missing answers, missing scores, another judge.
    """
    remarks, scores = [], entry.scores
    if _has_own_name(entry):
        remarks.append(f"model: {one_line(entry.model)}")
    if in_table2 and scores.n < scores.total:  # elsewhere a column has it
        remarks.append(f"{floored(scores.coverage)} answered")

    judged = sum(task.judged for task in entry.open_tasks.values())
    answered = sum(task.n for task in entry.open_tasks.values())
    if judged < answered:
        remarks.append(f"{floored(percent(judged, answered) or 0.0)} of open answers judged")
    if entry.open_tasks and entry.judges:
        names = ", ".join(f"{one_line(judge.name)} {short(judge.sha256)}" for judge in entry.judges)
        kind = "judge" if len(entry.judges) == 1 else "mean of judges"
        other = "" if [judge.official for judge in entry.judges] == [True] else ", not the paper's"
        remarks.append(f"{kind}: {names}{other}")
        if entry.own_rubrics:
            remarks.append(f"own rubrics ({', '.join(map(one_line, entry.own_rubrics))})")
    return remarks


def _judge_lines(entry: Entry) -> list[JudgeLine]:
    rubrics = ", ".join(
        f"{one_line(task)} v{one_line(rubric.version)} {short(rubric.sha256)}" for task, rubric in entry.rubrics.items()
    )
    return [
        JudgeLine(one_line(judge.name), short(judge.sha256), one_line(judge.model_id or NO_VALUE), rubrics)
        for judge in entry.judges
    ]
