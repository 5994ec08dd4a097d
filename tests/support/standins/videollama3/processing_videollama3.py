"""Stand-in for VideoLLaMA3's processor: the same methods, which check what they are given."""

from typing import Any

import numpy as np
from PIL import Image
from transformers import AutoTokenizer
from transformers.feature_extraction_utils import BatchFeature

PATCH, MERGE, TAG = 14, 2, "<image>"


class Videollama3ImageProcessor:
    def __call__(self, images: Any, merge_size: list[int], return_tensors: str) -> Any:
        """Patches of one video, (T * gh * gw, 588), in squares of ``merge_size``, with its grid."""
        (frames,), (merge,) = images, merge_size
        step = PATCH * merge
        assert all(frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3 for frame in frames)
        height, width = (round(edge / step) * step for edge in frames[0].shape[:2])
        resized = [Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC) for frame in frames]
        pixels = (np.stack([np.asarray(each) for each in resized]).astype(np.float32) / 255 - 0.5) / 0.5
        grid = (len(frames), height // PATCH, width // PATCH)
        squares = pixels.reshape(grid[0], height // step, merge, PATCH, width // step, merge, PATCH, 3)
        patches = squares.transpose(0, 1, 4, 2, 5, 7, 3, 6).reshape(np.prod(grid), 3 * PATCH * PATCH)
        data = {"pixel_values": patches, "grid_sizes": np.array([grid]), "merge_sizes": np.array(merge_size)}
        return BatchFeature(data, tensor_type=return_tensors)


class Videollama3Qwen2Processor:
    def __init__(self, tokenizer: Any) -> None:
        self.image_processor, self.tokenizer = Videollama3ImageProcessor(), tokenizer

    @classmethod
    def register_for_auto_class(cls, auto_class: str = "AutoProcessor") -> None:
        """Asked for by AutoProcessor."""

    @classmethod
    def from_pretrained(cls, path: Any, **more: Any) -> Any:
        return cls(AutoTokenizer.from_pretrained(path))

    def process_images(self, images: Any, **kwargs: Any) -> Any:
        modals, videos = zip(*images, strict=True)
        assert modals == ("video",), f"modals {modals}"
        kwargs.setdefault("merge_size", [MERGE for _ in modals])
        found = self.image_processor(images=list(videos), **kwargs)
        found["modals"] = list(modals)
        return found

    def apply_chat_template(
        self,
        conversation: Any,
        chat_template: Any = None,
        tokenize: bool = False,
        add_system_prompt: bool = False,
        add_generation_prompt: bool = False,
        image_token: str = TAG,
        **kwargs: Any,
    ) -> Any:
        return self.tokenizer.apply_chat_template(
            conversation,
            chat_template=chat_template,
            tokenize=tokenize,
            add_system_prompt=add_system_prompt,
            add_generation_prompt=add_generation_prompt,
            image_token=image_token,
            **kwargs,
        )

    def process_text(self, text: str, image_inputs: Any, **kwargs: Any) -> Any:
        kwargs.pop("padding"), kwargs.pop("padding_side")  # both must be there, as with the real one
        (merge,) = image_inputs["merge_sizes"].tolist()
        (count, high, wide), parts = image_inputs["grid_sizes"][0].tolist(), text.split(TAG)
        assert len(parts) == count + 1, "Number of images does not match the number of image tokens in the text."
        joined = (TAG * (high * wide // merge**2)).join(parts)
        return self.tokenizer(joined, add_special_tokens=False, return_token_type_ids=False, **kwargs)

    def batch_decode(self, *args: Any, **kwargs: Any) -> Any:
        return self.tokenizer.batch_decode(*args, **kwargs)
