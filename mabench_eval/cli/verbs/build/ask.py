"""``build DIR ask``: descriptors, labels and captions to questions."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_table
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE, INTERRUPTED
from mabench_eval.cli.shared_options import INCLUDE, JSON, MAX_COST, Action, Group, Option, role_options
from mabench_eval.cli.verbs.build.shared import command, print_said, watched, with_include, with_models
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mabench_eval.construction import AskReport, BuildFolder

EXAMPLES = """\
examples:
  mabench-eval build mine ask                            twelve a clip; offline
  mabench-eval build mine ask --questions SAD=4,MADU=0   the others as before
  mabench-eval build mine ask --tasks SAD,MAD,MAS,PPR    these alone
  mabench-eval build mine ask --reworder deepseek-v3.2 --dry-run

SAD, MAD, MAS, PPR: a statement is drawn, then its answer by a fair coin, then a clip of which that is the answer; a
statement has one wording whatever the answer. CMAR and FMAR need labels, MADU and MARE the captions. A reworder words
each statement that is asked for once; it is never told an answer, and words that are not read back to the statement
are the template's. The same inputs and seed give the same file. What cannot be filled is told.
"""
STEP = Action(
    "ask",
    "make the questions of all tasks, and their answers",
    Option("--questions TASK=N,...", "how many of each task on a clip (default: as before, at first as published)"),
    Option("--tasks TASKS", "these tasks alone, e.g. SAD,MAD"),
    Option("--seed N", "of all that is drawn (default: as before, at first 0)", type=int),
    Group("a model that words the statements", *role_options("reworder", "in place of the templates")),
    MAX_COST,
    Option("--dry-run", "say how many questions there will be, and what the reworder costs, and do nothing"),
    INCLUDE,
    JSON,
    epilog=EXAMPLES,
)


def run(options: Namespace) -> int:
    """Make the questions, unless they are there; 3 when replies of the reworder are missing."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.construction import ask_questions, forecast_asking, open_build

    folder = with_models(with_include(_with_questions(open_build(options.dir), options), options), options, "reworder")
    catalogue = load_catalogue([Path(path) for path in folder.settings.include]).check()
    report = (
        forecast_asking(folder, catalogue)
        if options.dry_run
        else watched(
            lambda progress: ask_questions(folder, catalogue, options.max_cost, progress),
            _again(options),
            "what the reworder said is in the journal, questions are written at the end",
        )
    )
    if report is None:
        return INTERRUPTED

    if options.json:
        print_json(as_json(report))
    else:
        print_table(*_counts(report))
        for line in lines(report):
            print_said(line)
    if options.dry_run:
        return DONE
    if not report.complete:
        print_line(f"next: {_again(options)} asks for what is missing; until then templates word it")
    return DONE if report.complete else INCOMPLETE


def lines(report: AskReport) -> list[str]:
    """What is asked, what cannot be filled, and what the reworder took: a line each."""
    asked = sum(each.asked for each in report.tasks.values())
    open_slots = sum(each.wanted - each.asked for each in report.tasks.values())
    said = [f"{asked:,} questions, {report.statements:,} statements among them"]
    if open_slots:
        said.append(f"{open_slots:,} cannot be filled: too few clips of either answer, or a clip's others would tell")
    if report.reworder:
        model = report.reworder
        spent = "price not known" if model.spent.usd is None else f"${model.spent.usd:.2f}"
        most = "price not known" if model.most_usd is None else f"at most ${model.most_usd:.2f}"
        left = f"; {model.left:,} to ask, {most}" if model.left else ""
        fell = f"; {model.fell_back:,} statements have the template's words" if model.fell_back else ""
        said.append(f"reworder {model.name}: {model.spent.replies:,} replies, {spent}{left}{fell}")
    return said


def as_json(report: AskReport) -> dict[str, Any]:
    """The report as a JSON object."""
    from dataclasses import asdict

    return asdict(report)


def _counts(report: AskReport) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """A row a task."""
    rows = [
        [
            task,
            f"{each.asked:,}",
            f"{each.wanted - each.asked:,}",
            "-" if each.yes is None or not each.asked else f"{100 * each.yes / each.asked:.1f}",
        ]
        for task, each in report.tasks.items()
    ]
    return ["Task", "Questions", "Not filled", "Yes, %"], rows


def _with_questions(folder: BuildFolder, options: Namespace) -> BuildFolder:
    """The folder with the questions that the options ask for. Raises InputError."""
    from dataclasses import replace

    from mabench_eval.auditing import PER_CLIP
    from mabench_eval.construction import BuildFolder

    settings = folder.settings
    wanted = {**settings.questions, **_numbers(options.questions or "")}
    if options.tasks:
        named = [task.strip().upper() for task in options.tasks.split(",") if task.strip()]
        wanted = {**dict.fromkeys(wanted, 0), **{task: wanted.get(task) or PER_CLIP.get(task, 1) for task in named}}
    settings = replace(settings, questions=wanted)
    if options.seed is not None:
        settings = replace(settings, seed=options.seed)
    return BuildFolder(folder.path, settings)


def _numbers(given: str) -> dict[str, int]:
    """``SAD=4,MAD=0`` as a mapping. Raises InputError."""
    found = {}
    for pair in filter(None, map(str.strip, given.split(","))):
        task, _, number = pair.partition("=")
        if not number.strip().isdecimal():
            raise InputError(f"--questions {pair}: expected TASK=N, e.g. SAD=2,MADU=0")
        found[task.strip().upper()] = int(number)
    return found


def _again(options: Namespace) -> str:
    """The same command; questions, seed and model are kept in the folder."""
    most = "" if options.max_cost is None else f" --max-cost {options.max_cost:g}"
    return f"{command(options.dir)} ask{most}"
