"""What a card, and the command line, may say of a model that runs on this machine."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mabench_eval.catalogue import environments_of
from mabench_eval.journal import file_digest

AnswerMode = Literal["generate", "constrained", "logprob"]
"""``generate``: free text, read like any reply (the paper's). ``constrained``: the engine allows nothing but an option
of the question. ``logprob``: the option of the highest log-probability after the prompt, with its margin. Open
questions are always generated."""


@dataclass(frozen=True, slots=True)
class FurtherRepo:
    """A repository that a model's own code loads besides, by a name that stands in its code or configuration."""

    repo: str
    """As the code names it, e.g. ``bert-base-uncased``."""
    revision: str | None = None
    """The commit that is loaded, wherever its branch has moved; None: the newest."""
    files: tuple[str, ...] = ()
    """What of it is loaded, e.g. ``[config.json]``; empty: the configuration and the weights."""
    gigabytes: float = 0.0
    """Of what is loaded, about; 0: too little to count."""
    gated: bool = False
    """Whether the hub asks for a login that has accepted its licence."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Settings of a checkpoint. The first group is part of the model's identity: answers depend on it."""

    repo: str
    """Repository on the hub, or a folder."""
    revision: str | None = None
    """Commit, branch or tag on the hub; None: the newest. A commit also allows the repository's own code."""
    input: Literal["video", "images"] = "video"
    """How frames are given: as one video with its times, or as images in order."""
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    """``auto``: as the checkpoint says."""
    answers: AnswerMode = "generate"
    processor: Mapping[str, Any] = field(default_factory=dict)
    """Further settings of the checkpoint's processor, e.g. ``{max_dynamic_patch: 1}``: one tile a frame."""
    lora: str | None = None
    """Folder or repository of a LoRA adapter."""
    temperature: float = 0.0
    """0: greedy."""
    also_loads: tuple[FurtherRepo, ...] = ()
    """Repositories that the model's own code loads by itself."""

    environments: Mapping[str, str] = field(default_factory=dict)
    """Engines that can run it, the best first, each with the environment that it is known or meant to run in. None
    given: those of ``environments_of``; or, with an adapter, that one with the packages that are installed."""
    adapter: str | None = None
    """Python file that calls the repository's own code, by its place beside the card (engine adapter)."""
    own_code: bool = False
    """Whether the repository brings code of its own, which has to be allowed."""
    frame_tokens: int | None = None
    """Visual tokens of one frame of 1080x1296; None: not known."""
    frames_multiple: int = 1
    """The number of frames must be a multiple of it: the model reads so many together."""
    needs_cuda: bool = False
    """Whether the repository's code puts tensors on an NVIDIA GPU by itself, so that nothing else will do."""
    frames_without_cuda: tuple[int, ...] = ()
    """The only numbers of frames at which that code does not: with any other it wants a GPU. Empty: all, or none."""
    attention: tuple[Literal["flash_attention_2", "sdpa", "eager"], ...] = ()
    """What the repository's code can compute attention with besides ``eager``, the best first (engine adapter)."""
    heads: int | None = None
    """Attention heads of a layer of the language model, for the memory of ``eager``; None: not known."""
    context: int | None = None
    """Tokens that the model can read; None: as its configuration says."""
    licence: str = ""
    gated: bool = False
    """Whether the hub asks for a login that has accepted the licence."""
    trust_remote_code: bool = False
    """Whether code from the repository may run."""
    device: str = "auto"
    """``auto``: accelerate places the weights; else ``cpu``, ``cuda:0``, ..."""
    tensor_parallel: int = 1
    """GPUs that one copy of the model is spread over (vllm)."""
    gpu_memory: float = 0.9
    """Share of a GPU's memory to take, 0-1 (vllm)."""
    max_model_len: int | None = None
    """Tokens of prompt and answer together; None: what the frames and the longest answer need."""
    vllm: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of vLLM's engine by their names there, e.g. ``{max_num_seqs: 256}``; ``--set vllm.NAME=VALUE``
    gives one. Those that answers depend on are part of the identity."""
    batch: int = 12
    """Questions at once (transformers); halved when memory runs out."""

    def __post_init__(self) -> None:
        named = {"environments": self.environments, "adapter": self.adapter}
        object.__setattr__(self, "environments", environments_of(named))

    @property
    def engines(self) -> tuple[str, ...]:
        """Engines that can run it."""
        return tuple(self.environments) or ("adapter",)

    @property
    def remote_code(self) -> bool:
        """Code from the repository runs only by a pinned commit, or when it is asked for. Branches and tags move."""
        return self.trust_remote_code or re.fullmatch(r"[0-9a-f]{40}", self.revision or "") is not None


IDENTITY = ("repo", "revision", "input", "dtype", "processor", "answers", "lora", "temperature")
"""Fields that an answer depends on."""
SMALL = 2 << 20
"""Bytes of a file up to which it goes into the sum of its folder as it is."""


def identity_of(settings: LocalSettings) -> dict[str, Any]:
    """The identity's fields; a folder, of weights or of an adapter, counts by its content, not by its place.

    Repositories that are loaded besides are left out where there are none: the keys of most models are older.
    """
    given: dict[str, Any] = {name: getattr(settings, name) for name in IDENTITY}
    given |= {name: _by_content(given[name]) for name in ("repo", "lora") if given[name]}
    if settings.also_loads:
        given["also_loads"] = [[_by_content(each.repo), each.revision] for each in settings.also_loads]
    return given


def _by_content(repo: str) -> str:
    """The sum of a folder's files; the name of what is no folder."""
    return f"sha256:{_content(Path(repo).expanduser())}" if is_folder(repo) else repo


def is_folder(repo: str) -> bool:
    """Whether a repository is a folder on this machine."""
    return Path(repo).expanduser().is_dir()


def _content(folder: Path) -> str:
    """sha256 over the folder's files: names, sizes, and all bytes of each.

    Small files go in as they are and large ones by their own sha256, so that a folder of small ones has the sum that it
    had when of large ones only the first and the last mebibyte were read.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        size = path.stat().st_size
        digest.update(json.dumps([path.relative_to(folder).as_posix(), size]).encode())
        digest.update(path.read_bytes() if size <= SMALL else file_digest(path).encode())
    return digest.hexdigest()
