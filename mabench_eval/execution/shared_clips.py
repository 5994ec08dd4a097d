"""Whether every node of a cluster sees the same clips: names and sizes. Nodes are asked first, workers look again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from mabench_eval.errors import InputError
from mabench_eval.planning import PlannedClip

SHOWN = 5
"""Clips that a message names for each node."""
PATIENCE = 120.0
"""Seconds in which all nodes must have looked."""
UNEQUAL = "its clips are not those that the run sees"


def clips_here(clips: Iterable[PlannedClip]) -> dict[str, int | None]:
    """What this process sees: path -> bytes."""
    return sizes([str(planned.clip.path.absolute()) for planned in clips if planned.clip.path])


def check_nodes(here: Mapping[str, int | None]) -> None:
    """Raise InputError that names each node and what it sees otherwise than this process."""
    import ray
    from ray.exceptions import GetTimeoutError, RayError, RayTaskError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    expected, end = ray.put(here), time.monotonic() + PATIENCE
    asked = []
    for node in ray.nodes():
        if node["Alive"]:
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            task = ray.remote(differences).options(num_cpus=0, scheduling_strategy=there)
            asked.append((f"{node['NodeManagerAddress']} ({node['NodeManagerHostname']})", task.remote(expected)))
    problems = []
    for name, found in asked:
        try:
            problems += [f"node {name}: {line}" for line in ray.get(found, timeout=max(0.0, end - time.monotonic()))]
        except GetTimeoutError:
            problems.append(f"node {name}: has not answered within {PATIENCE:.0f} s: it is stuck, or going down")
        except RayTaskError as error:
            problems.append(f"node {name}: cannot be asked: {str(error).strip().splitlines()[-1]}")
        except RayError:  # it has just gone, and no worker will be there
            continue
    if problems:
        raise InputError(
            "not all nodes see the clips that this one sees; nothing was asked",
            problems=problems,
            hint="Put the clips where all nodes have them under the same path, or send them: --ship-clips.",
        )


def sizes(paths: Iterable[str]) -> dict[str, int | None]:
    """Path -> bytes; None where there is no file."""
    return {path: _size(path) for path in paths}


def differences(expected: Mapping[str, int | None]) -> list[str]:
    """What this machine sees otherwise, a line each, the first few."""
    found = [(path, size, _size(path)) for path, size in expected.items() if _size(path) != size]
    if found and len(found) == len(expected) and all(size is None for *_, size in found):
        return [f"has none of the {len(expected)} clips in {Path(found[0][0]).parent}"]
    lines = [
        f"{path} is missing" if size is None else f"{path} has {size} bytes, not {wanted}"
        for path, wanted, size in found[:SHOWN]
    ]
    return [*lines, f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else lines


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - a thousand of them
    except OSError:
        return None
