"""One cluster for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from mabench_eval.execution.cluster import RAY_DEFAULTS


@pytest.fixture(scope="package")
def cluster() -> Iterator[Any]:
    """Three nodes, each with a core."""
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    from ray.cluster_utils import Cluster

    from tests.execution.nodes import NODE

    for name, value in RAY_DEFAULTS.items():
        os.environ.setdefault(name, value)
    made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    made.add_node(**NODE)
    made.add_node(**NODE)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()
