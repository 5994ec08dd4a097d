"""Config of the stand-in for H2OVL Mississippi."""

from typing import Any

from transformers import PretrainedConfig


class H2OVLChatConfig(PretrainedConfig):  # type: ignore[misc]
    model_type = "h2ovl_chat"

    def __init__(self, image_size: int = 448, hidden_size: int = 8, template: str = "", **more: Any) -> None:
        self.image_size, self.hidden_size, self.template = image_size, hidden_size, template
        super().__init__(**more)
