"""What Python code adds to the catalogue: models, judges and trackers, by decorator.

The registry below is the one piece of process-wide state: a decorator has nowhere else to put what it is given.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mabench_eval.catalogue.modules import MODULE, folder_of, is_installed
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
    """Whether it looks at the pictures of clips."""
    files: Mapping[Path, str] = field(default_factory=dict)
    """That file and the one that registers it, often the same -> the package in which its relative imports begin."""
    folder: Path | None = None
    """The folder that they were imported with as a package."""
    depends: Mapping[str, Path] = field(default_factory=dict)
    """Files and folders that it reads besides: as it names them -> where they are."""
    code: Callable[..., Any] | None = None
    """The function or class that says what it does, where ``target`` is an object; None: ``target`` itself."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """What such an object holds, or a function was given from around it, as far as answers depend on it."""


@dataclass(slots=True)
class Registry:
    """Registered models, judges and trackers, by name."""

    models: dict[str, Registration] = field(default_factory=dict)
    judges: dict[str, Registration] = field(default_factory=dict)
    trackers: dict[str, Registration] = field(default_factory=dict)

    @property
    def tables(self) -> Mapping[str, dict[str, Registration]]:
        """Kind -> what is registered of it."""
        return {"model": self.models, "judge": self.judges, "tracker": self.trackers}

    def add(self, kind: str, new: Registration) -> None:
        """Take in a registration; the same name from another file is an error, from the same file a new version.

        Cells of a notebook are one file.
        """
        table = self.tables[kind]
        old = table.get(new.name)
        if old is not None and old.source != new.source and (old.source.is_file() or new.source.is_file()):
            raise InputError(f"{kind} {new.name!r} is defined twice: in {old.source} and in {new.source}")
        table[new.name] = new


REGISTRY = Registry()


def register_model(
    name: str, *, needs_frames: bool = True, depends: Sequence[str | Path] = ()
) -> Callable[[Target], Target]:
    """Make a function or class a model of the catalogue.

    A function is called as ``f(frames, prompt) -> str`` once a question: ``frames`` is uint8 (T, H, W, 3) RGB,
    ``prompt`` the system and the user prompt, a blank line between. A class is made as ``C(settings, seed)`` and
    has ``generate(work) -> iterator of Response`` (see :class:`mabench_eval.engines.Model`).

    ``needs_frames=False``: the model does not look; no clip is opened and ``frames`` is empty.
    ``depends``: data files that it reads, weights for one, or folders of them, relative to the file that registers it;
    their content is part of the model's identity, as its code is. One that is missing is an error on use.
    """
    return _register("model", name, depends, needs_frames=needs_frames)


def register_judge(name: str, *, depends: Sequence[str | Path] = ()) -> Callable[[Target], Target]:
    """Make a function ``f(request: JudgeRequest) -> Judgment`` a judge of the catalogue; ``depends`` as for models."""
    return _register("judge", name, depends, needs_frames=False)


def register_tracker(name: str, *, depends: Sequence[str | Path] = ()) -> Callable[[Target], Target]:
    """Make a function or class a tracker of the catalogue.

    A function is called as ``f(clip: ClipToTrack) -> TrackedClip``. A class is made as ``C(settings)`` when the first
    clip comes, and has ``track(clip) -> TrackedClip`` (see :class:`mabench_eval.Tracker`); by static methods
    ``problems(settings)`` it says what is missing here, and ``identity(settings)`` what its tracks depend on where
    settings name files.

    A clip is decoded when its ``pictures()`` are asked for; of a tracker that never does, none is. ``depends``: as for
    models.
    """
    return _register("tracker", name, depends, needs_frames=False)


def register_object(
    name: str, target: Callable[..., Any], *, code: Callable[..., Any], state: Mapping[str, Any], needs_frames: bool
) -> None:
    """Make an object a model of this process: as ``register_model``, without a decorator.

    ``code``: the function or class that says what it does; ``state``: what else its answers depend on.
    """
    source = _source(code)
    files = {source: _package(code.__module__)} if source.is_file() else {}
    folder = folder_of(code.__module__)
    REGISTRY.add("model", Registration(name, target, source, needs_frames, files, folder, code=code, state=state))


def _register(kind: str, name: str, depends: Sequence[str | Path], *, needs_frames: bool) -> Callable[[Target], Target]:
    if isinstance(depends, str | Path):
        raise InputError(f"{kind} {name!r}: depends={str(depends)!r} must be a list of files")
    caller = sys._getframe(2)  # of register_model and its like
    module = caller.f_globals.get("__name__", "")
    home = Path(caller.f_code.co_filename).absolute()
    beside = home.parent if home.is_file() else Path.cwd()

    def decorate(target: Target) -> Target:
        source = _source(target)
        if not source.is_file() or (is_installed(source) and not is_installed(home)):
            source = home if home.is_file() else source
        files = {source: _package(target.__module__), home: _package(module)}
        registration = Registration(
            name,
            target,
            source,
            needs_frames,
            {file: package for file, package in files.items() if file.is_file()},
            folder_of(module),
            {str(file): beside / Path(file).expanduser() for file in depends},
        )
        REGISTRY.add(kind, registration)
        return target

    return decorate


def _source(target: Callable[..., Any]) -> Path:
    """The file that a function or class is defined in, below its decorators; in a session ``<stdin>`` and the like."""
    try:
        file = Path(inspect.getsourcefile(inspect.unwrap(target)) or "<interactive>")
    except (OSError, TypeError):  # a class defined in a session, an instance, a partial
        return Path("<interactive>")
    return file.absolute() if file.is_file() else file


def _package(module: str) -> str:
    """The package that a module lies in; empty for one that was imported from a file or folder of the catalogue."""
    return "" if module.startswith(MODULE) else getattr(sys.modules.get(module), "__package__", None) or ""
