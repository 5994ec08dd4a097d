"""Which tasks a run asks: ``all``, ``closed``, ``open``, a tier, names; any case, comma lists."""

from __future__ import annotations

from collections.abc import Mapping

from mabench_eval.catalogue.cards import TaskCard
from mabench_eval.catalogue.schema import did_you_mean
from mabench_eval.errors import InputError
from mabench_eval.taxonomy import OFFICIAL_TASKS


def select_tasks(spec: str, tasks: Mapping[str, TaskCard]) -> tuple[TaskCard, ...]:
    """The tasks that ``spec`` names, each once, in the catalogue's order whatever the order in ``spec``.

    Raises InputError for a word that names nothing, with a suggestion and the list of what there is.
    """
    groups = _groups(tasks)
    words = [word.strip() for word in spec.split(",") if word.strip()]
    unknown = [word for word in words if word.casefold() not in groups]
    if unknown or not words:
        what = ", ".join(f"{w!r}{did_you_mean(w, groups)}" for w in unknown) or "nothing"
        raise InputError(
            f"--tasks: no such task: {what}",
            hint="Tasks: " + ", ".join(tasks) + "\nGroups: all, closed, open, perceptual, relational, interpretive",
        )
    chosen = {name for word in words for name in groups[word.casefold()]}
    return tuple(task for name, task in tasks.items() if name in chosen)


def paper_order(name: str) -> tuple[int, str]:
    """Sort key: the paper's order first, other tasks after them by name."""
    return (OFFICIAL_TASKS.index(name), "") if name in OFFICIAL_TASKS else (len(OFFICIAL_TASKS), name)


def _groups(tasks: Mapping[str, TaskCard]) -> dict[str, list[str]]:
    """Word in lower case -> task names. ``all`` is the benchmark's tasks and those of plugins."""
    groups: dict[str, list[str]] = {"all": list(tasks), "closed": [], "open": []}
    for name, task in tasks.items():
        groups["closed" if task.closed else "open"].append(name)
        groups.setdefault(task.tier, []).append(name)
        groups.setdefault(task.tier.split()[0], []).append(name)
        groups[name.casefold()] = [name]
        groups[task.full_name.casefold()] = [name]
    return groups
