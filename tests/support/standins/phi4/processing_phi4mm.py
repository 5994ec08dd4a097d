"""Stand-in for Phi-4-Multimodal's processor: the same call, which checks what it is given. Crops are of 56 pixels."""

import re
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoTokenizer
from transformers.feature_extraction_utils import BatchFeature

SIDE, VISION = 56, 1
TAG, TOKEN = r"<\|image_\d+\|>", "<|endoftext10|>"


class Phi4MMImageProcessor:
    def __init__(self, dynamic_hd: int) -> None:
        self.dynamic_hd = dynamic_hd

    def __call__(self, images: Any) -> dict[str, Any]:
        """The whole picture and as many crops in a square as are allowed: (T, dynamic_hd + 1, 3, SIDE, SIDE)."""
        edge, found = int(self.dynamic_hd**0.5), []
        for image in images:
            crops = []
            for size in (SIDE, SIDE * edge):
                pixels = np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
                tensor = torch.tensor((pixels.astype(np.float32) / 255 - 0.5) / 0.5).permute(2, 0, 1)
                crops.append(tensor.unfold(1, SIDE, SIDE).unfold(2, SIDE, SIDE).permute(1, 2, 0, 3, 4).flatten(0, 1))
            found.append(torch.cat(crops))
        embeds = torch.stack(found)
        return {
            "input_image_embeds": embeds,
            "image_sizes": torch.tensor([[SIDE * edge, SIDE * edge]] * len(images)),
            "image_attention_mask": torch.ones(*embeds.shape[:2], 4, 4),
            "num_img_tokens": [4 * (edge * edge + 1) + 1 for _ in images],
        }


class Phi4MMProcessor:
    def __init__(self, image_processor: Any, tokenizer: Any) -> None:
        self.image_processor, self.tokenizer = image_processor, tokenizer

    @classmethod
    def register_for_auto_class(cls, auto_class: str = "AutoProcessor") -> None:
        """Asked for by AutoProcessor."""

    @classmethod
    def from_pretrained(cls, path: Any, **more: Any) -> Any:
        """``dynamic_hd`` among ``more`` is lost on the way to the image processor, which has 36 by itself."""
        return cls(Phi4MMImageProcessor(dynamic_hd=36), AutoTokenizer.from_pretrained(path))

    def __call__(
        self,
        text: Any,
        images: Any = None,
        audios: Any = None,
        padding: Any = False,
        truncation: Any = None,
        max_length: Any = None,
        return_tensors: Any = "pt",
    ) -> Any:
        seen = self.image_processor(images)
        tokens = iter(seen.pop("num_img_tokens"))
        image, ids, tags = self.tokenizer.convert_tokens_to_ids(TOKEN), [], 0
        for token in self.tokenizer(re.sub(TAG, TOKEN, text), add_special_tokens=False)["input_ids"]:
            ids += [token] * (next(tokens) if token == image else 1)
            tags += token == image
        assert tags == len(images), f"{len(images)} images, {tags} tags"
        input_ids = torch.tensor([ids])
        silence = {"input_audio_embeds": torch.tensor([]), "audio_embed_sizes": torch.tensor([])}
        inputs = BatchFeature({"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids), **seen, **silence})
        inputs["audio_attention_mask"] = None
        inputs["input_mode"] = torch.tensor([VISION])
        return inputs

    def batch_decode(self, *args: Any, **kwargs: Any) -> Any:
        return self.tokenizer.batch_decode(*args, **kwargs)
