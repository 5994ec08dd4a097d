"""LoRA adapters: where they are, their rank, and what of them vLLM would silently leave out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mabench_eval.engines.local.hub import locate_repo
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import InputError, ModelError
from mabench_eval.parsing import parse_json, read_json

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM can be started for; an adapter of another rank needs the next."""

_VISION_MODULES = frozenset(
    {
        "visual",
        "vision_tower",
        "vision_model",
        "image_newline",
        "multi_modal_projector",
        "mlp1",
        "merger",
        "connector",
    }
)
"""Names, in the paths of weights, of vision towers and of what connects them to the language model."""


@dataclass(frozen=True, slots=True)
class LoraAdapter:
    """A LoRA adapter on this machine."""

    folder: Path
    rank: int
    """One of vLLM's ranks, at least the adapter's own."""


def lora_problems(settings: LocalSettings) -> list[str]:
    """Why vLLM cannot run the adapter, if it is on this machine; nothing is loaded."""
    place = locate_repo(settings.lora, lora=True) if settings.lora else None
    return _problems(place.path, settings) if place and place.complete and place.path else []


def find_lora(settings: LocalSettings, model_type: str) -> LoraAdapter | None:
    """The adapter of a card, downloaded if need be. Raises ModelError for one that vLLM cannot run whole."""
    if settings.lora is None:
        return _phi4_vision_lora(settings) if model_type == "phi4mm" else None
    folder = locate_repo(settings.lora, lora=True).path
    if folder is None:
        import huggingface_hub

        folder = Path(huggingface_hub.snapshot_download(settings.lora))
    if problems := _problems(folder, settings):
        raise ModelError(problems[0])
    return LoraAdapter(folder, _vllm_rank(folder))


def _phi4_vision_lora(settings: LocalSettings) -> LoraAdapter:
    """The adapter in Phi-4-Multimodal's repository (which was not run here), without which it sees badly."""
    repo = Path(settings.repo).expanduser()
    if not repo.is_dir():
        import huggingface_hub

        options = {"revision": settings.revision, "allow_patterns": ["vision-lora/*"]}
        repo = Path(huggingface_hub.snapshot_download(settings.repo, **options))
    return LoraAdapter(repo / "vision-lora", _vllm_rank(repo / "vision-lora"))


def _vllm_rank(folder: Path) -> int:
    rank = int(_config(folder).get("r", 0))
    return next(allowed for allowed in _RANKS if allowed >= rank)


def _problems(folder: Path, settings: LocalSettings) -> list[str]:
    fix = "merge it into the checkpoint"
    if "transformers" in settings.engines:
        fix = f"take --engine transformers, or {fix}"
    try:
        config, names = _config(folder), _weight_names(folder)
        rank = int(config.get("r", 0))
    except (OSError, ValueError, TypeError, AttributeError, InputError) as error:
        return [f"the adapter {settings.lora} cannot be read: {error}"]

    problems = []
    if rank > _RANKS[-1]:
        problems.append(f"the adapter {settings.lora} has rank {rank}, vllm takes up to {_RANKS[-1]}: {fix}")
    problems += [f"the adapter {settings.lora} {what}, which vllm does not take: {fix}" for what in _beyond(config)]
    if vision := [name for name in names if _VISION_MODULES & set(name.split("."))]:
        problems.append(
            f"the adapter {settings.lora} changes the vision part, e.g. {vision[0]}, which vllm would leave out: {fix}"
        )
    return problems


def _beyond(config: dict[str, Any]) -> Iterator[str]:
    """What an adapter has besides two matrices a module."""
    if config.get("use_dora"):
        yield "is a DoRA adapter (use_dora)"
    if saved := config.get("modules_to_save"):
        yield f"has modules saved whole (modules_to_save: {', '.join(map(str, saved))})"
    if config.get("lora_bias") or config.get("bias", "none") != "none":
        yield "has biases (bias, lora_bias)"


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = read_json(folder / "adapter_config.json")
    return config


def _weight_names(folder: Path) -> list[str]:
    """Names of the adapter's weights, from the headers of its safetensors files; none for files of another format.

    A safetensors file begins with the length of its header in bytes (8, little-endian) and the header, JSON.
    """
    names: set[str] = set()
    for file in folder.glob("adapter_model*.safetensors"):
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > file.stat().st_size:
                raise ValueError(f"{file.name} is no safetensors file")
            names |= parse_json(stream.read(length), f"{file.name}: its header").keys()
    return sorted(names - {"__metadata__"})
