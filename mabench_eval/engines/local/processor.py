"""All of a checkpoint but its weights: configuration, processor, and whether they can be asked without frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mabench_eval.engines.family_prompts import TAGS, user_message
from mabench_eval.engines.local.chat_template import template_of
from mabench_eval.engines.local.conversation import needs_special_tokens
from mabench_eval.engines.local.load_errors import explained_load_errors
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import ModelError
from mabench_eval.types import Request


def load_processor(settings: LocalSettings, *, or_tokenizer: bool = False) -> tuple[Any, Any]:
    """(configuration, processor) from a folder or the hub; of a model that reads text alone its tokenizer.

    ``or_tokenizer``: the tokenizer also where the processor cannot be had, for an engine that has its own. Raises what
    transformers raises.
    """
    import transformers

    common: dict[str, Any] = {"revision": settings.revision, "trust_remote_code": settings.remote_code}
    config = transformers.AutoConfig.from_pretrained(settings.repo, **common)
    try:
        return config, transformers.AutoProcessor.from_pretrained(settings.repo, **common)
    except (OSError, ValueError, ImportError):
        if not or_tokenizer:
            raise
        return config, transformers.AutoTokenizer.from_pretrained(settings.repo, **common)


def context_of(config: Any) -> int | None:
    """Tokens that a checkpoint can read, by its configuration; None where that does not say."""
    length: int | None = getattr(config.get_text_config(), "max_position_embeddings", None)
    return length


def text_problems(settings: LocalSettings, requests: Sequence[Request], *, or_tokenizer: bool) -> list[str]:
    """Why the checkpoint could not answer these requests without frames, a line each; its weights are not loaded.

    ``or_tokenizer``: as ``load_processor`` has it.
    """
    try:
        with explained_load_errors(settings):
            config, processor = load_processor(settings, or_tokenizer=or_tokenizer)
            template, tokenizer = template_of(processor, settings.repo), getattr(processor, "tokenizer", processor)
            if config.model_type in TAGS:  # whose turns are written by code of their own, in few tokens more
                texts = [user_message(config.model_type, request, ()) for request in requests]
            else:
                texts = [template.prompt(request, ()) for request in requests]
            special = [needs_special_tokens(text, tokenizer) for text in texts]
            lengths = [
                len(tokenizer(text, add_special_tokens=add)["input_ids"])
                for text, add in zip(texts, special, strict=True)
            ]
    except ModelError as error:
        return [f"{error.message}: {error.hint}" if error.hint else error.message]

    known = (settings.max_model_len, settings.context, context_of(config))
    context = min((tokens for tokens in known if tokens), default=None)
    return [
        f"{settings.repo} reads {context:,} tokens; {request.task} takes {length:,} of prompt and "
        f"{request.max_tokens:,} of answer: take a model that reads more"
        for request, length in zip(requests, lengths, strict=True)
        if context is not None and length + request.max_tokens > context
    ]
