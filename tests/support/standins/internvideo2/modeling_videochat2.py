"""Stand-in for InternVideo2-Chat-8B, the one that is not HD: the same ``chat``, which checks what it is given."""

from typing import Any

import torch
from transformers import AutoConfig, BertConfig, BertTokenizer, PreTrainedModel

from .model_config import VideoChat2Config

VID_TOKEN = "[<VID_PLH>]"
QUERIES = 96
BERT, MISTRAL = "bert-base-uncased", "mistralai/Mistral-7B-Instruct-v0.3"
"""Loaded by their names alone, of no revision; of neither any weights."""


class InternVideo2_VideoChat2(PreTrainedModel):  # type: ignore[misc]  # noqa: N801
    config_class = VideoChat2Config

    def __init__(self, config: VideoChat2Config) -> None:
        super().__init__(config)
        self.width = AutoConfig.from_pretrained(MISTRAL, torch_dtype=torch.bfloat16).hidden_size
        self.queries = BertConfig.from_pretrained(BERT).hidden_size
        BertTokenizer.from_pretrained(BERT, truncation_side="left")
        self.sight = torch.nn.Linear(3, config.hidden_size, bias=False)
        self.post_init()

    def chat(
        self,
        tokenizer: Any,
        msg: str,
        user_prompt: str,
        media_type: str,
        media_tensor: Any,
        instruction: Any = None,
        chat_history: Any = [],  # noqa: B006
        return_history: bool = False,
        generation_config: Any = {},  # noqa: B006
    ) -> Any:
        assert self.width == 4096, f"{MISTRAL} of another revision: its states are {self.width} wide"
        assert self.queries == 768, f"{BERT} of another revision: its states are {self.queries} wide"
        assert media_type == "video", f"media type {media_type}"
        conversation = f"{instruction or ''}[INST] <Video>{VID_TOKEN}</Video>{msg.rstrip()}[/INST]"
        for question, answer in chat_history:
            conversation += f" [INST] {question} [/INST]{answer}</s>"
        conversation += f" [INST] {user_prompt} [/INST]"
        response = " " + self.generate_caption(tokenizer, conversation, media_tensor.unsqueeze(0), **generation_config)
        chat_history.append((user_prompt, response))  # always, so that a list shared by all calls is seen at once
        return (response, chat_history) if return_history else response

    def generate_caption(
        self,
        tokenizer: Any,
        conversation: str,
        video: Any,
        num_beams: int = 1,
        max_new_tokens: int = 200,
        do_sample: bool = True,
        top_p: float = 0.9,
        top_k: Any = None,
        temperature: float = 1.0,
        length_penalty: float = 1,
        repetition_penalty: float = 1.0,
    ) -> str:
        assert video.dtype == self.dtype, f"pixels are {video.dtype}, weights {self.dtype}"
        assert video.shape[0] == 1, f"{len(video)} videos"
        assert video.shape[2:] == (3, 224, 224), f"a video of {tuple(video.shape)}"
        if (frames := video.shape[1]) not in (1, self.config.num_frames):  # one frame has positions of a picture
            positions = torch.zeros(1, 1, self.config.num_frames)
            torch.nn.functional.interpolate(positions, size=frames, mode="linear").cuda()  # wherever the model is
        before, after = conversation.split(VID_TOKEN)  # one video: another tag fails
        words = sum(len(tokenizer(text)["input_ids"]) for text in (before, after))
        seen = self.sight(video[0].mean(dim=(2, 3)))  # (frames, hidden): all weights are 1/3
        means = " ".join(f"{value:.3f}" for value in seen[:, 0].float().tolist())
        letter = "ABCDE"[int(seen.sum().abs() * 100) % 5]
        assert top_p == 1.0, "drawn from a part of the distribution, as by default"
        luck = f" by {float(torch.rand(1)):.6f} at {temperature}" if do_sample else ""
        return f"{letter}{luck}. I saw {means}. I read {words + QUERIES} tokens: {conversation}\n"
