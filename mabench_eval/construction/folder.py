"""The folder of a benchmark in the making: its settings, its clips, and where everything stands in it.

=====================  ===============================================================================================
``build.yaml``         all settings
``actions.csv``        the labels that clips may have
``clips.jsonl``        the clips that are in, by name: a ``ClipRow`` a line
``left_out.jsonl``     the clips and labels that are not, and why
``journal.jsonl``      one record a finished unit of work; never rewritten
``tracks/NAME.npz``    where the body parts of a clip are
``descriptors/``       one descriptor a clip; ``descriptors.jsonl`` holds them all, in the clips' order
``reviews/NAME/``      the journal of a reviewer: blind answers, decisions
``captions/``          one caption a clip; ``captions.jsonl`` holds them all, in the clips' order
``verified.jsonl``     what rules and models say of the questions: a ``Verification`` a line
``overlays/``          pictures of clips with what was found in them
``questions.jsonl``    the questions, in random order; ``wordings.jsonl`` has the words of each statement
``workers.log``        what trackers printed the last time
=====================  ===============================================================================================
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from mabench_eval.auditing import PER_CLIP
from mabench_eval.catalogue import read_card
from mabench_eval.construction.descriptors import Descriptor
from mabench_eval.construction.sides import Sides
from mabench_eval.errors import InputError
from mabench_eval.journal import write_json_lines, write_text
from mabench_eval.runfiles import BUILD, each_line, is_build, to_json

Row = TypeVar("Row")
SCHEMA = 1
"""Of ``build.yaml`` and of the files beside it."""
SETTINGS, CLIPS, LEFT_OUT, ACTIONS = BUILD, "clips.jsonl", "left_out.jsonl", "actions.csv"
DESCRIPTORS, CAPTIONS = "descriptors.jsonl", "captions.jsonl"
QUESTIONS, VERIFIED, GATE, REVIEWS = "questions.jsonl", "verified.jsonl", "gate.json", "reviews"
HEADER = "# Settings of a benchmark under construction; `mabench-eval build DIR` goes by them.\n"


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What ``build.yaml`` says; paths are absolute."""

    schema: int
    clips: str
    """Folder of the clips."""
    labels: str
    """File of their labels."""
    label_names: str | None = None
    """File that says which action a number is; None: ``label_name.txt`` beside the labels."""
    taxonomy: str | None = None
    """Table of the actions; None: the 52 of MA-52."""
    sides: Sides = "viewer"
    """Whose left and right name body parts."""
    subjects: str | None = None
    """Regular expression that finds the person in a clip's name: its first group, or all that it matches."""
    tracker: str = "pose-flow"
    tracker_settings: Mapping[str, Any] = field(default_factory=dict)
    """In place of the tracker's own."""
    questions: Mapping[str, int] = field(default_factory=lambda: dict(PER_CLIP))
    """Task -> questions of it on every clip."""
    seed: int = 0
    """Of all that is drawn."""
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Role (``writer``, ``reworder``, ``verifier``, ``blind``, ``see``) -> ``name`` of a model of the catalogue, and
    ``settings`` in place of its card's; a role that is not there is done offline, or not at all."""
    include: tuple[str, ...] = ()
    """Files and folders of code and cards of one's own."""
    source: Path | None = None
    """The file."""


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip that is in: a line of ``clips.jsonl``."""

    clip: str
    """Its name: without folder and suffix."""
    file: str
    """In the folder of the clips."""
    sha256: str
    """Of the file's bytes."""
    frames: int
    seconds: float
    fps: float
    width: int
    """Pixels, as shown."""
    height: int
    code: str
    """Of its action."""
    fine: str
    """Its action."""
    coarse: str
    """Its body part."""
    subject: str | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not in, and why: a line of ``left_out.jsonl``."""

    clip: str | None
    """None: a label of no clip."""
    problem: str


@dataclass(frozen=True, slots=True)
class BuildFolder:
    """A folder that has been begun."""

    path: Path
    settings: BuildSettings

    def clips(self) -> list[ClipRow]:
        """The clips that are in, by name. Raises InputError for a file that is damaged."""
        return list(_each_row(ClipRow, self.path / CLIPS, "init"))

    def descriptors(self) -> Iterator[Descriptor]:
        """What was measured on each clip that is described, in the clips' order, one in memory at a time.

        Raises InputError where nothing is described yet, and for a file that is damaged.
        """
        return _each_row(Descriptor, self.path / DESCRIPTORS, "track")

    def left_out(self) -> list[LeftOut]:
        """What is not in. Raises InputError for a file that is damaged."""
        return list(_each_row(LeftOut, self.path / LEFT_OUT, "init"))

    def file_of(self, clip: ClipRow) -> Path:
        """The clip's file."""
        return Path(self.settings.clips, clip.file)


def open_build(path: Path) -> BuildFolder:
    """A folder that was begun by ``init``. Raises InputError where there is none, and for settings that do not fit."""
    if not is_build(path):
        raise InputError(
            f"{path} is no benchmark under construction: it has no {SETTINGS}",
            hint=f"Begin one: mabench-eval build {path} init --clips DIR --labels FILE",
        )
    settings = read_card(path / SETTINGS, BuildSettings)
    if settings.schema > SCHEMA:
        raise InputError(
            f"{path / SETTINGS}: schema {settings.schema} is of a later version of this library, which knows {SCHEMA}"
        )
    return BuildFolder(path, settings)


def write_settings(path: Path, settings: BuildSettings) -> BuildFolder:
    """Write ``build.yaml``, where it says something else; what is not set is left out."""
    rows = asdict(replace(settings, source=None))
    given = {name: value for name, value in rows.items() if value not in (None, {}, ())}
    text = HEADER + yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=1000)
    file = path / SETTINGS
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        write_text(file, text)
    return BuildFolder(path, settings)


def write_rows(file: Path, rows: Iterable[Any]) -> None:
    """Replace a file of JSON lines by these dataclasses."""
    write_json_lines(file, map(to_json, rows))


def absolute(path: Path | str) -> str:
    """A path as it stands in ``build.yaml``."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - links stay as the user named them


def _each_row(kind: type[Row], file: Path, step: str) -> Iterator[Row]:
    """The lines of a file that a step writes."""
    again = f"mabench-eval build {file.parent} {step} writes it anew."
    if not file.is_file():
        raise InputError(f"{file} is missing", hint=again)
    return each_line(kind, file, again)
