"""What a family's maker is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .tokenizer import train

HEAD = 32
"""Width of an attention head; vLLM's attention on a CPU takes no less."""


@dataclass(frozen=True)
class Shape:
    """The size of a checkpoint."""

    layers: int
    """Layers of the language model and of the vision tower, each."""
    width: int
    """Width of both, a multiple of 32."""
    image_size: int
    """Pixels. The side a tower of fixed resolution sees; else a picture has at most this number squared."""
    context: int
    """Positions of the language model, tokens."""

    @property
    def heads(self) -> int:
        return self.width // HEAD

    def side(self, unit: int) -> int:
        """``image_size`` rounded down to whole units of ``unit`` pixels, at least one."""
        return max(1, self.image_size // unit) * unit


@dataclass(frozen=True)
class Parts:
    """A checkpoint before it is filled and saved."""

    model_class: Any
    config: Any
    processor: Any
    generation: Mapping[str, Any]
    """``generation_config.json`` as published."""


class Kit:
    """A family's tokenizer, the shape wanted and the blocks that families share."""

    def __init__(
        self,
        hf: Any,
        shape: Shape,
        special: Sequence[str],
        *,
        eos: str,
        pad: str,
        bos: str | None = None,
        **named: str,
    ) -> None:
        self.hf = hf
        self.shape = shape
        tokens = dict.fromkeys([pad, eos, *([bos] if bos else []), *special])
        self.tokenizer = train(hf, list(tokens), eos=eos, pad=pad, bos=bos, named=named, context=shape.context)
        self.generation: dict[str, Any] = {
            # Where a pad ends a text too, published generation configs name both.
            "eos_token_id": [self.id(eos), self.id(pad)] if pad == "<|endoftext|>" else self.id(eos),
            "pad_token_id": self.id(pad),
        }

    def id(self, token: str) -> int:
        number: int = self.tokenizer.convert_tokens_to_ids(token)
        return number

    @property
    def vocabulary(self) -> int:
        """Rows of the embedding: the tokens, filled up to a multiple of 64 as published checkpoints are."""
        return -(-len(self.tokenizer) // 64) * 64

    def text(self, **more: Any) -> dict[str, Any]:
        """Settings of the language model."""
        return {
            "vocab_size": self.vocabulary,
            "hidden_size": self.shape.width,
            "intermediate_size": 2 * self.shape.width,
            "num_hidden_layers": self.shape.layers,
            "num_attention_heads": self.shape.heads,
            "num_key_value_heads": max(1, self.shape.heads // 2),
            "max_position_embeddings": self.shape.context,
            "tie_word_embeddings": False,
            "eos_token_id": self.tokenizer.eos_token_id,
            "pad_token_id": self.tokenizer.pad_token_id,
            "bos_token_id": self.tokenizer.bos_token_id,
            **more,
        }

    def tower(self, **more: Any) -> dict[str, Any]:
        """Settings of a vision tower."""
        return {
            "hidden_size": self.shape.width,
            "intermediate_size": 2 * self.shape.width,
            "num_hidden_layers": self.shape.layers,
            "num_attention_heads": self.shape.heads,
            **more,
        }
