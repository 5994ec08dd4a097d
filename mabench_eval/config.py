"""All the choices of a run, as given on the command line or to ``evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mabench_eval.errors import InputError


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
    frames: int = 8
    """Frames a clip."""
    sampling: str = "uniform"
    """Frame sampling rule: ``uniform``, ``endpoints``, ``starter-kit``."""
    decoder: str | None = None
    """``decord`` or ``pyav``; None: whichever is installed, decord first. Both give the same pixels."""
    judge: str = "lexical"
    """Judge of the open tasks, by name; ``none`` leaves them unjudged."""
    seed: int = 0
    limit: int | None = None
    """First so many clips only."""
    shard: tuple[int, int] | None = None
    """(i, n): the i-th of n parts of the clips."""
    output: Path = Path("results")
    """Results go to ``<output>/<model>/<run id>/``."""
    include: tuple[Path, ...] = ()
    """Python files, and folders with tasks/, models/, judges/, that join the catalogue."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "clips", None if self.clips is None else Path(self.clips))
        object.__setattr__(self, "prompts", None if self.prompts is None else Path(self.prompts))
        object.__setattr__(self, "output", Path(self.output))
        object.__setattr__(self, "include", tuple(Path(path) for path in self.include))
        if self.limit is not None and self.limit < 1:
            raise InputError(f"--limit must be at least 1 clip, got {self.limit}")
