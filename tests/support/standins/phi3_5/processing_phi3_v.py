"""Stand-in for Phi-3.5-Vision's processor: the same call, which checks what it is given. Crops are of 56 pixels."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoTokenizer
from transformers.feature_extraction_utils import BatchFeature

SIDE, TAG = 56, r"<\|image_\d+\|>"
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


class Phi3VImageProcessor:
    def __init__(self, num_crops: int) -> None:
        self.num_crops = num_crops

    def __call__(self, images: Any) -> dict[str, Any]:
        """The whole picture and as many crops in a square as are allowed: (T, num_crops + 1, 3, SIDE, SIDE)."""
        edge = int(self.num_crops**0.5)
        found = torch.zeros(len(images), self.num_crops + 1, 3, SIDE, SIDE)
        for number, image in enumerate(images):
            for size, at in ((SIDE, 0), (SIDE * edge, 1)):
                pixels = np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)) / 255
                tensor = torch.tensor((pixels - np.array(CLIP[0])) / np.array(CLIP[1])).permute(2, 0, 1)
                crops = tensor.unfold(1, SIDE, SIDE).unfold(2, SIDE, SIDE).permute(1, 2, 0, 3, 4).flatten(0, 1)
                found[number, at : at + len(crops)] = crops
        sizes = torch.tensor([[SIDE * edge, SIDE * edge]] * len(images))
        tokens = [(edge * edge + 1) * 4 + 1 + (edge + 1) * 2 for _ in images]
        return {"pixel_values": found, "image_sizes": sizes, "num_img_tokens": tokens}


class Phi3VProcessor:
    def __init__(self, image_processor: Any, tokenizer: Any) -> None:
        self.image_processor, self.tokenizer = image_processor, tokenizer

    @classmethod
    def register_for_auto_class(cls, auto_class: str = "AutoProcessor") -> None:
        """Asked for by AutoProcessor."""

    @classmethod
    def from_pretrained(cls, path: Any, **more: Any) -> Any:
        crops = json.loads((Path(path) / "preprocessor_config.json").read_text())["num_crops"]
        return cls(Phi3VImageProcessor(more.get("num_crops", crops)), AutoTokenizer.from_pretrained(path))

    def __call__(
        self,
        text: Any,
        images: Any = None,
        padding: Any = False,
        truncation: Any = None,
        max_length: Any = None,
        return_tensors: Any = "pt",
    ) -> Any:
        seen = self.image_processor(images)
        tokens = seen.pop("num_img_tokens")
        chunks = [self.tokenizer(chunk, add_special_tokens=False)["input_ids"] for chunk in re.split(TAG, text)]
        numbers = [int(tag[len("<|image_") : -len("|>")]) for tag in re.findall(TAG, text)]
        assert sorted(set(numbers)) == list(range(1, len(set(numbers)) + 1)), f"tags {numbers}"
        assert len(set(numbers)) == len(images), f"{len(images)} images, tags {numbers}"
        ids = list(chunks[0])
        for number, chunk in zip(numbers, chunks[1:], strict=True):
            ids += [-number] * tokens[number - 1] + chunk
        input_ids = torch.tensor([ids])
        mask = (input_ids > -1000000).long()
        return BatchFeature({"input_ids": input_ids, "attention_mask": mask, **seen})

    def batch_decode(self, *args: Any, **kwargs: Any) -> Any:
        return self.tokenizer.batch_decode(*args, **kwargs)
