"""Environments as data: pinned sets of packages, each in a cached virtual environment of its own."""

from mabench_eval.environments.choice import environment_of, worker_environment
from mabench_eval.environments.making import make
from mabench_eval.environments.places import Place, find
from mabench_eval.environments.running import INSIDE, command_in, inside

__all__ = ["INSIDE", "Place", "command_in", "environment_of", "find", "inside", "make", "worker_environment"]
