"""All choices of a run, as given on the command line or to ``evaluate``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from mabench_eval.errors import InputError
from mabench_eval.video import DECODERS, MODES, DecoderName, InputMode

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
        "send": "--send",
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


def endpoint_flags(role: str) -> dict[str, str]:
    """The same for the endpoint of a model in another role than the model under test: ``judge``, ``writer``."""
    return {"base_url": f"--{role}-base-url", "model_id": f"--{role}-model", "key_env": f"--{role}-api-key-env"}


JUDGE_FLAGS: Mapping[str, str] = MappingProxyType({**endpoint_flags("judge"), "concurrency": "--judge-concurrency"})
"""The same for the judges."""


def judge_arguments(settings: Mapping[str, Any]) -> list[str]:
    """The arguments of the command line that give the judges' settings."""
    return [argument for name, value in settings.items() for argument in (JUDGE_FLAGS[name], str(value))]


def setting_arguments(name: str, value: Any) -> tuple[str, str]:
    """The arguments of the command line that give a setting: its own option, or ``--set NAME=VALUE``."""
    if name == "lora" and value is None:
        return SETTING_FLAGS[name], "none"
    return (SETTING_FLAGS[name], str(value)) if name in SETTING_FLAGS else ("--set", f"{name}={json.dumps(value)}")


STARTER_KIT: Mapping[str, Any] = MappingProxyType(
    {
        "frames": 8,
        "sampling": "starter-kit",
        "jpeg_quality": 95,
        "max_side": None,
        "send": "images",
        "frame_times": False,
        "instructions": "system",
    }
)
"""What the challenge's official runner sends."""


LONGEST_NAME = 80
"""Characters of a run's name."""


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What to evaluate, on what, and where the results go. The defaults are the paper's."""

    model: str
    """Name of a model in the catalogue."""
    tasks: str = "all"
    """``all``, ``closed``, ``open``, a tier, task names; a comma list of them."""
    data: str = "demo"
    """A question file or folder, ``demo``, ``hub``."""
    name: str | None = None
    """What tables, pages and plots call the run, in at most 80 characters; None: as its model. It is in no key and no
    part of the run's identity: the last command that made the run says it."""
    clips: Path | None = None
    """Clip folder; None: ``videos/`` beside the question file."""
    prompts: Path | None = None
    """YAML or JSON file with other prompts, task -> prompt; None: the catalogue's."""
    instructions: Literal["user", "system"] = "user"
    """Where a task's instructions stand: in the user message, after the frames, so that all questions on a clip begin
    alike; or in the system message, as the challenge's official runner has it."""
    shots: int = 0
    """Few-shot examples a question; 0 is the paper's protocol."""
    shots_data: str | None = None
    """Labelled question file that the examples come from."""
    shots_frames: bool = False
    """Whether the examples come with the frames of their clips."""
    frames: int = 8
    """Frames a clip."""
    sampling: str | None = None
    """Frame sampling rule: ``uniform``, ``endpoints``, ``starter-kit``, ``llamafactory``. None: the one that
    the model's LoRA adapter was trained by, where its ``corpus.json`` says so; else ``uniform``."""
    input: InputMode = "video"
    """What is shown of a clip: the benchmark's ``video``, or less, to measure what the rest is worth."""
    decoder: DecoderName = "pyav"
    """What decodes plain clips: to the same frames, so it is in no key. All others PyAV decodes."""
    engine: str | None = None
    """Engine, in place of the card's; with one, a model needs no card."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Engine settings, in place of the card's."""
    max_cost: float | None = None
    """US dollars for model and judges together, above 0; a call that might pass them is not made. None: no limit."""
    judge: str = "lexical"
    """Judges of the open tasks, a comma list of names (several are a panel); ``none`` leaves them unjudged."""
    judge_settings: Mapping[str, Any] = field(default_factory=dict)
    """``base_url``, ``model_id``, ``key_env`` of the judge ``openai``; ``concurrency`` of every judge."""
    flags: Path | None = None
    """File of flags on questions, from an audit: accuracies without them are reported beside the official ones."""
    seed: int = 0
    repeats: int = 1
    """Times that every question is asked; figures are means over its answers."""
    circular: bool = False
    """Whether choices are also asked with every rotation of their options, for separate figures."""
    limit: int | None = None
    """The first so many clips only; at least 1."""
    shard: tuple[int, int] | None = None
    """(i, n): the i-th of n parts of the clips."""
    output: Path = Path("results")
    """Results go to ``<output>/<model>/<run id>/``."""
    include: tuple[Path, ...] = ()
    """Python files, and folders with tasks/, models/, judges/, environments/, to add to the catalogue."""
    workers: int | Literal["auto"] | None = None
    """Workers on Ray; ``auto``: one a GPU, or one a core where there is none; None: the model runs in this process."""
    ray: str | None = None
    """Address of a Ray cluster; None: one is started on this machine."""
    ship_clips: bool = False
    """Whether clips are sent to the workers; otherwise they read them from the same folder."""
    env: str = "current"
    """Environment of the workers: ``auto``, the one that the model's card names, or a name. Without workers it is the
    one that the command line's ``--env`` started this process in; nothing else can change it."""
    batch: bool = False
    """Whether model and judges are asked by batches where their endpoints have them. It is in no key: a run goes on
    with it or without."""
    skip_missing_clips: bool = False
    """Whether to go on without clips whose files are missing or broken: their questions have no answer, and coverage
    falls. It is in no key: the same run goes on when they are there."""
    allow_trained: bool = False
    """Whether a model may be tested on clips that its adapter was trained on; every table says so."""
    fresh: bool = False
    """Whether everything is asked again, and nothing taken over from this run's journal or from others. It is part of
    no key and no record: the same command without it goes on with the new answers."""

    def __post_init__(self) -> None:
        # Paths may be given as texts; --ray and --ship-clips imply workers. The dataclass is frozen, hence setattr.
        for name in ("clips", "prompts", "flags", "output"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else Path(value))
        object.__setattr__(self, "include", tuple(map(Path, self.include)))
        if self.workers is None and (self.ray is not None or self.ship_clips):
            object.__setattr__(self, "workers", "auto")

        if self.name is not None and not (self.name.strip() and len(self.name) <= LONGEST_NAME):
            raise InputError(f"--name: 1 to {LONGEST_NAME} characters, got {len(self.name.strip())}")
        if self.shots < 0 or (self.shots > 0) != (self.shots_data is not None):
            raise InputError("--shots K and --shots-data FILE go together: K examples a question, from a labelled file")
        if self.input not in MODES:
            raise InputError(f"--input {self.input}: one of {', '.join(MODES)}")
        if self.decoder not in DECODERS:
            raise InputError(f"--decoder {self.decoder}: one of {', '.join(DECODERS)}")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"--limit must be at least 1 clip, got {self.limit}")
        if isinstance(self.workers, int) and self.workers < 1:
            raise InputError(f"--workers must be at least 1, or auto, got {self.workers}")
        if self.repeats < 1:
            raise InputError(f"--repeats must be at least 1, got {self.repeats}")
