"""The model behind an adapter: a clip's frames prepared once, its questions answered one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from mabench_eval.catalogue import import_file
from mabench_eval.engines.adapter.checkpoint import Adapter, Checkpoint
from mabench_eval.engines.adapter.further_repos import pinned_further_repos
from mabench_eval.engines.base import answer_each
from mabench_eval.engines.local.answer_modes import request_seed
from mabench_eval.engines.local.load_errors import explained_load_errors
from mabench_eval.engines.local.model import answer_prepared
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.local.stdout import stdout_taken
from mabench_eval.errors import InputError, ModelError
from mabench_eval.types import ClipWork, Request, Response


class AdapterModel:
    """A model ready to answer."""

    def __init__(self, settings: LocalSettings, file: Path, seed: int, note: Callable[[str], None]) -> None:
        """Import the adapter's file and load the model. Raises ModelError."""
        self._seed = seed
        torch.manual_seed(seed)
        try:
            with stdout_taken():
                module = import_file(file)
        except InputError as error:
            raise ModelError(error.message, hint=error.hint or "Fix the adapter, or use --env auto.") from error
        if not hasattr(module, "Adapter"):
            raise ModelError(f"{file} defines no class Adapter", hint="docs/adding-a-model.md shows one.")
        self._checkpoint = Checkpoint(settings)
        noted: list[str] = []  # and told afterwards: within, stdout is taken away from a note that goes there, too
        try:
            with (
                explained_load_errors(settings),
                self._checkpoint.current_device(),
                pinned_further_repos(settings, noted.append),
            ):
                self._adapter: Adapter = module.Adapter(self._checkpoint)
        finally:
            for line in noted:
                note(line)

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer each clip's requests in order."""
        return answer_prepared(work, self._prepare, lambda clip, seen: answer_each(clip, partial(self._answer, seen)))

    def _prepare(self, clip: ClipWork) -> Any:
        if clip.frames is None:
            raise ValueError("this model answers questions about frames, and there are none")
        count, multiple = len(clip.frames.pixels), self._checkpoint.settings.frames_multiple
        if count % multiple:  # some sampling rules give fewer frames of a short clip than the run asks for
            raise ValueError(f"this model reads frames by {multiple}s, and these are {count}")
        with self._checkpoint.current_device():
            return self._adapter.prepare(clip.frames)

    def _answer(self, seen: Any, request: Request) -> str:
        torch.manual_seed(request_seed(self._seed, request))
        with torch.inference_mode(), self._checkpoint.current_device(), stdout_taken():
            return self._adapter.answer(seen, request).strip()
