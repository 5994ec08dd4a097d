"""Stand-in for VideoLLaMA3: the same ``generate``, which checks what it is given."""

import re
from typing import Any

import torch
from transformers import AutoTokenizer, PreTrainedModel

from .configuration_videollama3 import Videollama3Qwen2Config

KNOWN = {"max_new_tokens", "do_sample", "temperature", "top_p", "pad_token_id"}
TAG = "<image>"


class VisionSdpaAttention(torch.nn.Module):  # type: ignore[misc]
    """As published: it owns ``out_proj``, and its ``forward`` calls ``proj``."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.out_proj = torch.nn.Identity(size)

    def forward(self, states: Any) -> Any:
        return self.proj(states)


class Videollama3Qwen2ForCausalLM(PreTrainedModel):  # type: ignore[misc]
    config_class = Videollama3Qwen2Config
    _supports_sdpa = True

    def __init__(self, config: Videollama3Qwen2Config) -> None:
        super().__init__(config)
        self.sight = torch.nn.Linear(3, config.hidden_size, bias=False)
        self.attention = VisionSdpaAttention(config.hidden_size)
        self.post_init()

    def encode_images(self, pixel_values: Any, grid_sizes: Any, merge_sizes: Any) -> Any:
        """A feature of each four patches. The real one takes the square of all patches it is given in memory."""
        ((count, high, wide),) = grid_sizes.tolist()
        assert count == 1, f"attention over the patches of {count} frames at once"
        assert pixel_values.shape == (high * wide, 588), f"patches of {tuple(pixel_values.shape)}"
        assert merge_sizes.tolist() == [2]
        # (tokens, patches, colours, pixels of a patch): all weights are 1/3
        return self.attention(self.sight(pixel_values.view(-1, 4, 3, 196).mean(dim=(1, 3))))

    def generate(self, pixel_values: Any, grid_sizes: Any, merge_sizes: Any, modals: Any, **kwargs: Any) -> Any:
        """Ids of the new tokens alone."""
        input_ids, mask = kwargs.pop("input_ids"), kwargs.pop("attention_mask")
        (count, high, wide), tokenizer = grid_sizes[0].tolist(), AutoTokenizer.from_pretrained(self.name_or_path)
        assert self.config._attn_implementation == "sdpa", "flash-attn is not installed here"
        assert pixel_values.dtype == self.dtype, f"pixels are {pixel_values.dtype}, weights {self.dtype}"
        assert pixel_values.shape == (count * high * wide, 588), f"patches of {tuple(pixel_values.shape)}"
        assert (modals, merge_sizes.tolist(), len(grid_sizes)) == (["video"], [2], 1), f"{modals} {merge_sizes}"
        assert len(input_ids) == 1 and mask.shape == input_ids.shape, f"a batch of {len(input_ids)}"
        assert input_ids.device == pixel_values.device == self.device
        assert {"max_new_tokens", "do_sample", "pad_token_id"} <= kwargs.keys() <= KNOWN, f"settings {kwargs}"
        assert kwargs["pad_token_id"] == tokenizer.eos_token_id
        each = high * wide // 4
        prompt = tokenizer.decode(input_ids[0])
        runs = [len(run) // len(TAG) for run in re.findall(f"(?:{TAG})+", prompt)]
        assert runs == [each] * count, f"image tokens {runs} of {count} frames of {each}"
        seen = self.encode_images(pixel_values, grid_sizes, merge_sizes).view(count, each, -1).mean(dim=1)
        means = " ".join(f"{value:.3f}" for value in seen[:, 0].float().tolist())
        asked = prompt.replace(TAG * each, "[frame]").replace("<|", "{").replace("|>", "}")
        letter = "ABCDE"[int(seen.sum().abs() * 100) % 5]
        text = f"{letter}. I saw {means} of {high}x{wide}. I was asked: {asked}"
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        return torch.tensor([[*ids, tokenizer.eos_token_id]], device=self.device)
