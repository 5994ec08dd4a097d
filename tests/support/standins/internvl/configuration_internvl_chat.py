"""Config of the stand-in for InternVL2, InternVL2.5 and InternVideo2.5."""

from typing import Any

from transformers import PretrainedConfig


class InternVLChatConfig(PretrainedConfig):  # type: ignore[misc]
    model_type = "internvl_chat"

    def __init__(self, image_size: int = 448, hidden_size: int = 8, template: str = "", **more: Any) -> None:
        self.image_size, self.hidden_size, self.template = image_size, hidden_size, template
        super().__init__(**more)
