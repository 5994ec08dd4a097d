"""What an adapter is, and what it is given to load: the repository, and how it may be loaded."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from mabench_eval.engines.local.settings import LocalSettings, is_folder
from mabench_eval.types import Frames, Request


class Adapter(Protocol):
    """What an adapter's file defines, under the name ``Adapter``: constructed from a Checkpoint, it loads the model."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Load the model. May raise anything: the run reports it."""

    def prepare(self, frames: Frames) -> Any:
        """A clip's frames as the model takes them. Called once per clip, on another thread than ``answer``."""

    def answer(self, seen: Any, request: Request) -> str:
        """The answer to one question; ``seen``: what ``prepare`` returned. What it raises is that question's error."""


class Checkpoint:
    """A repository with code of its own. Everything is loaded with the run's revision and permission."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        """From the card and the command line."""
        self.repo = settings.repo
        self.common: dict[str, Any] = {"revision": settings.revision, "trust_remote_code": settings.remote_code}
        """What every ``from_pretrained`` is given."""

    @property
    def device(self) -> str:
        """Where the model runs: ``--device``, else the first GPU, else the CPU."""
        import torch

        if self.settings.device != "auto":
            return self.settings.device
        return "cuda:0" if torch.cuda.is_available() else "cpu"

    def current_device(self) -> AbstractContextManager[Any]:
        """Within, what code sends to "the GPU" without saying which goes to the run's; torch keeps that by thread."""
        import torch

        return torch.cuda.device(self.device) if self.device.startswith("cuda") else nullcontext()

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

    def model(self, auto_class: str = "AutoModel", **options: Any) -> Any:
        """The model by one of transformers' auto classes, on the device, in evaluation mode.

        ``options`` go to ``from_pretrained``, as do those of the next two.
        """
        import transformers

        low_memory = bool(importlib.util.find_spec("accelerate"))
        options = {**self.common, "torch_dtype": self.dtype(), "low_cpu_mem_usage": low_memory, **options}
        with _flash_attn_optional():
            loaded = getattr(transformers, auto_class).from_pretrained(self.repo, **options)
        return loaded.to(self.device).eval()

    def tokenizer(self, **options: Any) -> Any:
        """The tokenizer."""
        import transformers

        with _flash_attn_optional():
            return transformers.AutoTokenizer.from_pretrained(self.repo, **self.common, **options)

    def processor(self, **options: Any) -> Any:
        """The processor, with the card's ``processor`` settings."""
        import transformers

        options = {**self.common, **self.settings.processor, **options}
        with _flash_attn_optional():
            return transformers.AutoProcessor.from_pretrained(self.repo, **options)

    def generation(self, request: Request) -> dict[str, Any]:
        """The arguments of ``generate``: the request's token limit; greedy unless a temperature is set."""
        sampling = {"do_sample": True, "temperature": self.settings.temperature}
        return {
            "max_new_tokens": request.max_tokens,
            **(sampling if self.settings.temperature else {"do_sample": False}),
        }


@contextmanager
def _flash_attn_optional() -> Iterator[None]:
    """Let code that names flash-attn, and can do without it, load where it is not installed.

    transformers refuses code that imports a missing package. It overlooks most of the conditions such an import stands
    under: 4.40 knows ``try`` alone, and no version asks how a file that imports the package is itself imported.
    """
    remote: Any = importlib.import_module("transformers.dynamic_module_utils")
    get_imports = remote.get_imports
    optional = () if importlib.util.find_spec("flash_attn") else ("flash_attn",)
    remote.get_imports = lambda file: [name for name in get_imports(file) if name not in optional]
    try:
        yield
    finally:
        remote.get_imports = get_imports
