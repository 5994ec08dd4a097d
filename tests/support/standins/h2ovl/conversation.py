"""The stand-in's conversation: turns written by code, after a system message that is empty."""

from typing import Any


class Conversation:
    roles = ("<|prompt|>", "<|answer|>")

    def __init__(self) -> None:
        self.system_message = ""
        self.messages: list[tuple[str, Any]] = []

    def append_message(self, role: str, message: Any) -> None:
        self.messages.append((role, message))

    def get_prompt(self) -> str:
        turns = [role + (message + "<|end|>" if message else "") for role, message in self.messages]
        return self.system_message + "".join(turns)


def get_conv_template(name: str) -> Conversation:
    return {"standin-h2ovl": Conversation}[name]()
