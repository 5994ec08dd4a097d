"""Chat templates of the shape the published checkpoints have: turns, placeholders, default and missing system turns."""

from __future__ import annotations

_PARTS = (
    "{%- for part in message.content -%}"
    "{%- if part.type == 'image' -%}{{ IMAGE }}"
    "{%- elif part.type == 'video' -%}{{ VIDEO }}"
    "{%- elif part.type == 'text' -%}{{ part.text }}{%- endif -%}"
    "{%- endfor -%}"
)
_CHATML = (
    "{%- for message in messages -%}"
    "{%- if loop.first and message.role != 'system' -%}{{ DEFAULT_SYSTEM }}{%- endif -%}"
    "{{- '<|im_start|>' + message.role + '\\n' -}}"
    "{%- if message.content is string -%}{{ message.content }}{%- else -%}" + _PARTS + "{%- endif -%}"
    "{{- '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)


def _chatml(image: str, video: str, system: str = "") -> str:
    turn = f"<|im_start|>system\\n{system}<|im_end|>\\n" if system else ""
    constants = f"{{%- set IMAGE = '{image}' -%}}{{%- set VIDEO = '{video}' -%}}{{%- set DEFAULT_SYSTEM = '{turn}' -%}}"
    return constants + _CHATML


_QWEN_IMAGE, _QWEN_VIDEO = "<|vision_start|><|image_pad|><|vision_end|>", "<|vision_start|><|video_pad|><|vision_end|>"

QWEN2_VL = _chatml(_QWEN_IMAGE, _QWEN_VIDEO, "You are a helpful assistant.")
QWEN3_VL = _chatml(_QWEN_IMAGE, _QWEN_VIDEO)
INTERNVL = _chatml("<IMG_CONTEXT>\\n", "<video>\\n")
VIDEO_LLAMA_3 = _chatml("<|image_pad|>\\n", "<|video_pad|>\\n", "You are a helpful assistant.")

# Images first, then videos, then texts, whatever their order in the message; contents must be lists.
_SORTED_PARTS = (
    "{% for part in message.content | selectattr('type', 'equalto', 'image') %}{{ '<image>\\n' }}{% endfor %}"
    "{% for part in message.content | selectattr('type', 'equalto', 'video') %}{{ '<video>\\n' }}{% endfor %}"
    "{% for part in message.content | selectattr('type', 'equalto', 'text') %}{{ part.text + END }}{% endfor %}"
)
LLAVA_ONEVISION = (
    "{% set END = '' %}{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}"
    + _SORTED_PARTS
    + "{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LLAVA_NEXT_VIDEO = (
    "{% set END = ' ' %}{% for message in messages %}"
    "{% if message.role != 'system' %}{{ message.role.upper() + ': ' }}{% endif %}"
    + _SORTED_PARTS
    + "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)

# The system text goes into the last user turn and must be a string; the template writes the first token itself.
PIXTRAL = (
    "{%- if messages[0].role == 'system' -%}{%- set system = messages[0].content -%}{%- set turns = messages[1:] -%}"
    "{%- else -%}{%- set turns = messages -%}{%- endif -%}"
    "{{- bos_token -}}"
    "{%- for message in turns -%}"
    "{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}"
    "{{- raise_exception('After the optional system message, roles must alternate user/assistant') -}}{%- endif -%}"
    "{%- if message.role == 'user' -%}{{- '[INST]' -}}"
    "{%- if loop.last and system is defined -%}{{- system + '\\n\\n' -}}{%- endif -%}{%- endif -%}"
    "{%- if message.content is string -%}{{- message.content -}}{%- else -%}"
    "{%- for part in message.content -%}"
    "{%- if part.type == 'image' -%}{{- '[IMG]' -}}"
    "{%- elif part.type == 'text' -%}{{- part.text -}}"
    "{%- else -%}{{- raise_exception('Unrecognized content type!') -}}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}"
    "{{- '[/INST]' if message.role == 'user' else eos_token -}}"
    "{%- endfor -%}"
)
PHI4_MULTIMODAL = (
    "{%- for message in messages -%}{{- '<|' + message.role + '|>' -}}"
    "{%- if message.content is string -%}{{- message.content -}}{%- else -%}"
    "{%- for part in message.content -%}"
    "{%- if part.type == 'image' -%}{{- '<|image|>' -}}{%- elif part.type == 'text' -%}{{- part.text -}}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}{{- '<|end|>' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)
