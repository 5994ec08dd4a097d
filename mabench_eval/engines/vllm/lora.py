"""LoRA adapters: where they are, their rank, and what of them vLLM would leave out without a word."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mabench_eval.engines.local.hub import resolve
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import ModelError

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM has room for; an adapter of another rank takes the next."""

_SEEING = frozenset(
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
"""Names, in the paths of weights, of what sees and of what hands it to the language model."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter on this machine."""

    folder: Path
    rank: int
    """Room that its weights need, one of vLLM's ranks."""


def adapter_problems(settings: LocalSettings) -> list[str]:
    """Why vLLM cannot run the adapter, as far as it is on this machine; nothing is loaded."""
    place = resolve(settings.lora, adapter=True) if settings.lora else None
    return _problems(place.path, settings) if place and place.complete and place.path else []


def find_adapter(settings: LocalSettings, model_type: str) -> Adapter | None:
    """The adapter of a card, downloaded where need be. Raises ModelError for one that vLLM cannot run whole."""
    if settings.lora is None:
        return _own(settings) if model_type == "phi4mm" else None
    folder = resolve(settings.lora, adapter=True).path
    if folder is None:
        import huggingface_hub

        folder = Path(huggingface_hub.snapshot_download(settings.lora))
    if problems := _problems(folder, settings):
        raise ModelError(problems[0])
    return Adapter(folder, _room(folder))


def _own(settings: LocalSettings) -> Adapter:
    """The adapter that Phi-4-Multimodal brings along, without which it sees badly. Its repository was not run here."""
    folder = Path(settings.repo).expanduser()
    if not folder.is_dir():
        import huggingface_hub

        own = {"revision": settings.revision, "allow_patterns": ["vision-lora/*"]}
        folder = Path(huggingface_hub.snapshot_download(settings.repo, **own))
    return Adapter(folder / "vision-lora", _room(folder / "vision-lora"))


def _room(folder: Path) -> int:
    """The rank to make room for."""
    rank = int(_config(folder).get("r", 0))
    return next(room for room in _RANKS if room >= rank)


def _problems(folder: Path, settings: LocalSettings) -> list[str]:
    way_on = "merge it into the checkpoint"
    if "transformers" in settings.engines:
        way_on = f"take --engine transformers, or {way_on}"
    try:
        rank, names = int(_config(folder).get("r", 0)), _names(folder)
    except (OSError, ValueError) as error:
        return [f"the adapter {settings.lora} cannot be read: {error}"]
    seeing = [name for name in names if _SEEING & set(name.split("."))]
    found = []
    if rank > _RANKS[-1]:
        found.append(f"the adapter {settings.lora} has rank {rank}, vllm takes up to {_RANKS[-1]}: {way_on}")
    if seeing:
        found.append(
            f"the adapter {settings.lora} changes what sees, e.g. {seeing[0]}, which vllm would leave out: {way_on}"
        )
    return found


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "adapter_config.json").read_bytes())
    return config


def _names(folder: Path) -> list[str]:
    """Names of the adapter's weights, from the headers of its files; none for files of another format.

    A safetensors file begins with the length of its header in bytes (8, little-endian) and the header, JSON.
    """
    names: set[str] = set()
    for file in folder.glob("adapter_model*.safetensors"):
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > file.stat().st_size:
                raise ValueError(f"{file.name} is no safetensors file")
            names |= json.loads(stream.read(length)).keys()
    return sorted(names - {"__metadata__"})
