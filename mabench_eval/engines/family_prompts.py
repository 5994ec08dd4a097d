"""How the families whose own code runs them ask about frames: one writer for every engine that runs such a model.

All words of a question are one user message: the frames' tags, then the task, its examples and the question. The system
message is the family's own, where its code writes one. That is how their repositories publish it:

- InternVL2 and 2.5 (``chat`` in modeling_internvl_chat.py; the card's video example): ``Frame1: <image>`` and so on, a
  line each, in the conversation of ``conversation.py``, which has a system message of its own.
- H2OVL Mississippi (the same ``chat``; the card's example of two images): ``Image-1: <image>``, a line each; one image
  without a number. Its conversation has no system message. (VLMEvalKit has ``<image-1>: <image>``, in one line.)
- Phi-3.5-Vision (the card): ``<|image_1|>``, a line each. Phi-4-Multimodal (the card): the same in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mabench_eval.types import Request, one_text

TAGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "internvl_chat": {"image": "Frame{number}: <image>\n", "video": "<video>\n"},
        "h2ovl_chat": {"image": "Image-{number}: <image>\n", "one image": "<image>\n"},
        "phi3_v": {"image": "<|image_{number}|>\n"},
        "phi4mm": {"image": "<|image_{number}|>"},
    }
)
"""``model_type`` -> how a medium is announced, ``number`` counted from 1. ``<video>`` is vLLM's: it writes frames of it
as ``chat`` would."""
MARKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "internvl_chat": ("<image>", "<video>", "<IMG_CONTEXT>"),
        "h2ovl_chat": ("<image>", "<IMG_CONTEXT>"),
        "phi3_v": ("<|image_",),
        "phi4mm": ("<|image_", "<|endoftext10|>"),
    }
)
"""What a family's code takes for a picture wherever it stands."""
CONVERSATIONS = ("internvl_chat", "h2ovl_chat")
"""Families whose repository writes the turns by code, ``conversation.py``; the others have a chat template."""


def user_message(family: str, request: Request, media: Sequence[str]) -> str:
    """The user's message in the form of a family of ``TAGS``.

    ``media``: the type of each, ``video`` or ``image``, in order. Raises ValueError where a question's own words hold
    what the family's code would take for a picture.
    """
    words = one_text(request)
    if found := [mark for mark in MARKS[family] if mark in words]:
        raise ValueError(f"the question holds {found[0]!r}, which the model's code takes for a picture")
    tags = TAGS[family]
    if list(media) == ["image"] and "one image" in tags:
        return tags["one image"] + words
    return "".join(tags[kind].format(number=number) for number, kind in enumerate(media, 1)) + words


def conversation_writer(config: Any, repo: str, revision: str | None) -> Callable[[str], str] | None:
    """The repository's own writer of a conversation: from a user's message to the prompt. None: it has a template.

    ``config``: the checkpoint's, of transformers, so that its code is allowed. It is the code that ``chat`` goes by.
    Raises what transformers raises where the file is missing.
    """
    if config.model_type not in CONVERSATIONS:
        return None
    from transformers.dynamic_module_utils import get_class_from_dynamic_module

    template_of = get_class_from_dynamic_module("conversation.get_conv_template", repo, revision=revision)

    def written(message: str) -> str:
        conversation = template_of(config.template)
        user, model = conversation.roles
        conversation.append_message(user, message)
        conversation.append_message(model, None)
        return str(conversation.get_prompt())

    return written
