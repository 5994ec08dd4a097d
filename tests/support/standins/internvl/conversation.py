"""The stand-in's conversation: turns written by code, after a system message that is the family's own."""

from typing import Any


class Conversation:
    roles = ("<|im_start|>user\n", "<|im_start|>assistant\n")

    def __init__(self) -> None:
        self.system_message = "I am the stand-in of InternVL."
        self.messages: list[tuple[str, Any]] = []

    def append_message(self, role: str, message: Any) -> None:
        self.messages.append((role, message))

    def get_prompt(self) -> str:
        turns = [role + (message + "<|im_end|>" if message else "") for role, message in self.messages]
        return f"<|im_start|>system\n{self.system_message}<|im_end|>" + "".join(turns)


def get_conv_template(name: str) -> Conversation:
    return {"standin-internvl": Conversation}[name]()
