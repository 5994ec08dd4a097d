"""Ray: connecting, how many workers there is room for, making them, and letting them go."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.environments import NAME_VARIABLE, local_cluster_address
from mabench_eval.errors import ModelError
from mabench_eval.execution.messages import WorkerSpec
from mabench_eval.execution.worker import Worker
from mabench_eval.planning import RunConfig

STORE = 200_000_000
"""Bytes of Ray's object store on a cluster of our own: frames never travel, clips do only when they are sent."""
KNOCKING = 15.0
"""Seconds in which the first machine of a cluster must take a connection."""
MAKING = 3600
"""Seconds that a node may take to make an environment."""
DEFAULTS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""Nothing is sent to Ray's makers; a worker without a GPU of its own is not told that there is none."""


@dataclass(frozen=True, slots=True)
class ClusterLayout:
    """How many workers, and what each takes of the cluster."""

    workers: int
    cpus: float
    gpus: int


@contextmanager
def connected(address: str | None) -> Generator[None]:
    """A connection to Ray, to that which this process already has where it has one. Raises ModelError."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        yield
        return
    if address:
        _knock((local_cluster_address() or address) if address == "auto" else address)
    own: dict[str, Any] = {"include_dashboard": False, "object_store_memory": STORE}
    where: dict[str, Any] = {"address": address} if address else {"address": "local", **own}
    try:
        ray.init(**where, log_to_driver=False, logging_level=logging.ERROR, namespace="mabench_eval")
    except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        raise _no_cluster(address or "this machine", error) from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise ModelError where nobody listens: Ray itself would try for many minutes."""
    try:
        at = urlsplit(address if "://" in address else f"//{address}")
        if at.hostname and at.port:
            socket.create_connection((at.hostname, at.port), KNOCKING).close()
    except (OSError, ValueError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> ModelError:
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return ModelError(
        f"no Ray cluster at {address}: {reason[0]}",
        hint="On its first machine: ray start --head; on the others: ray start --address HOST:6379. Where it asks "
        "for a token: RAY_AUTH_MODE=token, and in RAY_AUTH_TOKEN what `ray get-auth-token` prints on the first.",
    )


def share(config: RunConfig, engine: str, settings: dict[str, Any]) -> ClusterLayout:
    """How a run is spread over the cluster as it is now."""
    import ray

    there = ray.cluster_resources()
    cpus, gpus = there.get("CPU", 0.0), int(there.get("GPU", 0))
    each = int(settings.get("tensor_parallel") or 1) if engine == "vllm" else 1
    if config.workers == "auto":
        on_gpus = gpus // each
        return ClusterLayout(on_gpus, 0, each) if on_gpus else ClusterLayout(max(1, int(cpus)), 1, 0)
    assert isinstance(config.workers, int), "the preflight sees to it"
    if gpus and (engine != "python" or gpus >= config.workers):  # those for which there is none yet wait for a node
        return ClusterLayout(config.workers, 0, each)
    return ClusterLayout(config.workers, max(0.01, int(100 * min(1.0, cpus / config.workers)) / 100), 0)


class Placed(Worker):
    """A worker that knows where it is."""

    def node(self) -> str:
        """Ray's name of the node."""
        import ray

        return str(ray.get_runtime_context().get_node_id())


def make_worker(share: ClusterLayout, order: WorkerSpec, environment: EnvironmentCard | None) -> tuple[Any, Any]:
    """A worker, and the promise of its node's name; it starts when there is room for it and its environment."""
    import ray

    options: dict[str, Any] = {"num_cpus": share.cpus, "num_gpus": share.gpus, "max_restarts": 0}
    if environment:
        options["runtime_env"] = _runtime_env(environment)
    actor = ray.remote(Placed).options(**options).remote(order)
    return actor, actor.node.remote()


def _runtime_env(environment: EnvironmentCard) -> dict[str, Any]:
    """An environment as Ray makes it, once a node: its packages before those of the node, where this library is."""
    return {
        "pip": {"packages": list(environment.packages)},
        "env_vars": {NAME_VARIABLE: environment.name},
        "config": {"setup_timeout_seconds": MAKING},
    }


def end_worker(actor: Any) -> None:
    """Let its processes and its GPUs go."""
    import ray

    with suppress(Exception):  # it may be gone with its node
        ray.kill(actor)


def room_for_one(share: ClusterLayout) -> bool:
    """Whether the nodes that live could hold a worker."""
    import ray

    needed = {"CPU": share.cpus, "GPU": share.gpus}
    return any(
        all(node["Resources"].get(name, 0) >= amount for name, amount in needed.items())
        for node in ray.nodes()
        if node["Alive"]
    )


def node_of(place: Any) -> tuple[str, bool]:
    """Address of a worker's node, and whether that node lives; ("", False) where it never started."""
    import ray
    from ray.exceptions import RayError

    try:
        name = ray.get(place, timeout=0)
    except RayError:  # GetTimeoutError is one
        return "", False
    nodes = {node["NodeID"]: (str(node["NodeManagerAddress"]), bool(node["Alive"])) for node in ray.nodes()}
    return nodes.get(name, ("", False))
