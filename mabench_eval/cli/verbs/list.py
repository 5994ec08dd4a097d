"""List models, tasks, judges or trackers: what can be evaluated, on what, and who can score the open answers.

`list runs [DIR]`: the runs below a folder, how far they are, in which settings they differ, and their scores.
"""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_out, print_table, print_wrapped, terminal_width
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import INCLUDE, JSON, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.catalogue import Catalogue, ModelCard
    from mabench_eval.runs import ListedRun

KINDS = ("models", "tasks", "judges", "trackers")
RUNS = "runs"
OPTIONS = (
    Option("what", "one kind of them (default: all but runs)", choices=(*KINDS, RUNS), nargs="?"),
    Option("dir DIR", "runs: where they were written to, as in --output (default: results)", type=Path, nargs="?"),
    INCLUDE,
    JSON,
)
EXAMPLES = """\
examples:
  mabench-eval list models
  mabench-eval list runs                  those in results/
  mabench-eval list runs compared --json
"""
AVERAGES = ("closed AVG", "open AVG", "final")
HEADS = {"closed AVG": "closed", "open AVG": "open"}
"""Narrower headings of the averages."""
WIDE = 160
"""Columns from which on the list of models has room for descriptions."""


def run(options: Namespace) -> int:
    """List runs, or one kind of card. A broken entry is a warning here, never a crash."""
    if options.what == RUNS:
        return _list_runs(options.dir or Path("results"), as_json=options.json)
    if options.dir:
        raise InputError(f"list {options.what} takes no folder", hint=f"mabench-eval list {options.what}")

    from mabench_eval.catalogue import load_catalogue

    kinds = (options.what,) if options.what else KINDS
    catalogue = load_catalogue(options.include, kinds)
    for warning in (*catalogue.problems, *catalogue.warnings):
        print_line(f"warning: {warning}")
    rows_of = {"models": _models, "tasks": _tasks, "judges": _judges, "trackers": _trackers}
    rows = {kind: rows_of[kind](catalogue) for kind in kinds}
    if options.json:
        print_json(rows[options.what] if options.what else rows)
        return DONE
    for kind, cards in rows.items():
        if not options.what:
            print_out(kind)
        _print_cards(cards, described=kind != "models" or terminal_width() >= WIDE)  # `show NAME` has it too
    return DONE


def _print_cards(rows: Sequence[Mapping[str, Any]], *, described: bool) -> None:
    header = [key for key in rows[0] if described or key != "description"]
    print_table(
        [key.replace("_", " ") for key in header],
        [[_cell(row[key]) for key in header] for row in rows],
        text_columns=len(header),
    )


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _models(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": card.name,
            "engine": card.engine,
            **_terms(card),
            "proven_by": card.proven,
            "description": card.description,
        }
        for card in catalogue.models.values()
    ]


def _terms(card: ModelCard) -> dict[str, str]:
    """Environment, licence, gate and state of the service; a dash where there is none.

    As the card says: its engine, which would check that, is not imported for a list.
    """
    from mabench_eval.catalogue import LOCAL_ENGINES, environments_of

    said = card.settings
    if card.engine not in LOCAL_ENGINES:
        return {"environment": "-", "licence": "-", "state": str(said.get("state", "-"))}
    return {
        "environment": environments_of(said).get(card.engine, "-"),
        "licence": str(said.get("licence") or "-") + (", gated" if said.get("gated") else ""),
        "state": "-",
    }


def _tasks(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": card.name,
            "full_name": card.full_name,
            "tier": card.tier,
            "answer": card.answer.value,
            "chance": None if card.chance is None else round(100 * card.chance, 2),
            "max_tokens": card.max_tokens,
        }
        for card in catalogue.tasks.values()
    ]


def _judges(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": card.name,
            "engine": card.engine,
            "the_paper's": "yes" if card.official else "no",
            "description": card.description,
        }
        for card in catalogue.judges.values()
    ]


def _trackers(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": card.name,
            "environment": card.environment or "-",
            "licence": card.licence,
            "draft": "yes" if card.draft else "no",
            "proven_by": card.proven,
            "description": card.description,
        }
        for card in catalogue.trackers.values()
    ]


def _list_runs(folder: Path, *, as_json: bool) -> int:
    """The table of runs; 0 unless there is no such folder."""
    from mabench_eval.runs import differing, list_runs

    runs = list_runs(folder)
    settings = differing(runs)
    if as_json:
        print_json([_run_json(run, differs) for run, differs in zip(runs, settings, strict=True)])
        return DONE
    if not runs:
        print_out(f"no runs below {folder}")
        return DONE

    usual, figures = _usual(settings), _figures(runs)
    rows = []
    for run, differs in zip(runs, settings, strict=True):
        own = {**usual, "model": run.label}  # what needs not be said of it
        values = _values(run)
        rows.append(
            [
                [run.label, _place(run.folder, folder)],
                [f"{name} {word}" for name, word in differs.items() if own.get(name) != word] or "-",
                run.state if run.state == "done" else [run.state, f"{run.answered}/{run.total or '?'}"],
                *(_cell(values.get(name)) for name in figures),
            ]
        )
    print_out(f"runs below {folder}")
    print_table(["Run", "Differs in", "State", *map(HEADS.get, figures, figures)], rows, text_columns=3, keys=1)
    if usual:
        print_wrapped(f"Unless said otherwise: {'; '.join(f'{name} {word}' for name, word in usual.items())}")
    for run in runs:
        if run.problem:
            print_line(f"warning: {run.problem}")
    return DONE


def _run_json(run: ListedRun, differs: dict[str, str]) -> dict[str, Any]:
    return {
        "folder": str(run.folder),
        "name": run.label,
        "model": run.model,
        "state": run.state,
        "answered": run.answered,
        "total": run.total,
        "differs_in": differs,
        "scores": _values(run),
        "problem": run.problem,
    }


def _place(run: Path, folder: Path) -> str:
    """Where a run lies below the folder that was asked for; its own name where it is that folder."""
    return run.resolve().name if run == folder else str(run.relative_to(folder))


def _usual(settings: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The settings that more than half of the runs have which differ in them at all."""
    usual = {}
    for name in dict.fromkeys(name for of_run in settings for name in of_run if name != "model"):
        words = [of_run[name] for of_run in settings if name in of_run]
        ((word, count),) = Counter(words).most_common(1)
        if 2 * count > len(words):
            usual[name] = word
    return usual


def _figures(runs: Sequence[ListedRun]) -> list[str]:
    """The averages that any run has; else the accuracies of the tasks that any asked."""
    found = dict.fromkeys(name for run in runs for name, value in _values(run).items() if value is not None)
    return [name for name in AVERAGES if name in found] or list(found)


def _values(run: ListedRun) -> dict[str, float | None]:
    """Figure -> value, of the averages and of each closed task."""
    if run.scores is None:
        return {}
    scores = run.scores
    averages = dict(zip(AVERAGES, (scores.closed_avg, scores.open_avg, scores.final), strict=True))
    return {**averages, **{name: task.accuracy for name, task in scores.closed_tasks.items()}}
