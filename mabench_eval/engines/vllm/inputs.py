"""Clips and requests as vLLM takes them: token ids with placeholders, frames under the hash of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mabench_eval.engines.family_prompts import TAGS, user_message
from mabench_eval.engines.local.conversation import fill_frames, needs_special_tokens, prompt_text, strip_video_marks
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm.versions import replaces_bare_video_token
from mabench_eval.types import Frames, Request


@dataclass(frozen=True, slots=True)
class Media:
    """What is shown with a question."""

    kinds: tuple[str, ...] = ()
    """The type of each medium, ``video`` or ``image``, in order."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """``multi_modal_data`` and ``multi_modal_uuids`` of a prompt; empty when nothing is shown."""


class Prompts:
    """Requests as prompts in the chat template and tokens of one checkpoint."""

    def __init__(
        self,
        processor: Any,
        settings: LocalSettings,
        model_type: str,
        conversation: Callable[[str], str] | None = None,
    ) -> None:
        """``conversation``: the repository's own writer of a prompt, of a family that has one."""
        self._processor, self._settings, self._conversation = processor, settings, conversation
        self._tokenizer = getattr(processor, "tokenizer", processor)
        self._family = model_type
        self._bare_video_token = replaces_bare_video_token(processor)

    def media(self, frames: Frames | None) -> Media:
        """The frames of a clip, as one video with its times or as images; made once for all questions of the clip.

        The id of a medium is the hash of its content: vLLM takes media of one id for the same, without looking.
        """
        if frames is None:
            return Media()
        if self._settings.input == "video":
            frames = fill_frames(frames, self._processor)
            video = (_plain_array(frames), video_metadata(frames))
            ids = [_content_hash(frames.pixels, video[1])]
            return Media(("video",), {"multi_modal_data": {"video": [video]}, "multi_modal_uuids": {"video": ids}})
        from PIL import Image

        images = [Image.fromarray(pixels) for pixels in frames.pixels]
        ids = [_content_hash(pixels, {}) for pixels in frames.pixels]
        kinds = ("image",) * len(images)
        return Media(kinds, {"multi_modal_data": {"image": images}, "multi_modal_uuids": {"image": ids}})

    def prompt(self, request: Request, media: Media) -> dict[str, Any]:
        """The prompt of a request. Raises what templates raise, and ValueError where placeholders and media differ."""
        text = self._text(request, media.kinds)
        if self._bare_video_token:
            text = strip_video_marks(text, self._processor)

        # A placeholder in a question's own words would bring vLLM down.
        for kind in ("video", "image"):
            mark, count = getattr(self._processor, f"{kind}_token", None), media.kinds.count(kind)
            if mark and text.count(mark) != count:
                raise ValueError(f"the prompt holds {text.count(mark)} placeholders {mark!r} for {count} media")

        ids = self._tokenizer(text, add_special_tokens=needs_special_tokens(text, self._tokenizer))["input_ids"]
        return {"prompt_token_ids": ids, **media.parts}

    def token_ids(self, text: str) -> list[int]:
        """Token ids of an option, without special tokens."""
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def processor_settings(self) -> dict[str, Any]:
        """Settings of the processor for the whole run: the card's; InternVL gets each frame as one tile."""
        tiles = hasattr(getattr(self._processor, "image_processor", None), "crop_to_patches")
        one_tile = {"crop_to_patches": False} if tiles and self._settings.input == "images" else {}
        return {**one_tile, **self._settings.processor}

    def _text(self, request: Request, media: Sequence[str]) -> str:
        """The prompt as text: of a family with code of its own in the form that its repository publishes."""
        if self._family not in TAGS:
            return prompt_text(request, media, self._render)
        message = user_message(self._family, request, media)
        return (
            self._conversation(message) if self._conversation else self._render([{"role": "user", "content": message}])
        )

    def _render(self, messages: list[dict[str, Any]]) -> str:
        template = getattr(self._processor, "chat_template", None) or self._tokenizer.chat_template
        text: str = self._processor.apply_chat_template(
            messages, chat_template=template, add_generation_prompt=True, tokenize=False
        )
        return text


def video_metadata(frames: Frames) -> dict[str, Any]:
    """Where the frames stand in their clip, as vLLM takes it."""
    return {
        "total_num_frames": frames.total,
        "fps": frames.fps,
        "duration": frames.total / frames.fps,
        "frames_indices": list(frames.places),
        "video_backend": "opencv",
        "do_sample_frames": False,
    }


def _plain_array(frames: Frames) -> Any:
    """The pixels, copied where need be: torch takes no array that is read-only or has negative strides."""
    flags = frames.pixels.flags
    return frames.pixels if flags.writeable and flags.c_contiguous else frames.pixels.copy()


def _content_hash(pixels: Any, metadata: Mapping[str, Any]) -> str:
    """sha256 of pixels, their shape, and all else that the features and their placeholders depend on."""
    digest = hashlib.sha256(json.dumps([pixels.shape, dict(metadata)]).encode())
    digest.update(pixels if pixels.flags.c_contiguous else pixels.tobytes())
    return digest.hexdigest()
