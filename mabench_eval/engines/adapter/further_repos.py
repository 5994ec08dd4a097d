"""Repositories that a model's code loads by itself, by their names alone: at the revisions of the card."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from mabench_eval.engines.local.settings import LocalSettings

ASKED = ("cached_files", "hf_hub_download", "_get_cache_file_to_return")
"""What in ``transformers.utils.hub`` is asked for a repository's files: all of ``from_pretrained`` comes through one of
these, in 4.40 through the last two, which look for one file each."""


@contextmanager
def pinned_further_repos(settings: LocalSettings, note: Callable[[str], None]) -> Iterator[None]:
    """Within, what code loads of another repository without saying which revision is the card's.

    One that the card does not name is told through ``note``: its revision is in no identity, and nobody looked whether
    it is here before the run.
    """
    if importlib.util.find_spec("transformers") is None:  # an adapter may do without
        yield
        return
    hub: Any = importlib.import_module("transformers.utils.hub")
    revisions = {each.repo: each.revision for each in settings.also_loads}
    known = {settings.repo, *revisions}

    def at_its_revision(asked: Callable[..., Any]) -> Callable[..., Any]:
        names = list(inspect.signature(asked).parameters)
        place = names.index("revision")

        @wraps(asked)
        def ask(*args: Any, **options: Any) -> Any:
            repo = str(args[0] if args else options[names[0]])
            if repo not in known and not Path(repo).is_dir():
                known.add(repo)
                note(f"{settings.repo} loads {repo} too, at no known revision: its card does not name it (also_loads)")

            def pinned(revision: str | None) -> str | None:
                return revisions.get(repo, revision) if revision in (None, "main") else revision

            if len(args) > place:  # some callers give it by its place
                args = (*args[:place], pinned(args[place]), *args[place + 1 :])
            else:
                options["revision"] = pinned(options.get("revision"))
            return asked(*args, **options)

        return ask

    before = {name: getattr(hub, name) for name in ASKED if hasattr(hub, name)}
    for name, asked in before.items():
        setattr(hub, name, at_its_revision(asked))
    try:
        yield
    finally:
        for name, asked in before.items():
            setattr(hub, name, asked)
