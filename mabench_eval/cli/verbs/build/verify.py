"""``build DIR verify``: questions checked before people see them."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_out, print_table
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE, INTERRUPTED
from mabench_eval.cli.shared_options import INCLUDE, JSON, MAX_COST, Action, Group, Option, role_options
from mabench_eval.cli.verbs.build.shared import command, print_said, watched, with_include, with_models

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mabench_eval.construction import Figure, Role, RoleState, VerifyReport

ROLES: tuple[Role, ...] = ("verifier", "blind", "see")
EXAMPLES = """\
examples:
  mabench-eval build mine verify                      the rules alone, offline
  mabench-eval build mine verify --verifier deepseek-v3.2 --dry-run
  mabench-eval build mine verify --verifier deepseek-v3.2 --max-cost 5
  mabench-eval build mine verify --see qwen3-vl-8b
  mabench-eval build mine verify --blind openai --blind-model ID \\
      --blind-base-url http://localhost:8000/v1

who says what of a question:
  rules       always: its words are read back to a statement, and the
              descriptor must give its answer; options hold the clip's label
              once, at the answer's letter; references rest on what is true
  --verifier  a model with the descriptor's figures and without the answer
              must give the same one
  --blind     a model with the words alone: how often it is right is a figure
              of the gate; it rejects nothing
  --see       a model with 8 frames: what it sees otherwise is reviewed first;
              it rejects nothing

What rules or verifier contradict is left out, and counted by reason. What
cannot be read, by rules or from a model's second reply, is "not verified", and
never fine. Replies are kept: the same command asks for what is missing alone.
"""
STEP = Action(
    "verify",
    "check the questions by rules, and by models that are not told the answer",
    Group("a model with the descriptor, without the answer", *role_options("verifier", "must give the answer too")),
    Group("a model with the text alone", *role_options("blind", "how far words alone go")),
    Group("a model that sees frames alone", *role_options("see", "sets the order of review")),
    MAX_COST,
    Option("--dry-run", "say what there is to ask and the most that it costs, and do nothing"),
    INCLUDE,
    JSON,
    epilog=EXAMPLES,
)


def run(options: Namespace) -> int:
    """Verify what is open; 3 when replies are missing."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.construction import forecast_verification, open_build, verify_questions

    folder = with_models(with_include(open_build(options.dir), options), options, *ROLES)
    catalogue = load_catalogue([Path(path) for path in folder.settings.include]).check()
    if options.dry_run:
        return _print_forecast(forecast_verification(folder, catalogue), options)

    report = watched(lambda progress: verify_questions(folder, catalogue, options.max_cost, progress), _again(options))
    if report is None:
        return INTERRUPTED

    if options.json:
        print_json(as_json(report))
    else:
        print_table(*_counts(report))
        for line in lines(report):
            print_said(line)
    if not report.complete:
        print_line(f"next: {_again(options)} asks for what is missing")
    return DONE if report.complete else INCOMPLETE


def lines(report: VerifyReport) -> list[str]:
    """What is left out and why, what could not be verified, and what each model took: a line each."""
    said = [f"left out: {_of_tasks(tasks)}: {reason}" for reason, tasks in report.rejected.items()]
    said += [f"not verified by rules: {_of_tasks(tasks)}: {reason}" for reason, tasks in report.not_verified.items()]
    return [*said, *(_model(role, state) for role, state in report.models.items())]


def as_json(report: VerifyReport) -> dict[str, Any]:
    """The report as a JSON object."""
    from dataclasses import asdict

    return {**asdict(report), "questions": report.questions, "left_out": report.left_out}


def _counts(report: VerifyReport) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """A row a task: what is said of its questions, and how far each model gets."""
    figures = {role: found for role, found in report.figures.items() if found}
    header = ["Task", "Questions", "Verified", "Not verified", "Left out", *(f"{role}, %" for role in figures)]
    rows = []
    for task, counts in report.tasks.items():
        total = counts.verified + counts.not_verified + counts.rejected
        said = [str(number) for number in (total, counts.verified, counts.not_verified, counts.rejected)]
        rows.append([task, *said, *(_figure(found.get(task)) for found in figures.values())])
    return header, rows


def _figure(figure: Figure | None) -> str:
    if figure is None or figure.agrees is None:
        return "-"
    between = f" [{100 * figure.interval[0]:.0f}, {100 * figure.interval[1]:.0f}]" if figure.interval else ""
    return f"{100 * figure.agrees:.1f}{between}"


def _of_tasks(tasks: Mapping[str, int]) -> str:
    return f"{sum(tasks.values())} ({', '.join(f'{task} {count}' for task, count in tasks.items())})"


def _model(role: str, state: RoleState) -> str:
    spent = state.spent
    price = "price not known" if spent.usd is None else f"${spent.usd:.2f}"
    tokens = f"{spent.prompt_tokens:,} + {spent.output_tokens:,} tokens"
    left = f"; {state.left} to ask" if state.left else ""
    return f"{role} {state.name}: {spent.replies:,} replies, {tokens}, {price}{left}"


def _print_forecast(report: VerifyReport, options: Namespace) -> int:
    """What ``--dry-run`` shows."""
    if options.json:
        print_json(as_json(report))
        return DONE
    print_out(f"{report.questions} questions; the rules leave {report.left_out} out")
    for role, state in report.models.items():
        most = "price not known" if state.most_usd is None else f"at most ${state.most_usd:.2f}"
        print_said(f"{role} {state.name}: {state.left} calls, {most}; what cannot be read is asked for once more")
    if not report.models:
        print_out("no model is named: the rules alone, which cost nothing")
    return DONE


def _again(options: Namespace) -> str:
    """The same command; models and their settings are kept in the folder."""
    most = "" if options.max_cost is None else f" --max-cost {options.max_cost:g}"
    return f"{command(options.dir)} verify{most}"
