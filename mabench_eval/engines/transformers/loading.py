"""Loading a checkpoint and its processor, from a folder or the hub."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
import transformers

from mabench_eval.engines.local.load_errors import explained_load_errors
from mabench_eval.engines.local.settings import LocalSettings


def load_checkpoint(settings: LocalSettings) -> tuple[Any, Any]:
    """(model, processor), ready to answer. Raises ModelError."""
    common = {"revision": settings.revision, "trust_remote_code": settings.remote_code}
    dtype = "auto" if settings.dtype == "auto" else getattr(torch, settings.dtype)
    with explained_load_errors(settings):
        processor = transformers.AutoProcessor.from_pretrained(settings.repo, **common)
        model = _auto_class(settings, common).from_pretrained(
            settings.repo, dtype=dtype, **_placement(settings.device), **common
        )
        if settings.lora:
            model = _merge_lora(model, settings.lora)
        return model.eval(), processor


def _auto_class(settings: LocalSettings, common: dict[str, Any]) -> Any:
    """The auto class that knows the checkpoint: most are image-text-to-text, Phi-4 is a causal language model."""
    config = transformers.AutoConfig.from_pretrained(settings.repo, **common)
    known = type(config) in transformers.AutoModelForImageTextToText._model_mapping
    return transformers.AutoModelForImageTextToText if known else transformers.AutoModelForCausalLM


def _placement(device: str) -> dict[str, Any]:
    """``device_map``: accelerate places the layers where there is a GPU; without either all stays on the CPU."""
    if not importlib.util.find_spec("accelerate"):
        return {}
    if device != "auto":
        return {"device_map": {"": device}}
    return {"device_map": "auto"} if torch.cuda.is_available() else {}


def _merge_lora(model: Any, lora: str) -> Any:
    """The model with a LoRA adapter merged into its weights. Raises ValueError for one that does not fit whole."""
    import peft
    from peft.utils import SAFETENSORS_WEIGHTS_NAME
    from safetensors import safe_open
    from transformers.utils import cached_file

    # peft drops weights that no module of the model takes, with a warning at most.
    adapted = peft.PeftModel.from_pretrained(model, lora)
    with safe_open(str(cached_file(lora, SAFETENSORS_WEIGHTS_NAME)), framework="pt") as file:
        given = {name.rsplit(".lora_", 1)[0] for name in file.keys() if ".lora_" in name}  # noqa: SIM118 - no mapping
    loaded = {name.rsplit(".lora_", 1)[0] for name, _ in adapted.named_parameters() if ".lora_" in name}
    if missing := sorted(given - loaded):
        raise ValueError(f"adapter {lora}: {len(missing)} of its modules are not in the model, e.g. {missing[0]}")
    return adapted.merge_and_unload()
