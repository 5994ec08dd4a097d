"""What the engines share that run a checkpoint on this machine: settings of a card, the conversation, answer modes."""

from mabench_eval.engines.local.hub import (
    Place,
    cache_folder,
    download_command,
    has_token,
    hub_problems,
    offline,
    page,
    resolve,
    sources,
    weight_bytes,
)
from mabench_eval.engines.local.settings import LOCAL_ENGINES, LocalSettings, is_folder

__all__ = [
    "LOCAL_ENGINES",
    "LocalSettings",
    "Place",
    "cache_folder",
    "download_command",
    "has_token",
    "hub_problems",
    "is_folder",
    "offline",
    "page",
    "resolve",
    "sources",
    "weight_bytes",
]
