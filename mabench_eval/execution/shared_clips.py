"""Whether every node of a cluster has the run's clips, by names and sizes. Nodes are checked first, workers again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from mabench_eval.errors import InputError

SHOWN = 5
"""Clips that a message names for each node."""
NODES_TIMEOUT_S = 120.0
"""For the checks of all nodes together."""
OTHER_CLIPS = "its clips are not those that the run sees"


def clip_sizes(paths: Iterable[Path]) -> dict[str, int | None]:
    """The clips' files as this process sees them: absolute path -> bytes, None where there is no file."""
    return {str(path): _size(str(path)) for path in (path.absolute() for path in paths)}


def check_nodes(expected: Mapping[str, int | None]) -> None:
    """Raise InputError that names each node whose clips differ from ``expected``, and how."""
    import ray
    from ray.exceptions import GetTimeoutError, RayError, RayTaskError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    stored, deadline = ray.put(expected), time.monotonic() + NODES_TIMEOUT_S
    checks = []
    for node in ray.nodes():
        if node["Alive"]:
            on_node = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            task = ray.remote(differences).options(num_cpus=0, scheduling_strategy=on_node)
            checks.append((f"{node['NodeManagerAddress']} ({node['NodeManagerHostname']})", task.remote(stored)))

    problems = []
    for name, check in checks:
        remaining = max(0.0, deadline - time.monotonic())
        try:
            problems += [f"node {name}: {line}" for line in ray.get(check, timeout=remaining)]
        except GetTimeoutError:
            problems.append(f"node {name}: no answer within {NODES_TIMEOUT_S:.0f} s: it is stuck, or shutting down")
        except RayTaskError as error:
            problems.append(f"node {name}: cannot be checked: {str(error).strip().splitlines()[-1]}")
        except RayError:  # it has just gone, and no worker will be there
            continue
    if problems:
        raise InputError(
            "not all nodes see the clips that this one sees; nothing was begun",
            problems=problems,
            hint="Put the clips where all nodes have them under the same path, or send them: --ship-clips.",
        )


def differences(expected: Mapping[str, int | None]) -> list[str]:
    """How the clips on this machine differ, a line each, the first few."""
    differing = [(path, size, here) for path, size in expected.items() if (here := _size(path)) != size]
    if differing and len(differing) == len(expected) and all(here is None for *_, here in differing):
        return [f"has none of the {len(expected)} clips in {Path(differing[0][0]).parent}"]
    lines = [
        f"{path} is missing" if here is None else f"{path} has {here} bytes, not {size}"
        for path, size, here in differing[:SHOWN]
    ]
    return [*lines, f"and {len(differing) - SHOWN} more"] if len(differing) > SHOWN else lines


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - a thousand of them
    except OSError:
        return None
