"""The offline judge: what two descriptions of movement say (parts, directions, phases), and how far they agree."""

from .judge import lexical

__all__ = ["lexical"]
