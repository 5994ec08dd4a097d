"""LoRA adapters in vLLM: where they are, their rank, and what of them it does not take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.engines.local.hub import locate_repo
from mabench_eval.engines.local.lora import LoraFacts, lora_problems, read_lora
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm import versions
from mabench_eval.errors import ModelError

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM can be started for; an adapter of another rank needs the next."""
_PLAIN_STARTS = ("gaussian", "eva", "orthogonal", "mica", "lora_ga")
"""Values of ``init_lora_weights`` after which the base's weights are its own; others change them."""


@dataclass(frozen=True, slots=True)
class LoraAdapter:
    """A LoRA adapter on this machine."""

    folder: Path
    rank: int
    """One of vLLM's ranks, at least the adapter's own."""


def find_lora(settings: LocalSettings, model_type: str) -> LoraAdapter | None:
    """The adapter of a card, downloaded if need be. Raises ModelError for one that vLLM cannot run whole."""
    if settings.lora is None:
        return _phi4_vision_lora(settings) if model_type == "phi4mm" else None
    folder = locate_repo(settings.lora, lora=True).path
    if folder is None:
        import huggingface_hub

        folder = Path(huggingface_hub.snapshot_download(settings.lora))
    if problems := lora_problems(settings, "vllm", beyond_vllm, folder):
        raise ModelError(problems[0])
    return LoraAdapter(folder, _vllm_rank(folder))


def beyond_vllm(facts: LoraFacts) -> Iterator[str]:
    """What of an adapter vLLM refuses once it has started, or leaves out without a word."""
    yield from facts.beyond_matrices()
    if facts.rank > _RANKS[-1]:
        yield f"has rank {facts.rank}, above {_RANKS[-1]}"
    for name in ("rank_pattern", "alpha_pattern"):
        if facts.config.get(name) and name not in versions.lora_fields():
            yield f"has modules of other ranks or scales ({name})"
    start = facts.config.get("init_lora_weights", True)
    if isinstance(start, str) and start.casefold() not in _PLAIN_STARTS:
        yield f"was begun by changing the base's weights (init_lora_weights: {start})"
    for name in ("alora_invocation_tokens", "layer_replication", "use_bdlora", "use_qalora"):
        if facts.config.get(name):
            yield f"is of another kind ({name})"
    if facts.vision:
        yield f"changes the vision part, e.g. {facts.vision}"


def _phi4_vision_lora(settings: LocalSettings) -> LoraAdapter:
    """The adapter in Phi-4-Multimodal's repository (which was not run here), without which it sees badly."""
    repo = Path(settings.repo).expanduser()
    if not repo.is_dir():
        import huggingface_hub

        options = {"revision": settings.revision, "allow_patterns": ["vision-lora/*"]}
        repo = Path(huggingface_hub.snapshot_download(settings.repo, **options))
    return LoraAdapter(repo / "vision-lora", _vllm_rank(repo / "vision-lora"))


def _vllm_rank(folder: Path) -> int:
    return next(allowed for allowed in _RANKS if allowed >= read_lora(folder).rank)
