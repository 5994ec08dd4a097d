"""The packages that a model runs with: pinned environments, made, selected and entered; the machine examined (doctor).

What enters concerns this machine's Python, packages, GPUs and downloads; nothing here loads a model.
"""

from mabench_eval.environments.activate import NAME_VARIABLE, command_in, current_environment
from mabench_eval.environments.create import make_environment
from mabench_eval.environments.doctor import examine, examine_tracker
from mabench_eval.environments.findings import Finding, can_run
from mabench_eval.environments.location import EnvironmentLocation, locate_environment
from mabench_eval.environments.lock import Lock, read_lock, write_lock
from mabench_eval.environments.ray_state import local_cluster_address, ray_finding
from mabench_eval.environments.select import is_elsewhere, made_by_ray, select_environment, worker_environment

__all__ = [
    "NAME_VARIABLE",
    "EnvironmentLocation",
    "Finding",
    "Lock",
    "can_run",
    "command_in",
    "current_environment",
    "examine",
    "examine_tracker",
    "is_elsewhere",
    "local_cluster_address",
    "locate_environment",
    "made_by_ray",
    "make_environment",
    "ray_finding",
    "read_lock",
    "select_environment",
    "worker_environment",
    "write_lock",
]
