"""The packages that each engine needs: one list for the preflight of a run and for ``doctor``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.packages import install_command, missing_modules

NEEDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "openai": MappingProxyType({"aiohttp": "3.14", "certifi": ""}),
        "transformers": MappingProxyType({"torch": "2.4", "transformers": "4.57", "jinja2": "3.1"}),
        "vllm": MappingProxyType({"vllm": "0.11"}),
        "adapter": MappingProxyType({"torch": "2.2", "transformers": "4.40"}),
    }
)
"""Engine -> package -> oldest version that will do; empty for any. 4.57 and 0.11 are the first with Qwen3-VL.
Transformers itself imports jinja2 with the first question, and torchvision with the checkpoint."""
TOO_NEW: Mapping[str, str] = MappingProxyType({"transformers": "6"})
"""Package -> first version that is not taken: each major version of transformers renames what is used here."""
ACCELERATE, TORCHVISION, PEFT = {"accelerate": "1.0"}, {"torchvision": "0.19"}, {"peft": "0.13"}
"""What transformers needs for a GPU, for a video as a video, and for an adapter."""
EXTRAS: Mapping[str, str] = MappingProxyType({"openai": "openai", "transformers": "hf", "vllm": "vllm"})
"""Engine -> the extra of this library that brings what it needs."""
ENVIRONMENT_FIX = "--env auto"
"""For packages that the environment of a model or tracker has."""


def needed_packages(engine: str, settings: LocalSettings | None = None) -> dict[str, str]:
    """Package -> oldest version, of an engine with these settings; none for one that needs nothing."""
    needed = dict(NEEDS.get(engine, {}))
    if engine == "transformers" and settings:
        needed |= TORCHVISION if settings.input == "video" else {}
        needed |= PEFT if settings.lora else {}
        needed |= ACCELERATE if settings.device not in ("auto", "cpu") else {}
    return needed


def packages_fix(engine: str, settings: LocalSettings | None = None) -> str:
    """What brings them: the extra of this library; of an adapter the environment that its card names."""
    if engine in EXTRAS:
        return install_command(EXTRAS[engine])
    return ENVIRONMENT_FIX if settings is None or settings.environments else install_command("hf")


def package_problems(engine: str, settings: LocalSettings | None = None) -> list[str]:
    """A line that names all that is missing, and the command that installs it; none where nothing is.

    An extra that is there in part would otherwise show with the first question, or after the checkpoint is loaded.
    """
    missing = missing_modules(*needed_packages(engine, settings))
    fix = packages_fix(engine, settings)
    brings = " brings what this model needs" if fix == ENVIRONMENT_FIX else ""
    return [f"engine {engine} needs {', '.join(missing)}: {fix}{brings}"] if missing else []
