"""A cluster of three nodes on this machine, as the tests of this folder see it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import ray

NODE = {"num_cpus": 1, "object_store_memory": 100_000_000}


def released() -> bool:
    """Whether no worker holds anything of the cluster."""
    return bool(ray.available_resources().get("CPU") == ray.cluster_resources()["CPU"])


def wait_for(find: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What ``find`` gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = find()
        if result:
            return result
        threading.Event().wait(0.05)
    raise AssertionError("never happened")
