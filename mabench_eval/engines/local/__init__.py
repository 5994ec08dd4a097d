"""What the engines share that run a checkpoint on this machine: settings of a card, the conversation, answer modes."""

from mabench_eval.engines.local.gpus import Gpu, cuda_of_torch, driver_problem, find_gpus, is_hidden
from mabench_eval.engines.local.hub import (
    NeededRepo,
    RepoLocation,
    cache_folder,
    has_token,
    hub_page,
    hub_problems,
    is_offline,
    locate_repo,
    repos_of,
    weight_bytes,
)
from mabench_eval.engines.local.settings import LocalSettings, is_folder

__all__ = [
    "Gpu",
    "LocalSettings",
    "NeededRepo",
    "RepoLocation",
    "cache_folder",
    "cuda_of_torch",
    "driver_problem",
    "find_gpus",
    "has_token",
    "hub_page",
    "hub_problems",
    "is_folder",
    "is_hidden",
    "is_offline",
    "locate_repo",
    "repos_of",
    "weight_bytes",
]
