"""The engine of checkpoints that transformers runs in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from mabench_eval.engines.base import Model
from mabench_eval.engines.local.engine import LocalEngine
from mabench_eval.engines.local.gpus import check_device
from mabench_eval.types import Frames, Json, Request


@final
class TransformersEngine(LocalEngine):
    """One checkpoint, run by transformers."""

    name = "transformers"

    def load_now(self, note: Callable[[str], None]) -> Model:
        """The checkpoint in memory. Raises ModelError."""
        from mabench_eval.engines.transformers.model import TransformersModel

        check_device(self._settings, note)
        return TransformersModel(self._settings, self._seed, note)

    def preview(self, request: Request, frames: Frames) -> Json:
        """What the checkpoint will see of a question (see :func:`.preview.preview`). Raises ImportError."""
        from mabench_eval.engines.transformers.preview import preview

        return preview(self._settings, request, frames)
