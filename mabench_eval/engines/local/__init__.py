"""What the engines share that run a checkpoint on this machine: settings of a card, the conversation, answer modes."""

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
    "LocalSettings",
    "NeededRepo",
    "RepoLocation",
    "cache_folder",
    "has_token",
    "hub_page",
    "hub_problems",
    "is_folder",
    "is_offline",
    "locate_repo",
    "repos_of",
    "weight_bytes",
]
