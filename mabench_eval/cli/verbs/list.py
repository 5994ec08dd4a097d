"""List models, tasks or judges: what can be evaluated, on what, and who can score the open answers; or trackers."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_table, terminal_width
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import INCLUDE, JSON, Option

if TYPE_CHECKING:
    from mabench_eval.catalogue import Catalogue, ModelCard

OPTIONS = (Option("what", "", choices=("models", "tasks", "judges", "trackers")), INCLUDE, JSON)
WIDE = 160
"""Columns from which on the list of models has room for descriptions."""


def run(options: Namespace) -> int:
    """List one kind of card. A broken entry is a warning here, never a crash."""
    from mabench_eval.catalogue import load_catalogue

    catalogue = load_catalogue(options.include)
    for warning in (*catalogue.problems, *catalogue.warnings):
        print_line(f"warning: {warning}")
    rows = {"models": _models, "tasks": _tasks, "judges": _judges, "trackers": _trackers}[options.what](catalogue)
    if options.json:
        print_json(rows)
        return DONE

    if options.what == "models" and terminal_width() < WIDE:  # `show NAME` has the description
        for row in rows:
            del row["description"]
    print_table(
        [key.replace("_", " ") for key in rows[0]],
        [list(map(_cell, row.values())) for row in rows],
        text_columns=len(rows[0]),
    )
    return DONE


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
    """Environment, licence, gate and state of the service; a dash where there is none."""
    from mabench_eval.catalogue import settings_of
    from mabench_eval.engines.local import LOCAL_ENGINES, LocalSettings

    if card.engine not in LOCAL_ENGINES:
        return {"environment": "-", "licence": "-", "state": str(card.settings.get("state", "-"))}
    settings = settings_of(LocalSettings, card.settings, card.name)
    return {
        "environment": settings.environments.get(card.engine, "-"),
        "licence": (settings.licence or "-") + (", gated" if settings.gated else ""),
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
