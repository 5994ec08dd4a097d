"""What the engines share that run a checkpoint on this machine: settings of a card, the conversation, answer modes."""

from mabench_eval.engines.local.settings import LOCAL_ENGINES, LocalSettings, is_folder

__all__ = ["LOCAL_ENGINES", "LocalSettings", "is_folder"]
