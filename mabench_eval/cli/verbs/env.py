"""List or create environments: sets of packages, each in a cached virtual environment of its own.

`run --env auto` takes the one that the model's card names. MABENCH_EVAL_ENVIRONMENTS=DIR keeps them elsewhere than in
~/.cache/mabench_eval. On Linux with x86-64 it is installed from the locked set beside its card: every file by its hash.
"""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
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
        "list: all, and which are made; make: create one; path: the Python interpreter of one; lock: resolve its card "
        "as of today and write the locked set beside it (needs uv)",
        choices=("list", "make", "path", "lock"),
    ),
    Option("name NAME", "an environment (see `env list`)", nargs="?"),
    Option("--no-lock", "make: resolve the card's packages anew, in place of its locked set"),
    INCLUDE,
    JSON,
)
EXAMPLES = """\
examples:
  mabench-eval env list
  mabench-eval env make transformers-5       what is missing here is told first
  mabench-eval env lock my-environment --include mine
"""


def run(options: Namespace) -> int:
    """List environments, make or lock one, or print where its interpreter is."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.environments import locate_environment, make_environment, write_lock

    catalogue = load_catalogue(options.include).check()
    if options.what == "list":
        return _list(catalogue, as_json=options.json)
    if options.name is None:
        raise InputError(
            f"env {options.what}: an environment's name is missing",
            hint=f"There are: {', '.join(catalogue.environments)}",
        )

    card = catalogue.environment(options.name)
    if options.what == "lock":
        print_out(str(write_lock(card, datetime.now(UTC).date().isoformat())))
        return DONE
    making = options.what == "make"
    place = make_environment(card, print_line, locked=not options.no_lock) if making else locate_environment(card)
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
    from mabench_eval.environments import locate_environment, read_lock

    rows: list[dict[str, Any]] = []
    for card in catalogue.environments.values():
        place = locate_environment(card)
        models = [
            model.name
            for model in catalogue.models.values()
            if model.engine in LOCAL_ENGINES
            and card.name in settings_of(LocalSettings, model.settings, model.name).environments.values()
        ]
        lock = read_lock(card)
        trackers = [tracker.name for tracker in catalogue.trackers.values() if tracker.environment == card.name]
        rows.append(
            {
                "name": card.name,
                "python": list(card.python),
                "packages": list(card.packages + card.alone),
                "cuda": card.cuda,
                "glibc": card.glibc,
                "locked": lock.date if lock else None,
                "download_bytes": lock.download if lock else None,
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
