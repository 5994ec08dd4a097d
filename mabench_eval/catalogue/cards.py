"""The kinds of card, field by field. The schema of a card file is its dataclass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from mabench_eval.types import AnswerKind

Tier = Literal["perceptual recognition", "relational comprehension", "interpretive reasoning"]

Proof = Literal["itself", "scripted server", "real code, random weights", "stand-in", "not run"]
"""``itself``: the model as it is. ``scripted server``: an endpoint that plays it. ``real code, random weights``: its
family's code, from the copy that ``proof`` names. ``stand-in``: code of ours that is called as its is. Only ``itself``
speaks of scores."""


@dataclass(frozen=True, slots=True)
class TaskCard:
    """One task: what is asked, how it is answered, how it is scored."""

    name: str
    """Short name as in the question files, e.g. ``CMAR``."""
    full_name: str
    tier: Tier
    answer: AnswerKind
    """``choice``, ``yes_no`` or ``text``."""
    system_prompt: str
    user_prompt: str
    """Template of the user message; ``{question}`` stands once for the question as printed."""
    max_tokens: int
    """Token limit of the answer."""
    version: int
    """Raised with every change that changes what is asked."""
    options: tuple[str, ...] = ()
    """Letters a choice may have, or ``Yes`` and ``No``; empty for text."""
    chance: float | None = None
    """Accuracy of a uniform guess, 0-1 (a card may say ``1/7``); None for text."""
    metric: Literal["accuracy", "levels"] = "accuracy"
    """``accuracy`` for closed tasks, ``levels`` (0-5 each, from a judge) for open ones."""
    levels: tuple[str, ...] = ()
    """Levels a judge scores, e.g. L1, L2, L3; empty for closed tasks."""
    rubric: str | None = None
    """File name of the rubric in the judges folder; None for closed tasks."""
    source: Path | None = None
    """The card's file."""

    @property
    def closed(self) -> bool:
        """Whether the answer is read and compared (True) or judged (False)."""
        return self.answer is not AnswerKind.TEXT


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model: who it is and which engine runs it."""

    name: str
    engine: str
    """``python`` for a file beside the card (same stem) that registers the model."""
    description: str
    needs_frames: bool = True
    """False: the model does not look; no clip is opened and the clip folder may be absent."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Handed to the engine; part of the model's identity. Paths in a card's file are relative to it (``PATHS``)."""
    proven: Proof = "not run"
    """How far this project has run it, with the engine of its card."""
    proof: str = ""
    """On what: which copy of whose code, which packages, what was faked, what was only read; and by other engines."""
    version: int = 1
    source: Path | None = None
    """The card's file."""

    @property
    def how_proven(self) -> str:
        """How far this project has run it, and on what."""
        return f"{self.proven}; {self.proof}" if self.proof else self.proven


LOCAL_ENGINES = ("vllm", "transformers", "adapter")
"""Engines that run a checkpoint on this machine."""
ENVIRONMENTS: Mapping[str, str] = MappingProxyType({"vllm": "vllm-0.33", "transformers": "transformers-5"})
"""For the models that transformers itself knows."""


def environments_of(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """Engines that can run a checkpoint, the best first, each with the environment that it is meant to run in.

    Those that its settings name; else ``ENVIRONMENTS``, or none where an adapter runs it.
    """
    named = settings.get("environments")
    if named and isinstance(named, Mapping):  # a card's settings are looked at by its engine alone
        return named
    return {} if settings.get("adapter") else dict(ENVIRONMENTS)


PATHS = ("repo", "lora", "train_data")
"""Settings that may name a file or folder."""


def with_own_paths(settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The settings of a card in ``folder``: what is there by its path from the card is meant, as for the card's code.

    So a folder of cards and weights works from any working folder. Anything else stays as it is: a repository on the
    hub, an absolute path, a path from the working folder.
    """

    def own(value: Any) -> Any:
        return str(folder / value) if isinstance(value, str) and value and (folder / value).exists() else value

    return {name: own(value) if name in PATHS else value for name, value in settings.items()}


@dataclass(frozen=True, slots=True)
class JudgeCard:
    """One judge: who scores the open answers."""

    name: str
    engine: str
    """``python`` for a file beside the card (same stem) that registers the judge."""
    description: str
    official: bool = False
    """Whether this is the paper's judge; tables mark the others."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Handed to the engine; part of the judge's identity."""
    version: int = 1
    source: Path | None = None
    """The card's file."""


@dataclass(frozen=True, slots=True)
class TrackerCard:
    """One tracker: who follows the body parts of a clip; the code beside the card (same stem) registers it."""

    name: str
    description: str
    licence: str
    """Of its code and weights, as SPDX names it; shown, and recorded with all that is made of its tracks."""
    draft: bool = False
    """Whether its tracks are a first look alone, on which no question should rest."""
    environment: str | None = None
    """The environment that it runs in; None: the installed packages will do."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Handed to the tracker; part of its identity."""
    proven: Proof = "not run"
    """How far this project has run it."""
    proof: str = ""
    """On what, as of a model."""
    version: int = 1
    source: Path | None = None
    """The card's file."""


@dataclass(frozen=True, slots=True)
class EnvironmentCard:
    """One set of packages that some models and trackers need and others do not bear."""

    name: str
    description: str
    python: tuple[str, ...]
    """Versions of Python that will do, the best first, e.g. ``3.11``."""
    packages: tuple[str, ...]
    """Requirements as pip takes them, pinned where it matters."""
    alone: tuple[str, ...] = ()
    """Requirements that are installed last and without what they ask for, where that would not go with the rest."""
    source: Path | None = None
    """The card's file."""
