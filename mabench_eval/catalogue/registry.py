"""What Python code adds to the catalogue: models and judges, by decorator.

The registry below is the one piece of process-wide state: a decorator has nowhere else to put what it is given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mabench_eval.errors import InputError

Target = TypeVar("Target", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Registration:
    """One registered function or class."""

    name: str
    target: Callable[..., Any]
    source: Path
    """The file it was defined in (``<stdin>`` and the like for interactive code)."""
    needs_frames: bool = True


@dataclass(slots=True)
class Registry:
    """Registered models and judges, by name."""

    models: dict[str, Registration] = field(default_factory=dict)
    judges: dict[str, Registration] = field(default_factory=dict)

    def add(self, kind: str, new: Registration) -> None:
        """Take in a registration; the same name from another file is an error, from the same file a new version."""
        table = self.models if kind == "model" else self.judges
        old = table.get(new.name)
        if old is not None and old.source != new.source:
            raise InputError(f"{kind} {new.name!r} is defined twice: in {old.source} and in {new.source}")
        table[new.name] = new


REGISTRY = Registry()


def register_model(name: str, *, needs_frames: bool = True) -> Callable[[Target], Target]:
    """Make a function or class a model of the catalogue.

    A function is called as ``f(frames, prompt) -> str`` once a question: ``frames`` is uint8 (T, H, W, 3) RGB,
    ``prompt`` the system and the user prompt, a blank line between. A class is made as ``C(settings, seed)`` and
    has ``generate(work) -> iterator of Response`` (see :class:`mabench_eval.engines.Model`).
    ``needs_frames=False``: the model does not look; no clip is opened and ``frames`` is empty.
    """
    return _register("model", name, needs_frames)


def register_judge(name: str) -> Callable[[Target], Target]:
    """Make a function ``f(request: JudgeRequest) -> Judgment`` a judge of the catalogue."""
    return _register("judge", name, needs_frames=False)


def _register(kind: str, name: str, needs_frames: bool) -> Callable[[Target], Target]:
    def decorate(target: Target) -> Target:
        REGISTRY.add(kind, Registration(name, target, _source(target), needs_frames))
        return target

    return decorate


def _source(target: Callable[..., Any]) -> Path:
    try:
        return Path(inspect.getsourcefile(target) or "<interactive>")
    except TypeError:  # a class defined in an interactive session has no file
        return Path("<interactive>")
