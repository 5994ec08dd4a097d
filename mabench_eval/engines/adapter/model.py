"""An adapter at work: a clip's frames prepared once, its questions one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from mabench_eval.catalogue import import_file
from mabench_eval.engines.adapter.checkpoint import Checkpoint
from mabench_eval.engines.base import answer_each
from mabench_eval.engines.local.load_errors import loading
from mabench_eval.engines.local.prefetch import prepared_ahead, unprepared
from mabench_eval.engines.local.seeds import own_seed
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import InputError, ModelError
from mabench_eval.types import ClipWork, Frames, Request, Response


class Adapter(Protocol):
    """What an adapter's file defines, under the name ``Adapter``: made from a Checkpoint, it loads the model."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Load it. May raise anything: the run says what."""

    def prepare(self, frames: Frames) -> Any:
        """A clip's frames as the model wants them, once a clip, on another thread than ``answer``."""

    def answer(self, seen: Any, request: Request) -> str:
        """The answer to one question; ``seen``: what ``prepare`` gave. May raise: that question is then an error."""


class LoadedModel:
    """A model ready to answer; it is loaded when the first clip is drawn."""

    def __init__(self, settings: LocalSettings, file: Path, seed: int) -> None:
        self._settings, self._file, self._seed = settings, file, seed
        self._adapter: Adapter | None = None

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer each clip's requests in order. Raises ModelError when the model cannot be loaded."""
        adapter = self._adapter = self._adapter or self._load()

        def prepare(clip: ClipWork) -> Any:
            if clip.frames is None:
                raise ValueError("this model answers questions about frames, and there are none")
            return adapter.prepare(clip.frames)

        for clip, seen in prepared_ahead(work, prepare):
            if isinstance(seen, Exception):
                yield from unprepared(clip, seen)
            else:
                yield from answer_each(clip, partial(self._answer, adapter, seen))

    def _load(self) -> Adapter:
        import torch

        torch.manual_seed(self._seed)
        try:
            module = import_file(self._file)
        except InputError as error:
            raise ModelError(error.message, hint=error.hint or "Mend the adapter, or take --env auto.") from error
        made = getattr(module, "Adapter", None)
        if made is None:
            raise ModelError(f"{self._file} defines no class Adapter", hint="docs/adding-a-model.md shows one.")
        with loading(self._settings):
            adapter: Adapter = made(Checkpoint(self._settings))
            return adapter

    def _answer(self, adapter: Adapter, seen: Any, request: Request) -> str:
        import torch

        torch.manual_seed(own_seed(self._seed, request))
        with torch.inference_mode():
            return adapter.answer(seen, request).strip()
