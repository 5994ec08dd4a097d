"""Config of the stand-in for InternVideo2-Chat."""

from typing import Any

from transformers import PretrainedConfig


class VideoChat2Config(PretrainedConfig):  # type: ignore[misc]
    model_type = "InternVideo2_VideoChat2"

    def __init__(self, num_frames: int = 8, hidden_size: int = 8, **more: Any) -> None:
        self.num_frames, self.hidden_size = num_frames, hidden_size
        super().__init__(**more)
