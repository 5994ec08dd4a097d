"""Loading a checkpoint and its processor, from a folder or the hub."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import torch
import transformers

from mabench_eval.engines.local.load_errors import explained_load_errors
from mabench_eval.engines.local.processor import load_processor
from mabench_eval.engines.local.settings import LocalSettings


def load_checkpoint(settings: LocalSettings) -> tuple[Any, Any]:
    """(model, processor), ready to answer. Raises ModelError."""
    common = {"revision": settings.revision, "trust_remote_code": settings.remote_code}
    dtype = "auto" if settings.dtype == "auto" else getattr(torch, settings.dtype)
    with explained_load_errors(settings):
        config, processor = load_processor(settings)
        model = _auto_class(config).from_pretrained(settings.repo, dtype=dtype, **_placement(settings.device), **common)
        if settings.lora:
            model = _merge_lora(model, settings.lora)
        return model.eval(), processor


def _auto_class(config: Any) -> Any:
    """The auto class that knows a checkpoint: most that look are image-text-to-text, Phi-4 and text models causal."""
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
    """The model with a LoRA adapter merged into its weights. Raises ValueError for one that does not fit whole.

    Whole: its tensors are, by name, those that peft would save of the model so adapted: of all modules that the
    configuration names, with DoRA's magnitudes, biases and modules saved whole. peft itself drops what no module takes,
    and leaves at random, or as it was, what is not there; with a warning at most.
    """
    import peft
    from peft.utils import SAFETENSORS_WEIGHTS_NAME
    from safetensors import safe_open
    from transformers.utils import cached_file

    lacks = f"adapter {lora} lacks what its adapter_config.json names, e.g."
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found missing adapter keys")  # told below, as an error
        try:
            adapted = peft.PeftModel.from_pretrained(model, lora)
        except KeyError as error:  # of a module that is saved whole
            raise ValueError(f"{lacks} {error.args[0]}") from error
    with safe_open(str(cached_file(lora, SAFETENSORS_WEIGHTS_NAME)), framework="pt") as file:
        given = set(file.keys())
    named = peft.get_peft_model_state_dict(adapted, save_embedding_layers=False).keys()
    if missing := sorted(named - given):
        raise ValueError(f"{lacks} {missing[0]}")
    # Embeddings may come along, under the names that the adapted model has for them.
    if unknown := sorted(given - named - adapted.state_dict().keys()):
        raise ValueError(f"adapter {lora}: {len(unknown)} of its tensors are not in the model, e.g. {unknown[0]}")
    return adapted.merge_and_unload()
