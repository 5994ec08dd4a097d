"""Requests as token ids: what all questions of a clip have in common, and the rest of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import torch

from mabench_eval.engines.local.conversation import prompt_text, without_outer_marks
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.local.video import filled
from mabench_eval.types import ClipWork, Frames, Request


@dataclass(frozen=True, slots=True)
class Group:
    """Requests on one clip that are the same up to the end of the frames."""

    head: Any
    """The processor's tensors for the shared beginning, frames included; a batch of one."""
    tails: tuple[list[int], ...]
    """Token ids of the rest, one list a request, in the requests' order."""
    requests: tuple[Request, ...]


class Prompts:
    """Puts requests into the words and tokens of one checkpoint."""

    def __init__(self, processor: Any, settings: LocalSettings) -> None:
        self._processor, self._settings = processor, settings
        self._tokenizer = getattr(processor, "tokenizer", processor)
        self._mark = _placeholder(processor, settings.input)

    def groups(self, work: ClipWork) -> list[Group]:
        """The requests of a clip, those with one beginning together. The frames are processed once a group."""
        texts = [self.text(request, work.frames) for request in work.requests]
        if work.frames is None:
            return self._of_text(texts, work.requests)
        count = 1 if self._settings.input == "video" else len(work.frames.pixels)
        cuts = [_after(text, self._mark, count) for text in texts]
        heads = [text[:cut] for text, cut in zip(texts, cuts, strict=True)]
        groups = []
        for head in dict.fromkeys(heads):
            own = [number for number, other in enumerate(heads) if other == head]
            tails = tuple(self._tail(head, texts[number]) for number in own)
            groups.append(Group(self._inputs(head, work.frames), tails, tuple(work.requests[number] for number in own)))
        return groups

    def _of_text(self, texts: Sequence[str], requests: Sequence[Request]) -> list[Group]:
        """Requests without frames, by the tokens that they begin with: at least one, and one is left to each."""
        prompts: list[list[int]] = [self._tokenizer(text, **self._special(text))["input_ids"] for text in texts]
        groups = []
        for first in dict.fromkeys(ids[0] for ids in prompts):
            own = [number for number, ids in enumerate(prompts) if ids[0] == first]
            alike = takewhile(lambda tokens: len(set(tokens)) == 1, zip(*(prompts[n] for n in own), strict=False))
            cut = min(sum(1 for _ in alike), *(len(prompts[number]) - 1 for number in own))
            shared = torch.tensor([prompts[own[0]][:cut]])
            head = {"input_ids": shared, "attention_mask": torch.ones_like(shared)}
            tails = tuple(prompts[number][cut:] for number in own)
            groups.append(Group(head, tails, tuple(requests[number] for number in own)))
        return groups

    def text(self, request: Request, frames: Frames | None) -> str:
        """The prompt as the chat template writes it."""
        media: Sequence[str] = ()
        if frames is not None:
            media = ["video"] if self._settings.input == "video" else ["image"] * len(frames.pixels)
        return without_outer_marks(prompt_text(request, media, self._render), type(self._processor).__name__)

    def written(self, text: str, tail: int) -> int:
        """Tokens of a prompt before its last ``tail`` ones, each medium still a single placeholder."""
        return len(self._tokenizer(text, **self._special(text))["input_ids"]) - tail

    def ids(self, text: str) -> list[int]:
        """Token ids of an option or another piece of text, without special tokens."""
        found: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    def decode(self, ids: Sequence[int]) -> str:
        """The text of an answer."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text.rstrip("\N{REPLACEMENT CHARACTER}").strip()  # bytes at the end that are no whole character

    def _render(self, messages: list[dict[str, Any]]) -> str:
        # Phi-4's processor drops its template on loading (transformers 5.23); its tokenizer keeps it
        template = self._processor.chat_template or self._tokenizer.chat_template
        text: str = self._processor.apply_chat_template(
            messages, chat_template=template, add_generation_prompt=True, tokenize=False
        )
        return text

    def _inputs(self, head: str, frames: Frames | None) -> Any:
        given: dict[str, Any] = {"text": [head], "return_tensors": "pt", **self._special(head)}
        if frames is not None and self._settings.input == "video":
            frames = filled(frames, self._processor)
            given |= {
                "videos": [frames.pixels.copy()],
                "video_metadata": [video_metadata(frames)],
                "do_sample_frames": False,
            }
        elif frames is not None:
            given["images"] = [list(frames.pixels)]
            if hasattr(getattr(self._processor, "image_processor", None), "crop_to_patches"):
                given["crop_to_patches"] = False  # InternVL: one tile a frame, as it sees video
        return self._processor(**given, **self._settings.processor)

    def _tail(self, head: str, text: str) -> list[int]:
        """What follows the head. A head ends with a special token, so no token reaches across."""
        special = self._special(text)
        ids: list[int] = self._tokenizer(text, **special)["input_ids"]
        opening: list[int] = self._tokenizer(head, **special)["input_ids"]
        if ids[: len(opening)] != opening:
            raise ValueError("the prompt's tokens do not begin with those of its shared part")
        return ids[len(opening) :]

    def _special(self, text: str) -> dict[str, bool]:
        """Whether the tokenizer is to add the opening token: not where the template has written it."""
        opening = self._tokenizer.bos_token
        return {"add_special_tokens": not (opening and text.startswith(opening))}


def video_metadata(frames: Frames) -> dict[str, Any]:
    """Where the frames stand in their clip, as processors ask for it."""
    count, height, width, _ = frames.pixels.shape
    return {
        "total_num_frames": frames.total,
        "fps": frames.fps,
        "width": width,
        "height": height,
        "duration": frames.total / frames.fps,
        "frames_indices": np.asarray(frames.indices[:count]),
        "video_backend": "opencv",
    }


def _placeholder(processor: Any, kind: str) -> str:
    """The token that stands for a video or an image in a rendered prompt."""
    mark: str = getattr(processor, "video_token" if kind == "video" else "image_token")
    return mark


def _after(text: str, mark: str, count: int) -> int:
    """The place behind the last of ``count`` marks. Raises ValueError for a template that writes another number."""
    if text.count(mark) != count:
        raise ValueError(f"the prompt holds {text.count(mark)} placeholders {mark!r} for {count} media")
    return text.rfind(mark) + len(mark) if count else 0
