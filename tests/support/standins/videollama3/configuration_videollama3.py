"""Config of the stand-in for VideoLLaMA3."""

from typing import Any

from transformers import PretrainedConfig


class Videollama3Qwen2Config(PretrainedConfig):  # type: ignore[misc]
    model_type = "videollama3_qwen2"

    def __init__(self, hidden_size: int = 8, **more: Any) -> None:
        self.hidden_size = hidden_size
        super().__init__(**more)
