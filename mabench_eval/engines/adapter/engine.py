"""The engine of checkpoints that are run by an adapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import final

from mabench_eval.catalogue import is_package
from mabench_eval.engines.base import Model
from mabench_eval.engines.code_identity import code_of
from mabench_eval.engines.local.engine import LocalEngine
from mabench_eval.packages import missing_modules
from mabench_eval.types import Json, Request


@final
class AdapterEngine(LocalEngine):
    """One checkpoint, run by its own code."""

    name = "adapter"

    @property
    def identity(self) -> Json:
        """Checkpoint, settings, and the hash of the adapter's code: an edited adapter is another model."""
        file = self._file()
        code = code_of(file) if file and file.exists() else {"adapter": None}
        return {**super().identity, **code}

    def problems(self) -> list[str]:
        """Packages, the adapter's file, what adapters cannot do, files."""
        problems = []
        file = self._file()
        if file is None or not (file.is_file() or is_package(file)):
            problems.append(f"engine adapter needs Python code, the card's setting `adapter`: there is none at {file}")
        if self._settings.answers != "generate":
            problems.append(f"--answers {self._settings.answers}: an adapter gives text alone")
        if self._settings.needs_cuda and (self._settings.device == "cpu" or _lacks_cuda()):
            problems.append(
                f"{self._settings.repo} needs an NVIDIA GPU, as its code calls .cuda() by itself: run it on a machine "
                "with one, without --device cpu"
            )
        if self._settings.lora:
            problems.append("--lora: an adapter loads its repository as it is; merge the LoRA adapter first")
        return problems + super().problems()

    def text_problems(self, requests: Sequence[Request]) -> list[str]:
        """Adapters are made to look."""
        return ["engine adapter answers questions about frames alone: take a model of another engine"]

    def load_now(self, note: Callable[[str], None]) -> Model:
        """The model, loaded by its adapter. Raises ModelError."""
        from mabench_eval.engines.adapter.model import AdapterModel

        file = self._file()
        assert file, "a card without one is a problem"
        return AdapterModel(self._settings, file, self._seed)

    def _file(self) -> Path | None:
        """The adapter's file; None where the card names none."""
        if not self._settings.adapter:
            return None
        folder = self._card.source.parent if self._card.source else Path()
        return folder / self._settings.adapter


def _lacks_cuda() -> bool:
    """Whether torch is here and sees no GPU; without torch that is the problem to be told."""
    if missing_modules("torch"):
        return False
    import torch

    return not torch.cuda.is_available()
