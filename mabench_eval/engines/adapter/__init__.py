"""The engine of checkpoints that only their own code runs, through a few lines of Python beside the card."""

from mabench_eval.engines.adapter.checkpoint import Adapter, Checkpoint
from mabench_eval.engines.adapter.engine import AdapterEngine
from mabench_eval.engines.adapter.frames import normalised, picture_files, pictures

__all__ = ["Adapter", "AdapterEngine", "Checkpoint", "normalised", "picture_files", "pictures"]
