"""What an adapter is given to load: the repository, and how it may be loaded."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mabench_eval.engines.local.settings import LocalSettings, is_folder
from mabench_eval.types import Request


@contextmanager
def without_flash_attn() -> Iterator[None]:
    """Code that names flash-attn, and can do without it, loads where it is not installed.

    transformers refuses code that names a missing package. That the name stands under a condition it sees only in part:
    4.40 knows ``try`` alone, and no version asks how a file that imports the package is itself imported.
    """
    remote: Any = importlib.import_module("transformers.dynamic_module_utils")
    named = remote.get_imports
    spared = () if importlib.util.find_spec("flash_attn") else ("flash_attn",)
    remote.get_imports = lambda file: [name for name in named(file) if name not in spared]
    try:
        yield
    finally:
        remote.get_imports = named


class Checkpoint:
    """A repository with code of its own. All is loaded with the run's revision and permission."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        """Of the card and the command line."""
        self.repo = settings.repo
        self.common: dict[str, Any] = {"revision": settings.revision, "trust_remote_code": settings.remote_code}
        """What every ``from_pretrained`` is told."""

    @property
    def device(self) -> str:
        """Where the model runs: ``--device``, else the first GPU, else the processor."""
        import torch

        if self.settings.device != "auto":
            return self.settings.device
        return "cuda:0" if torch.cuda.is_available() else "cpu"

    def dtype(self, default: str = "bfloat16") -> Any:
        """Number format of the weights, a torch dtype: ``--dtype``, else the family's ``default``."""
        import torch

        return getattr(torch, default if self.settings.dtype == "auto" else self.settings.dtype)

    def download(self) -> str:
        """The repository for code that takes no revision: its name, or the folder of the run's revision."""
        if self.settings.revision is None or is_folder(self.repo):
            return self.repo
        import huggingface_hub

        return str(huggingface_hub.snapshot_download(self.repo, revision=self.settings.revision))

    @without_flash_attn()
    def model(self, auto_class: str = "AutoModel", **more: Any) -> Any:
        """The model by one of transformers' auto classes, on the device, ready to answer."""
        import transformers

        given = {"torch_dtype": self.dtype(), "low_cpu_mem_usage": bool(importlib.util.find_spec("accelerate"))}
        loaded = getattr(transformers, auto_class).from_pretrained(self.repo, **self.common, **{**given, **more})
        return loaded.to(self.device).eval()

    @without_flash_attn()
    def tokenizer(self, **more: Any) -> Any:
        """The tokenizer."""
        import transformers

        return transformers.AutoTokenizer.from_pretrained(self.repo, **self.common, **more)

    @without_flash_attn()
    def processor(self, **more: Any) -> Any:
        """The processor, with the card's ``processor`` settings."""
        import transformers

        given = {**self.common, **self.settings.processor, **more}
        return transformers.AutoProcessor.from_pretrained(self.repo, **given)

    def generation(self, request: Request) -> dict[str, Any]:
        """How the answer is looked for, as ``generate`` takes it: greedy unless a temperature is set."""
        sampled = {"do_sample": True, "temperature": self.settings.temperature}
        how = sampled if self.settings.temperature else {"do_sample": False}
        return {"max_new_tokens": request.max_tokens, **how}
