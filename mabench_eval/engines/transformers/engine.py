"""The engine of checkpoints that transformers runs in this process."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from mabench_eval.catalogue import ModelCard
from mabench_eval.catalogue.schema import settings_of
from mabench_eval.engines.base import Model
from mabench_eval.engines.local.hub import hub_problems, hub_warnings
from mabench_eval.engines.local.settings import LocalSettings, identity_of
from mabench_eval.types import Clip, ClipWork, Frames, Json, Response

if TYPE_CHECKING:
    from mabench_eval.engines.transformers.model import LoadedModel


class TransformersEngine:
    """One checkpoint, run by transformers."""

    remote = False
    price = None
    max_images = None

    def __init__(self, card: ModelCard, seed: int) -> None:
        self._card, self._seed = card, seed
        self._settings = settings_of(LocalSettings, card.settings, f"model {card.name!r}")

    @property
    def identity(self) -> Json:
        """Checkpoint, and what else of the settings an answer depends on."""
        card = {"name": self._card.name, "engine": "transformers", "version": self._card.version}
        return {**card, **identity_of(self._settings)}

    @property
    def image_tokens(self) -> int | None:
        """Tokens of a frame, for estimates."""
        return self._settings.frame_tokens

    def problems(self) -> list[str]:
        """Packages, and cards that this engine cannot run."""
        needed = ["torch", "transformers", *(["peft"] if self._settings.lora else [])]
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        found = [f"engine transformers needs {', '.join(missing)}: pip install 'mabench_eval[hf]'"] if missing else []
        if "transformers" not in self._settings.engines:
            found.append(f"transformers cannot run it: --engine {self._settings.engines[0]}")
        return found + hub_problems(self._settings)

    def warnings(self) -> list[str]:
        """What will be downloaded."""
        return hub_warnings(self._settings)

    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> Model:
        """The checkpoint in memory. Raises ModelError."""
        return _Lazy(self._settings, self._seed, note)


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
