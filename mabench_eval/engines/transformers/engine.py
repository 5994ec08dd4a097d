"""The engine of checkpoints that transformers runs in this process."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from mabench_eval.engines.base import Model
from mabench_eval.engines.local.engine import LocalEngine
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.types import Clip, ClipWork, Frames, Json, Request, Response

if TYPE_CHECKING:
    from mabench_eval.engines.transformers.model import LoadedModel


class TransformersEngine(LocalEngine):
    """One checkpoint, run by transformers."""

    name = "transformers"

    def problems(self) -> list[str]:
        """Packages, cards that this engine cannot run, files."""
        needed = ["torch", "transformers", *(["peft"] if self._settings.lora else [])]
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        found = [f"engine transformers needs {', '.join(missing)}: pip install 'mabench_eval[hf]'"] if missing else []
        return found + super().problems()

    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> Model:
        """The checkpoint in memory. Raises ModelError."""
        return _Lazy(self._settings, self._seed, note)

    def preview(self, request: Request, frames: Frames) -> Json:
        """What the checkpoint will see of a question (see :func:`.preview.preview`). Raises ImportError."""
        from mabench_eval.engines.transformers.preview import preview

        return preview(self._settings, request, frames)


class _Lazy:
    """Loads when the first clip is drawn: a run that is fully answered loads nothing."""

    def __init__(self, settings: LocalSettings, seed: int, note: Callable[[str], None]) -> None:
        self._settings, self._seed, self._note = settings, seed, note
        self._model: LoadedModel | None = None

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        if self._model is None:
            from mabench_eval.engines.transformers.model import LoadedModel

            self._model = LoadedModel(self._settings, self._seed, self._note)
        yield from self._model.generate(work)
