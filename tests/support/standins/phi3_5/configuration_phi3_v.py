"""Config of the stand-in for Phi-3.5-Vision."""

from typing import Any

from transformers import PretrainedConfig


class Phi3VConfig(PretrainedConfig):  # type: ignore[misc]
    model_type = "phi3_v"

    def __init__(self, hidden_size: int = 8, **more: Any) -> None:
        self.hidden_size = hidden_size
        super().__init__(**more)
