"""Requests as token ids: the prefix that questions of a clip share, and the suffix of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import torch

from mabench_eval.engines.local.chat_template import NO_MEDIUM_HINT, template_of
from mabench_eval.engines.local.conversation import fill_frames, needs_special_tokens, strip_video_marks
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import ModelError
from mabench_eval.types import ClipWork, Frames, Request


@dataclass(frozen=True, slots=True)
class PromptGroup:
    """Requests on one clip whose prompts are the same up to the end of the frames."""

    prefix: Any
    """The processor's tensors for the shared beginning, frames included; a batch of one."""
    suffixes: tuple[list[int], ...]
    """Token ids of the rest, one list for each request."""
    requests: tuple[Request, ...]


class Prompts:
    """Requests as prompts in the chat template and tokens of one checkpoint."""

    def __init__(self, processor: Any, settings: LocalSettings) -> None:
        self._processor, self._settings = processor, settings
        self._tokenizer = getattr(processor, "tokenizer", processor)
        self._template = template_of(processor, settings.repo)
        self._medium = "video" if settings.input == "video" else "image"

    def groups(self, work: ClipWork) -> list[PromptGroup]:
        """The requests of a clip, those of one prefix together. The frames are processed once per group.

        Raises ModelError for frames of a model that takes none, ValueError for prompts that cannot be cut after the
        frames, and what templates and processors raise.
        """
        texts = [self.text(request, work.frames) for request in work.requests]
        if work.frames is None:
            return self._groups_of_text(texts, work.requests)

        placeholder = getattr(self._processor, f"{self._medium}_token", None)
        if placeholder is None:
            raise ModelError(f"{self._settings.repo} takes no {self._medium}", hint=NO_MEDIUM_HINT)
        media = 1 if self._medium == "video" else len(work.frames.pixels)
        cuts = [_end_of_media(text, placeholder, media) for text in texts]
        prefixes = [text[:cut] for text, cut in zip(texts, cuts, strict=True)]
        groups = []
        for prefix in dict.fromkeys(prefixes):
            members = [number for number, other in enumerate(prefixes) if other == prefix]
            suffixes = tuple(self._suffix(prefix, texts[number]) for number in members)
            requests = tuple(work.requests[number] for number in members)
            groups.append(PromptGroup(self._inputs(prefix, work.frames), suffixes, requests))
        return groups

    def _groups_of_text(self, texts: Sequence[str], requests: Sequence[Request]) -> list[PromptGroup]:
        """Requests without frames, those that begin with one token together.

        The prefix is at least that token, and every request has at least one of its own left.
        """
        prompts = [self._prompt_ids(text) for text in texts]
        groups = []
        for first in dict.fromkeys(ids[0] for ids in prompts):
            members = [number for number, ids in enumerate(prompts) if ids[0] == first]
            columns = zip(*(prompts[number] for number in members), strict=False)
            common = sum(1 for _ in takewhile(lambda tokens: len(set(tokens)) == 1, columns))
            cut = min(common, *(len(prompts[number]) - 1 for number in members))

            ids = torch.tensor([prompts[members[0]][:cut]])
            prefix = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
            suffixes = tuple(prompts[number][cut:] for number in members)
            groups.append(PromptGroup(prefix, suffixes, tuple(requests[number] for number in members)))
        return groups

    def text(self, request: Request, frames: Frames | None) -> str:
        """The prompt as the chat template writes it."""
        media: Sequence[str] = ()
        if frames is not None:
            media = [self._medium] * (1 if self._medium == "video" else len(frames.pixels))
        return strip_video_marks(self._template.prompt(request, media), self._processor)

    def unexpanded_length(self, text: str) -> int:
        """Tokens of a prompt in which each medium is still a single placeholder."""
        return len(self._prompt_ids(text))

    def token_ids(self, text: str) -> list[int]:
        """Token ids of an option, without special tokens."""
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of an answer."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text.rstrip("\N{REPLACEMENT CHARACTER}").strip()  # the first bytes of a character that was cut off

    def _inputs(self, text: str, frames: Frames | None) -> Any:
        """The processor's tensors for a text and its frames."""
        special = needs_special_tokens(text, self._tokenizer)
        arguments: dict[str, Any] = {"text": [text], "return_tensors": "pt", "add_special_tokens": special}
        if frames is not None and self._medium == "video":
            frames = fill_frames(frames, self._processor)
            arguments |= {
                "videos": [frames.pixels.copy()],
                "video_metadata": [video_metadata(frames)],
                "do_sample_frames": False,
            }
        elif frames is not None:
            arguments["images"] = [list(frames.pixels)]
            if hasattr(getattr(self._processor, "image_processor", None), "crop_to_patches"):
                arguments["crop_to_patches"] = False  # InternVL: one tile a frame, as it sees video
        return self._processor(**arguments, **self._settings.processor)

    def _suffix(self, prefix: str, text: str) -> list[int]:
        """Token ids after the prefix. It ends with a special token, so no token can extend over its end."""
        # Whether special tokens are added is decided by the whole prompt for both.
        special = needs_special_tokens(text, self._tokenizer)
        ids: list[int] = self._tokenizer(text, add_special_tokens=special)["input_ids"]
        prefix_ids: list[int] = self._tokenizer(prefix, add_special_tokens=special)["input_ids"]
        if ids[: len(prefix_ids)] != prefix_ids:
            raise ValueError("the prompt's tokens do not begin with those of its shared part")
        return ids[len(prefix_ids) :]

    def _prompt_ids(self, text: str) -> list[int]:
        special = needs_special_tokens(text, self._tokenizer)
        ids: list[int] = self._tokenizer(text, add_special_tokens=special)["input_ids"]
        return ids


def video_metadata(frames: Frames) -> dict[str, Any]:
    """Where the frames stand in their clip, as processors take it."""
    count, height, width, _ = frames.pixels.shape
    return {
        "total_num_frames": frames.total,
        "fps": frames.fps,
        "width": width,
        "height": height,
        "duration": frames.total / frames.fps,
        "frames_indices": np.asarray(frames.places[:count]),
        "video_backend": "opencv",
    }


def _end_of_media(text: str, placeholder: str, count: int) -> int:
    """Where the last of ``count`` placeholders ends. Raises ValueError where there are more or fewer."""
    if text.count(placeholder) != count:
        raise ValueError(f"the prompt holds {text.count(placeholder)} placeholders {placeholder!r} for {count} media")
    return text.rfind(placeholder) + len(placeholder) if count else 0
