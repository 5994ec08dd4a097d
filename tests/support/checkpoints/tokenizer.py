"""Byte-level BPE tokenizers trained in process, with a family's special tokens."""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

MERGED_VOCABULARY = 700
"""Entries before the special tokens: 256 bytes and the merges of the words below."""

WORDS = ("shaking", "nodding", "turning", "head", "body", "hand", "leg", "left", "right", "upward", "downward", "video")
CORPUS = (
    "Which micro-action does the person in the video perform? Answer with the option's letter.",
    "A. Body\nB. Head\nC. Upper limb\nD. Lower limb\nE. Body-hand\nF. Head-hand\nG. Leg-hand",
    "You are a helpful assistant. Describe the motion of the body part, then give your reasons.",
    "<0.1 seconds> Time 1.5s: Frame1: Frame8: 0 1 2 3 4 5 6 7 8 9",
    *(["Yes", "No", "Yes No yes no"] * 20),  # one token each: more frequent than any other pair
    *(f"the {left} {right} is {left}, {right} and {left}" for left in WORDS for right in WORDS),
)


def train(
    hf: Any,
    special: Sequence[str],
    *,
    eos: str,
    pad: str,
    bos: str | None = None,
    named: Mapping[str, str],
    context: int,
) -> Any:
    """A fast tokenizer of ``transformers``.

    Args:
        hf: The ``transformers`` module.
        special: Tokens never split, in the order of their ids, which follow the trained entries.
        eos: Ends an answer.
        pad: Fills a batch.
        bos: Put before every text, as Llama's and Mistral's tokenizers do; None for the Qwen class, which has none.
        named: Attributes the family's processor reads off its tokenizer, e.g. ``{"image_token": "<image>"}``.
        context: ``model_max_length``, tokens.
    """
    bpe = _trained()
    if bos is None:
        tokenizer = _qwen2(hf, bpe, eos_token=eos, pad_token=pad, unk_token=pad)
    else:
        # the processors of transformers 4 take no other class than the family's own (LLaVA, Pixtral; Phi-4)
        own = hf.LlamaTokenizerFast if bos == "<s>" else hf.GPT2TokenizerFast
        chosen = own if is_four(hf) else hf.PreTrainedTokenizerFast
        tokenizer = chosen(tokenizer_object=bpe, bos_token=bos, eos_token=eos, pad_token=pad)
    tokenizer.add_special_tokens({"additional_special_tokens": list(special)})
    if bos is not None:
        begin = importlib.import_module("tokenizers").processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokenizer.bos_token_id)]
        )
        tokenizer.backend_tokenizer.post_processor = begin
    tokenizer.model_max_length = context
    if named:
        tokenizer._set_model_specific_special_tokens(dict(named))
        tokenizer.init_kwargs.update(named)
        if is_four(hf):
            tokenizer.extra_special_tokens = dict(named)
    return tokenizer


def is_four(hf: Any) -> bool:
    """Whether this is transformers 4, whose tokenizers, processors and configurations are made otherwise."""
    return str(hf.__version__).startswith("4.")


def _qwen2(hf: Any, bpe: Any, **tokens: str) -> Any:
    """Qwen's class, which brings normalization and pre-tokenization of its own; transformers 4 takes files alone."""
    if is_four(hf):
        with tempfile.TemporaryDirectory() as folder:
            vocabulary_file, merges_file = bpe.model.save(folder)
            return hf.Qwen2TokenizerFast(vocabulary_file, merges_file, **tokens)
    model = json.loads(bpe.to_str())["model"]
    vocabulary, merges = model["vocab"], [tuple(merge) for merge in model["merges"]]
    return hf.Qwen2Tokenizer(vocab=vocabulary, merges=merges, **tokens)


def _trained() -> Any:
    hf: Any = importlib.import_module("tokenizers")
    bpe = hf.Tokenizer(hf.models.BPE())
    bpe.pre_tokenizer = hf.pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = hf.decoders.ByteLevel()
    alphabet = hf.pre_tokenizers.ByteLevel.alphabet()
    trainer = hf.trainers.BpeTrainer(
        vocab_size=MERGED_VOCABULARY, initial_alphabet=sorted(alphabet), show_progress=False
    )
    bpe.train_from_iterator(CORPUS, trainer)
    return bpe
