"""Stand-in for H2OVL Mississippi: the same ``chat``, which opens picture files and checks what it is given."""

from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import PreTrainedModel

from .configuration_h2ovl_chat import H2OVLChatConfig
from .conversation import get_conv_template

KNOWN = {"max_new_tokens", "do_sample", "temperature", "top_p", "num_beams"}
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def load_image(file: Any, side: int) -> torch.Tensor:
    picture = Image.open(file).convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    pixels = (np.asarray(picture) / 255 - np.array(MEAN)) / np.array(STD)
    return torch.from_numpy(pixels.transpose(2, 0, 1))


class H2OVLChatModel(PreTrainedModel):  # type: ignore[misc]
    config_class = H2OVLChatConfig

    def __init__(self, config: H2OVLChatConfig) -> None:
        super().__init__(config)
        self.sight = torch.nn.Linear(3, config.hidden_size, bias=False)
        self.post_init()

    def chat(
        self,
        tokenizer: Any,
        image_files: Any,
        question: str,
        generation_config: dict[str, Any],
        max_tiles: int = 6,
        history: Any = None,
        return_history: bool = False,
        num_patches_list: Any = None,
        IMG_START_TOKEN: str = "<img>",  # noqa: N803
        IMG_END_TOKEN: str = "</img>",  # noqa: N803
        IMG_CONTEXT_TOKEN: str = "<IMG_CONTEXT>",  # noqa: N803
        verbose: bool = False,
    ) -> Any:
        assert isinstance(image_files, list), "one file alone is cut into tiles twice"
        assert max_tiles == 1, f"{max_tiles} tiles of a frame"
        assert num_patches_list is None, "counted by chat itself"
        if history is None and "<image>" not in question:
            question = "<image>\n" + question
        tiles = torch.stack([load_image(file, self.config.image_size) for file in image_files])
        tiles = tiles.to(self.device).to(torch.bfloat16)
        assert question.count("<image>") == len(tiles), f"{question.count('<image>')} tags of {len(tiles)} pictures"
        assert generation_config.keys() <= KNOWN, f"generation settings {generation_config}"
        assert len(tokenizer(question)["input_ids"]) > len(tiles)
        generation_config["eos_token_id"] = tokenizer.eos_token_id  # as the real one does: the caller's is changed
        seen = self.sight(tiles.float().mean(dim=(2, 3)).to(torch.bfloat16))  # (tiles, hidden): all weights are 1/3
        means = " ".join(f"{value:.3f}" for value in seen[:, 0].float().tolist())
        template = get_conv_template(self.config.template)
        template.append_message(template.roles[0], question)
        template.append_message(template.roles[1], None)
        text = f"{'ABCDE'[int(seen.sum().abs() * 100) % 5]}. I saw {means}. I was asked: {template.get_prompt()}"
        return (text, [(question, text)]) if return_history else text
