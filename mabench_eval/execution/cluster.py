"""Ray: connecting, how many workers there is room for, starting them, and stopping them."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.environments import NAME_VARIABLE, local_cluster_address
from mabench_eval.errors import InputError, ModelError
from mabench_eval.execution.messages import WorkerUpdate
from mabench_eval.execution.worker import Worker
from mabench_eval.packages import install_command, missing_modules

OBJECT_STORE_BYTES = 200_000_000
"""Of a cluster that a run starts: frames never travel, clips only when they are sent."""
CONNECT_TIMEOUT_S = 15.0
"""For the first machine of a cluster to accept a connection."""
ENV_BUILD_TIMEOUT_S = 3600
"""For a node to make an environment."""
RAY_DEFAULTS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""No statistics are sent to Ray's makers; a worker that asks for no GPU does not have the machine's hidden from it."""


@dataclass(frozen=True, slots=True)
class ClusterChoice:
    """What the user says of workers."""

    workers: int | Literal["auto"]
    ray: str | None = None
    """Address of a cluster; None: one is started on this machine."""
    ship_clips: bool = False
    """Whether clips are sent to the workers; else they read them from the same folder."""
    environment: EnvironmentCard | None = None
    """Made by Ray where a worker starts; None: the packages that are installed there."""

    def __post_init__(self) -> None:
        """Raise InputError for fewer workers than one."""
        if isinstance(self.workers, int) and self.workers < 1:
            raise InputError(f"--workers must be at least 1, or auto, got {self.workers}")


@dataclass(frozen=True, slots=True)
class ClusterLayout:
    """How many workers there are, and what each takes of the cluster."""

    workers: int
    cpus: float
    gpus: int


@contextmanager
def connected(address: str | None) -> Generator[None]:
    """A connection to Ray, or the one that this process already has. Raises ModelError, InputError without Ray."""
    if missing_modules("ray"):
        raise InputError(f"--workers needs ray: {install_command('ray')}")
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


def model_layout(workers: int | Literal["auto"], engine: str, settings: dict[str, Any]) -> ClusterLayout:
    """How models are spread over the cluster as it is now."""
    gpus = int(_resource("GPU"))
    gpus_each = int(settings.get("tensor_parallel") or 1) if engine == "vllm" else 1
    if workers == "auto":
        count = gpus // gpus_each
        return ClusterLayout(count, 0, gpus_each) if count else core_layout(workers)
    if gpus and (engine != "python" or gpus >= workers):  # workers without a GPU yet wait for another node
        return ClusterLayout(workers, 0, gpus_each)
    return core_layout(workers)


def core_layout(workers: int | Literal["auto"]) -> ClusterLayout:
    """How workers that need no GPU are spread over the cluster as it is now: one a core, unless more are asked for."""
    cpus = _resource("CPU")
    if workers == "auto":
        return ClusterLayout(max(1, int(cpus)), 1, 0)
    return ClusterLayout(workers, max(0.01, int(100 * min(1.0, cpus / workers)) / 100), 0)


def _resource(name: str) -> float:
    import ray

    return float(ray.cluster_resources().get(name, 0.0))


class RayWorker:
    """A worker in a process of Ray's, which knows its node."""

    def __init__(self, make: Callable[[Any], Worker[Any, Any, Any]], spec: Any) -> None:
        self._worker = make(spec)

    def exchange(self, given: list[Any], keep: int, no_more: bool, timeout_s: float) -> WorkerUpdate[Any]:
        """As :meth:`Worker.exchange`."""
        return self._worker.exchange(given, keep, no_more, timeout_s)

    def node_id(self) -> str:
        """Ray's id of the node."""
        import ray

        return str(ray.get_runtime_context().get_node_id())


def start_worker(
    layout: ClusterLayout,
    make: Callable[[Any], Worker[Any, Any, Any]],
    spec: Any,
    environment: EnvironmentCard | None,
) -> tuple[Any, Any]:
    """A worker, made of its ``spec``, and the promise of its node's id; it starts once there is room for it."""
    import ray

    options: dict[str, Any] = {"num_cpus": layout.cpus, "num_gpus": layout.gpus, "max_restarts": 0}
    if environment:
        # Ray makes it once a node, and puts its packages before those of the node, where this library is.
        options["runtime_env"] = {
            "pip": {"packages": list(environment.packages)},
            "env_vars": {NAME_VARIABLE: environment.name},
            "config": {"setup_timeout_seconds": ENV_BUILD_TIMEOUT_S},
        }
    actor = ray.remote(RayWorker).options(**options).remote(make, spec)
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
