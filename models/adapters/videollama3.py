"""VideoLLaMA3 by the code of its repository: a video of pictures of any size, each with its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from mabench_eval import Checkpoint, Frames, Request


class Adapter:
    """System message, examples as turns, then the video and the question; frames are read once a clip."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._model = checkpoint.model("AutoModelForCausalLM", attn_implementation="sdpa")
        for module in self._model.modules():  # the published SDPA class calls ``proj`` and owns ``out_proj`` alone
            if type(module).__name__ == "VisionSdpaAttention" and not hasattr(module, "proj"):
                module.proj = module.out_proj
        self._model.encode_images = frame_by_frame(self._model.encode_images)
        self._processor = checkpoint.processor()

    def prepare(self, frames: Frames) -> Any:
        """The video as the template wants it, and what the model sees of it."""
        video = {"type": "video", "num_frames": len(frames.pixels), "timestamps": list(frames.timestamps)}
        # arrays: of PIL's pictures the processor takes the width for the height
        return video, self._processor.process_images([("video", list(frames.pixels))], return_tensors="pt")

    def answer(self, seen: Any, request: Request) -> str:
        """One call of ``generate``, which gives new tokens alone."""
        video, visual = seen
        messages: list[dict[str, Any]] = [{"role": "system", "content": request.system_prompt}]
        for shot in request.shots:
            messages += [{"role": "user", "content": shot.question}, {"role": "assistant", "content": shot.answer}]
        messages.append({"role": "user", "content": [video, {"type": "text", "text": request.user_prompt}]})

        mode = {"tokenize": False, "add_system_prompt": True, "add_generation_prompt": True}
        prompt = self._processor.apply_chat_template(messages, **mode)
        words = self._processor.process_text(prompt, visual, padding=False, padding_side=None, return_tensors="pt")
        device, settings = self._model.device, self._checkpoint.generation(request)
        inputs = {**words.to(device), **visual.to(device, self._model.dtype)}
        ids = self._model.generate(**inputs, **settings, pad_token_id=self._processor.tokenizer.eos_token_id)
        return str(self._processor.batch_decode(ids, skip_special_tokens=True)[0])


def frame_by_frame(encode: Callable[..., Any]) -> Callable[..., Any]:
    """The same features, as attention stays within a frame, in far less memory.

    At once, 57,408 patches of eight 1080x1296 frames squared, in 16 heads of 2 bytes, are 98 GiB without flash-attn.
    """

    def encoded(pixels: Any, grids: Any, merges: Any) -> Any:
        one = torch.cat([torch.ones_like(grids[:, :1]), grids[:, 1:]], dim=1)
        return torch.cat([encode(frame, one, merges) for frame in pixels.chunk(int(grids[0, 0]))])

    return encoded
