"""Environments as data: pinned sets of packages, each in a cached virtual environment of its own."""

from mabench_eval.environments.activate import INSIDE, command_in, inside
from mabench_eval.environments.create import make
from mabench_eval.environments.doctor import can_run, examine
from mabench_eval.environments.location import Place, find
from mabench_eval.environments.ray_state import address_here, ray_finding
from mabench_eval.environments.select import environment_of, worker_environment

__all__ = [
    "INSIDE",
    "Place",
    "address_here",
    "can_run",
    "command_in",
    "environment_of",
    "examine",
    "find",
    "inside",
    "make",
    "ray_finding",
    "worker_environment",
]
