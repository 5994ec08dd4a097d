"""All the choices of a run, as given on the command line or to ``evaluate``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from mabench_eval.errors import InputError
from mabench_eval.video import MODES, InputMode

SETTING_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "base_url": "--base-url",
        "model_id": "--model-id",
        "key_env": "--api-key-env",
        "concurrency": "--concurrency",
        "max_retries": "--max-retries",
        "request_timeout": "--request-timeout",
        "jpeg_quality": "--jpeg-quality",
        "max_side": "--max-side",
        "answers": "--answers",
        "lora": "--lora",
        "dtype": "--dtype",
        "device": "--device",
        "tensor_parallel": "--tensor-parallel",
        "gpu_memory": "--gpu-memory",
        "max_model_len": "--max-model-len",
        "train_data": "--train-data",
    }
)
"""Engine setting -> its option on the command line."""
JUDGE_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "base_url": "--judge-base-url",
        "model_id": "--judge-model",
        "key_env": "--judge-api-key-env",
        "concurrency": "--judge-concurrency",
    }
)
"""The same for the judges."""


def judge_words(settings: Mapping[str, Any]) -> list[str]:
    """The words of the command line that give the judges' settings."""
    return [word for name, value in settings.items() for word in (JUDGE_FLAGS[name], str(value))]


def setting_words(name: str, value: Any) -> tuple[str, str]:
    """The words of the command line that give a setting: its own option, or ``--set NAME=VALUE``."""
    return (SETTING_FLAGS[name], str(value)) if name in SETTING_FLAGS else ("--set", f"{name}={json.dumps(value)}")


STARTER_KIT: Mapping[str, Any] = MappingProxyType(
    {"frames": 8, "sampling": "starter-kit", "jpeg_quality": 95, "max_side": None, "instructions": "system"}
)
"""What the challenge's official runner sends."""


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What to evaluate, on what, and where the results go. The defaults are the paper's."""

    model: str
    """Name of a model in the catalogue."""
    tasks: str = "all"
    """``all``, ``closed``, ``open``, a tier, task names; a comma list of them."""
    data: str = "demo"
    """A question file or folder, ``demo``, ``hub``."""
    clips: Path | None = None
    """Clip folder; None: ``videos/`` beside the question file."""
    prompts: Path | None = None
    """YAML or JSON file with prompts of one's own, task -> prompt; None: the catalogue's."""
    instructions: Literal["user", "system"] = "user"
    """Where a task's words stand: in the user message, after the frames, so that all questions on a clip begin alike;
    or in the system message, as the challenge's official runner has it."""
    shots: int = 0
    """Few-shot examples a question; 0 is the paper's protocol."""
    shots_data: str | None = None
    """Labelled question file that the examples come from."""
    shots_frames: bool = False
    """Whether the examples come with the frames of their clips."""
    frames: int = 8
    """Frames a clip."""
    sampling: str = "uniform"
    """Frame sampling rule: ``uniform``, ``endpoints``, ``starter-kit``."""
    input: InputMode = "video"
    """What is shown of a clip: the benchmark's ``video``, or less, to see what it is worth."""
    decoder: str | None = None
    """``decord`` or ``pyav``; None: whichever is installed, decord first. Both give the same pixels."""
    engine: str | None = None
    """Engine, in place of the card's; with one, a model needs no card."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the engine, in place of the card's."""
    max_cost: float | None = None
    """US dollars, of model and judges together, after which nothing more is asked; None: no limit."""
    judge: str = "lexical"
    """Judges of the open tasks, a comma list of names (several are a panel); ``none`` leaves them unjudged."""
    judge_settings: Mapping[str, Any] = field(default_factory=dict)
    """``base_url``, ``model_id``, ``key_env`` of the judge ``openai``; ``concurrency`` of every judge."""
    flags: Path | None = None
    """Flags on questions, from an audit: accuracies without the flagged stand beside the official ones."""
    seed: int = 0
    repeats: int = 1
    """How often every question is asked; figures are means over its answers."""
    circular: bool = False
    """Whether choices are asked with every rotation of their options too, for figures of their own."""
    limit: int | None = None
    """First so many clips only."""
    shard: tuple[int, int] | None = None
    """(i, n): the i-th of n parts of the clips."""
    output: Path = Path("results")
    """Results go to ``<output>/<model>/<run id>/``."""
    include: tuple[Path, ...] = ()
    """Python files, and folders with tasks/, models/, judges/, environments/, that join the catalogue."""
    workers: int | Literal["auto"] | None = None
    """Workers on Ray; ``auto``: one a GPU, or one a core where there is none; None: the model runs in this process."""
    ray: str | None = None
    """Address of a Ray cluster; None: one is started on this machine."""
    ship_clips: bool = False
    """Whether clips are sent to the workers, which else read them from the same folder."""
    env: str = "current"
    """Environment of the workers: ``auto``, the one that the model's card names, or a name. Without workers what the
    command line's ``--env`` said, which starts the process that runs; nothing else can change it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "clips", None if self.clips is None else Path(self.clips))
        object.__setattr__(self, "prompts", None if self.prompts is None else Path(self.prompts))
        object.__setattr__(self, "flags", None if self.flags is None else Path(self.flags))
        object.__setattr__(self, "output", Path(self.output))
        object.__setattr__(self, "include", tuple(Path(path) for path in self.include))
        if self.shots < 0 or (self.shots > 0) != (self.shots_data is not None):
            raise InputError("--shots K and --shots-data FILE go together: K examples a question, from a labelled file")
        if self.input not in MODES:
            raise InputError(f"--input {self.input}: one of {', '.join(MODES)}")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"--limit must be at least 1 clip, got {self.limit}")
        if self.workers is None and (self.ray is not None or self.ship_clips):
            object.__setattr__(self, "workers", "auto")
        if isinstance(self.workers, int) and self.workers < 1:
            raise InputError(f"--workers must be at least 1, or auto, got {self.workers}")
        if self.repeats < 1:
            raise InputError(f"--repeats must be at least 1, got {self.repeats}")
