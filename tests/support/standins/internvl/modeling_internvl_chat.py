"""Stand-in for InternVL2, InternVL2.5 and InternVideo2.5: the same ``chat``, which checks what it is given."""

from typing import Any

import torch
from transformers import PreTrainedModel

from .configuration_internvl_chat import InternVLChatConfig
from .conversation import get_conv_template

KNOWN = {"max_new_tokens", "do_sample", "temperature", "top_p", "num_beams"}


class InternVLChatModel(PreTrainedModel):  # type: ignore[misc]
    config_class = InternVLChatConfig

    def __init__(self, config: InternVLChatConfig, use_flash_attn: bool = True) -> None:
        super().__init__(config)
        self.use_flash_attn = use_flash_attn
        self.sight = torch.nn.Linear(3, config.hidden_size, bias=False)
        self.post_init()

    def chat(
        self,
        tokenizer: Any,
        pixel_values: Any,
        question: str,
        generation_config: dict[str, Any],
        history: Any = None,
        return_history: bool = False,
        num_patches_list: Any = None,
        IMG_START_TOKEN: str = "<img>",  # noqa: N803
        IMG_END_TOKEN: str = "</img>",  # noqa: N803
        IMG_CONTEXT_TOKEN: str = "<IMG_CONTEXT>",  # noqa: N803
        verbose: bool = False,
    ) -> Any:
        side = self.config.image_size
        assert not self.use_flash_attn, "flash-attn is not installed here"
        assert pixel_values.dtype == self.dtype, f"pixels are {pixel_values.dtype}, weights {self.dtype}"
        assert pixel_values.shape[1:] == (3, side, side), f"tiles of {tuple(pixel_values.shape)}"
        assert num_patches_list == [1] * len(pixel_values), f"patches {num_patches_list} of {len(pixel_values)} tiles"
        assert len(pixel_values) <= 8, "at most 8 tiles"
        assert question.count("<image>") == len(pixel_values), f"{question.count('<image>')} tags"
        assert generation_config.keys() <= KNOWN, f"generation settings {generation_config}"
        assert len(tokenizer(question)["input_ids"]) > len(pixel_values)
        seen = self.sight(pixel_values.mean(dim=(2, 3)))  # (tiles, hidden): all weights are 1/3
        means = " ".join(f"{value:.3f}" for value in seen[:, 0].float().tolist())
        generation_config["eos_token_id"] = tokenizer.eos_token_id  # as the real one does: the caller's is changed
        template = get_conv_template(self.config.template)
        template.append_message(template.roles[0], question)
        template.append_message(template.roles[1], None)
        text = f"{'ABCDE'[int(seen.sum().abs() * 100) % 5]}. I saw {means}. I was asked: {template.get_prompt()}"
        return (text, [(question, text)]) if return_history else text
