"""Language models that read text alone, with the three forms of chat template that published ones have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .kit import Kit, Parts, Shape

# ChatML, as SmolLM2 and Qwen2 have it: of a list of parts Jinja raises a TypeError.
PLAIN = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# Llama 3's: the filter makes a text of whatever it gets, of a list its Python form. The first token is written too.
LLAMA_3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' "
    "+ message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
# As text parts of models that look: a text is gone through letter by letter, and nothing of it is written.
PARTS = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{{ '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
TEMPLATES: Mapping[str, str] = MappingProxyType({"plain": PLAIN, "llama-3": LLAMA_3, "parts": PARTS})


def text_model(hf: Any, shape: Shape, form: str) -> Parts:
    """A Llama of the form's template; its tokenizer stands where others have a processor."""
    if form == "llama-3":
        special = ("<|start_header_id|>", "<|end_header_id|>")
        kit = Kit(hf, shape, special, eos="<|eot_id|>", pad="<|end_of_text|>", bos="<|begin_of_text|>")
    else:
        kit = Kit(hf, shape, ("<|im_start|>",), eos="<|im_end|>", pad="<|endoftext|>")
    kit.tokenizer.chat_template = TEMPLATES[form]
    return Parts(hf.LlamaForCausalLM, hf.LlamaConfig(**kit.text()), kit.tokenizer, kit.generation)
