"""Config of the stand-in for Phi-4-Multimodal."""

from typing import Any

from transformers import PretrainedConfig


class Phi4MMConfig(PretrainedConfig):  # type: ignore[misc]
    model_type = "phi4mm"

    def __init__(self, hidden_size: int = 8, **more: Any) -> None:
        self.hidden_size = hidden_size
        super().__init__(**more)
