"""Ray: connecting, how many workers there is room for, starting them, and stopping them."""

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

OBJECT_STORE_BYTES = 200_000_000
"""Of a cluster that a run starts: frames never travel, clips only when they are sent."""
CONNECT_TIMEOUT_S = 15.0
"""For the first machine of a cluster to accept a connection."""
ENV_BUILD_TIMEOUT_S = 3600
"""For a node to make an environment."""
RAY_DEFAULTS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""No statistics are sent to Ray's makers; a worker that asks for no GPU does not have the machine's hidden from it."""


@dataclass(frozen=True, slots=True)
class ClusterLayout:
    """How many workers there are, and what each takes of the cluster."""

    workers: int
    cpus: float
    gpus: int


@contextmanager
def connected(address: str | None) -> Generator[None]:
    """A connection to Ray, or the one that this process already has. Raises ModelError."""
    for name, value in RAY_DEFAULTS.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        yield
        return

    cluster: dict[str, Any] = {"address": address}
    if address:
        _check_listening((local_cluster_address() or address) if address == "auto" else address)
    else:
        cluster = {"address": "local", "include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
    try:
        ray.init(**cluster, log_to_driver=False, logging_level=logging.ERROR, namespace="mabench_eval")
    except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        raise _no_cluster(address or "this machine", error) from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_listening(address: str) -> None:
    """Raise ModelError where nothing listens: Ray itself would try for many minutes."""
    try:
        url = urlsplit(address if "://" in address else f"//{address}")
        if url.hostname and url.port:
            socket.create_connection((url.hostname, url.port), CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> ModelError:
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return ModelError(
        f"no Ray cluster at {address}: {reason[0]}",
        hint="On its first machine: ray start --head; on the others: ray start --address HOST:6379. Where it asks "
        "for a token: RAY_AUTH_MODE=token, and in RAY_AUTH_TOKEN what `ray get-auth-token` prints on the first.",
    )


def cluster_layout(config: RunConfig, engine: str, settings: dict[str, Any]) -> ClusterLayout:
    """How a run is spread over the cluster as it is now."""
    import ray

    resources = ray.cluster_resources()
    cpus, gpus = resources.get("CPU", 0.0), int(resources.get("GPU", 0))
    gpus_each = int(settings.get("tensor_parallel") or 1) if engine == "vllm" else 1
    if config.workers == "auto":
        count = gpus // gpus_each
        return ClusterLayout(count, 0, gpus_each) if count else ClusterLayout(max(1, int(cpus)), 1, 0)

    assert isinstance(config.workers, int), "the preflight checks this"
    if gpus and (engine != "python" or gpus >= config.workers):  # workers without a GPU yet wait for another node
        return ClusterLayout(config.workers, 0, gpus_each)
    return ClusterLayout(config.workers, max(0.01, int(100 * min(1.0, cpus / config.workers)) / 100), 0)


class RayWorker(Worker):
    """A worker that knows its node."""

    def node_id(self) -> str:
        """Ray's id of the node."""
        import ray

        return str(ray.get_runtime_context().get_node_id())


def start_worker(layout: ClusterLayout, spec: WorkerSpec, environment: EnvironmentCard | None) -> tuple[Any, Any]:
    """A worker, and the promise of its node's id; it starts once there is room for it and its environment."""
    import ray

    options: dict[str, Any] = {"num_cpus": layout.cpus, "num_gpus": layout.gpus, "max_restarts": 0}
    if environment:
        # Ray makes it once a node, and puts its packages before those of the node, where this library is.
        options["runtime_env"] = {
            "pip": {"packages": list(environment.packages)},
            "env_vars": {NAME_VARIABLE: environment.name},
            "config": {"setup_timeout_seconds": ENV_BUILD_TIMEOUT_S},
        }
    actor = ray.remote(RayWorker).options(**options).remote(spec)
    return actor, actor.node_id.remote()


def stop_worker(actor: Any) -> None:
    """Release its processes and its GPUs."""
    import ray

    with suppress(Exception):  # it may be gone with its node
        ray.kill(actor)


def has_room(layout: ClusterLayout) -> bool:
    """Whether a live node could hold a worker."""
    import ray

    needed = {"CPU": layout.cpus, "GPU": layout.gpus}
    return any(
        all(node["Resources"].get(name, 0) >= amount for name, amount in needed.items())
        for node in ray.nodes()
        if node["Alive"]
    )


def node_of(node_id: Any) -> tuple[str, bool]:
    """Address of a worker's node, and whether the node is alive; ("", False) for a worker that never started.

    ``node_id`` is the promise that ``start_worker`` gave.
    """
    import ray
    from ray.exceptions import RayError

    try:
        name = ray.get(node_id, timeout=0)
    except RayError:  # GetTimeoutError is one
        return "", False
    nodes = {node["NodeID"]: (str(node["NodeManagerAddress"]), bool(node["Alive"])) for node in ray.nodes()}
    return nodes.get(name, ("", False))
