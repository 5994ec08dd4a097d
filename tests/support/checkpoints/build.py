"""Fills a family's model with random weights and saves it with its processor."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .families import FAMILIES
from .kit import HEAD, Shape
from .text_models import text_model

GAIN = 2.5
"""Spread of a weight over one that keeps the size of its input. At 1 every greedy answer is one repeated token."""
SPEED: Mapping[str, int] = MappingProxyType({"layers": 4, "width": 256, "image_size": 512, "context": 16384})
"""A shape in which eight frames of 512 pixels are 1,000 tokens and more and take most of the time."""


def build(
    family: str,
    folder: Path,
    *,
    layers: int = 2,
    seed: int = 0,
    width: int = 64,
    image_size: int = 112,
    context: int = 8192,
) -> Path:
    """Write a whole checkpoint: config, weights, tokenizer, chat template, processors.

    Args:
        family: A name in ``FAMILIES``, or in ``TEMPLATES`` for a model that reads text alone.
        folder: Made if missing; returned.
        layers: Of the language model and of the vision tower, each; 2 or more.
        seed: The same seed gives the same bytes.
        width: Of both, a multiple of 64.
        image_size: Pixels; see ``Shape``.
        context: Positions of the language model, tokens.

    Raises:
        KeyError: No such family.
        ValueError: A width that does not divide into pairs of heads, or too few layers.
    """
    if width % (2 * HEAD) or layers < 2:
        raise ValueError(f"width {width} must be a multiple of {2 * HEAD} and layers {layers} at least 2")
    torch, hf = importlib.import_module("torch"), importlib.import_module("transformers")
    known, shape = FAMILIES.get(family), Shape(layers, width, image_size, context)
    parts = known.make(hf, shape) if known else text_model(hf, shape, family)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = parts.model_class(parts.config).float()
        _fill(torch, model, getattr(parts.processor, "tokenizer", parts.processor))
    model.generation_config.update(**parts.generation)
    model.save_pretrained(folder)
    parts.processor.save_pretrained(folder)
    if known and known.published_names:
        _rename(folder / "model.safetensors", known.published_names)
    return folder


def _fill(torch: Any, model: Any, tokenizer: Any) -> None:
    """Matrices and kernels at random, by the size of their input; vectors as the family starts them."""
    with torch.no_grad():
        for _, weight in sorted(model.named_parameters()):
            if weight.ndim > 1:
                inputs = weight.numel() // weight.shape[0]
                weight.normal_(0, GAIN / inputs**0.5)
        # An answer is made of trained entries and ends: no placeholder of a picture stands in it.
        silent = set(tokenizer.all_special_ids) - {tokenizer.eos_token_id}
        output = model.get_output_embeddings().weight
        output[sorted({*silent, *range(len(tokenizer), len(output))})] = 0


def _rename(file: Path, renames: Mapping[str, str]) -> None:
    safetensors: Any = importlib.import_module("safetensors.torch")
    weights = safetensors.load_file(file)
    for old, new in renames.items():
        weights = {new + name.removeprefix(old) if name.startswith(old) else name: it for name, it in weights.items()}
    safetensors.save_file(weights, file, {"format": "pt"})
