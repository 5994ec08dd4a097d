"""The engine of checkpoints that are run by an adapter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import final

from mabench_eval.catalogue import is_package
from mabench_eval.engines.base import Model
from mabench_eval.engines.code_identity import code_of
from mabench_eval.engines.local.engine import LocalEngine
from mabench_eval.packages import missing_modules
from mabench_eval.types import Json


@final
class AdapterEngine(LocalEngine):
    """One checkpoint, run by its own code."""

    name = "adapter"
    protocol = 2  # since then a repository's own settings of decoding do not count

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
        if (why := self._why_cuda()) and (self._settings.device == "cpu" or _lacks_cuda()):
            problems.append(f"{self._settings.repo} {why} on a machine with one, without --device cpu")
        if self._settings.lora:
            problems.append("--lora: an adapter loads its repository as it is; merge the LoRA adapter first")
        return problems + super().problems()

    def warnings(self) -> list[str]:
        """What will be downloaded, and the memory that attention takes where the code has no other than ``eager``."""
        return super().warnings() + self._eager_warnings()

    def _eager_warnings(self) -> list[str]:
        """Scores of each pair of tokens in each head, of which softmax is taken in 4 bytes."""
        settings = self._settings
        if not (settings.attention and settings.heads and settings.frame_tokens and self.frames):
            return []
        from mabench_eval.engines.adapter.checkpoint import Checkpoint

        if Checkpoint(settings).attention() != "eager":
            return []
        tokens = self.frames * settings.frame_tokens
        return [
            f"{settings.repo} computes attention in full, as flash-attn is not at hand: the {tokens:,} tokens of "
            f"{self.frames} frames take {settings.heads * tokens**2 * 4 / 1e9:.1f} GB in each layer in turn "
            f"({settings.heads} heads x {tokens:,} x {tokens:,} x 4 bytes), besides the weights"
        ]

    def load_now(self, note: Callable[[str], None]) -> Model:
        """The model, loaded by its adapter. Raises ModelError."""
        from mabench_eval.engines.adapter.model import AdapterModel

        file = self._file()
        assert file, "a card without one is a problem"
        return AdapterModel(self._settings, file, self._seed, note)

    def _why_cuda(self) -> str:
        """Why its code wants an NVIDIA GPU for the run's frames, and what to do; empty where it does not."""
        if self._settings.needs_cuda:
            return "needs an NVIDIA GPU, as its code calls .cuda() by itself: run it"
        without = self._settings.frames_without_cuda
        if not self.frames or not without or self.frames in without:
            return ""
        counts = " or ".join(map(str, without))
        then = f"as its code then calls .cuda(): --frames {counts}, or run it"
        return f"needs an NVIDIA GPU for {self.frames} frames, {then}"

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
