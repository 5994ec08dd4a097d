"""List or create environments: sets of packages, each in a cached virtual environment of its own.

`run --env auto` takes the one that the model's card names. MABENCH_EVAL_ENVIRONMENTS=DIR keeps them elsewhere than in
~/.cache/mabench_eval.
"""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_out, print_table
from mabench_eval.cli.exit_codes import BAD_INPUT, DONE
from mabench_eval.cli.shared_options import INCLUDE, JSON, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.catalogue import Catalogue

OPTIONS = (
    Option(
        "what",
        "list: all, and which are made; make: create one; path: the Python interpreter of one",
        choices=("list", "make", "path"),
    ),
    Option("name NAME", "an environment (see `env list`)", nargs="?"),
    INCLUDE,
    JSON,
)


def run(options: Namespace) -> int:
    """List environments, make one, or print where its interpreter is."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.environments import locate_environment, make_environment

    catalogue = load_catalogue(options.include).check()
    if options.what == "list":
        return _list(catalogue, as_json=options.json)
    if options.name is None:
        raise InputError(
            f"env {options.what}: an environment's name is missing",
            hint=f"There are: {', '.join(catalogue.environments)}",
        )

    card = catalogue.environment(options.name)
    place = make_environment(card, print_line) if options.what == "make" else locate_environment(card)
    if options.json:
        print_json({"name": card.name, "python": str(place.python), "made": place.made})
    else:
        print_out(str(place.python))
    if not place.made:
        print_line(f"It has not been created yet: mabench-eval env make {card.name}")
    return DONE if place.made else BAD_INPUT


def _list(catalogue: Catalogue, *, as_json: bool) -> int:
    from mabench_eval.catalogue import LOCAL_ENGINES, settings_of
    from mabench_eval.engines.local import LocalSettings
    from mabench_eval.environments import locate_environment

    rows: list[dict[str, Any]] = []
    for card in catalogue.environments.values():
        place = locate_environment(card)
        models = [
            model.name
            for model in catalogue.models.values()
            if model.engine in LOCAL_ENGINES
            and card.name in settings_of(LocalSettings, model.settings, model.name).environments.values()
        ]
        trackers = [tracker.name for tracker in catalogue.trackers.values() if tracker.environment == card.name]
        rows.append(
            {
                "name": card.name,
                "python": list(card.python),
                "packages": list(card.packages + card.alone),
                "models": models,
                "trackers": trackers,
                "made": place.made,
                "folder": str(place.folder),
            }
        )
    if as_json:
        print_json(rows)
        return DONE

    lists = ("python", "packages", "models", "trackers")
    cells = [[row["name"], "yes" if row["made"] else "no", *(" ".join(row[key]) for key in lists)] for row in rows]
    print_table(["name", "made", "Python", "packages", "models", "trackers"], cells, text_columns=6)
    return DONE
