"""What an adapter is, and what it is given to load: the repository, and how it may be loaded."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from mabench_eval.engines.local.settings import LocalSettings, is_folder
from mabench_eval.types import Frames, Request

SPECIAL_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")
"""What a model keeps of its repository's generation config."""


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
        return self.decoding_plainly(loaded.to(self.device).eval())

    def decoding_plainly(self, model: Any) -> Any:
        """The model without what its repository sets for decoding (``top_p``, beams, penalties) but special tokens.

        So its answers are decoded as every engine here decodes: greedily, or drawn from the whole distribution at the
        run's temperature. For models that are loaded in another way than by ``model``.
        """
        from transformers import GenerationConfig

        drawn = {"do_sample": True, "temperature": self.settings.temperature, "top_k": 0}  # its default is 50
        for module in model.modules():
            if own := getattr(module, "generation_config", None):
                kept = {name: value for name in SPECIAL_TOKENS if (value := getattr(own, name, None)) is not None}
                module.generation_config = GenerationConfig(**kept, **(drawn if self.settings.temperature else {}))
        return model

    def attention(self) -> str:
        """What the code is to compute attention with: the best that the card names and works here, else ``eager``."""
        for kind in self.settings.attention:
            if kind != "flash_attention_2" or self._flash_attn_works():
                return kind
        return "eager"

    def _flash_attn_works(self) -> bool:
        """Whether flash-attn is installed, and takes this number format and GPU (Ampere or newer)."""
        if not importlib.util.find_spec("flash_attn") or self.settings.dtype == "float32":
            return False
        import torch

        on_gpu = self.device.startswith("cuda")
        return on_gpu and torch.cuda.get_device_capability(self.device) >= (8, 0)

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
        """The arguments of ``generate``: the request's token limit; greedy unless a temperature is set.

        ``top_p`` is there for functions of repositories that set one of their own where none is given.
        """
        sampling = {"do_sample": True, "temperature": self.settings.temperature}
        return {
            "max_new_tokens": request.max_tokens,
            "top_p": 1.0,
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
