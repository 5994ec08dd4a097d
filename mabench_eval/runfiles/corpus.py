"""What a model was trained on: the ``corpus.json`` beside a training corpus, and in the folder of every adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mabench_eval.errors import InputError
from mabench_eval.parsing import read_json
from mabench_eval.runfiles.codec import from_json

CORPUS = "corpus.json"
SCHEMA = 1
"""Of the file."""
VideoForm = Literal["frames", "clips"]
"""Whether a conversation holds pictures, or the clip itself."""


@dataclass(frozen=True, slots=True)
class TrainedClip:
    """One clip of a corpus."""

    clip: str
    """Its name."""
    sha256: str
    """Of the file's bytes."""
    persons: tuple[str, ...] = ()
    """What who is seen in it is called, in a column or by the clip's name; empty: nobody is known."""


@dataclass(frozen=True, slots=True)
class CorpusRecord:
    """A training corpus."""

    schema: int
    sha256: str
    """Of its conversations and of all that is shown with them: two corpora with one hash are the same."""
    source: str
    """Name of the benchmark or question file that it was made of."""
    tasks: Mapping[str, int]
    """Task -> conversations."""
    video: VideoForm
    sampling: Mapping[str, Any]
    """``rule`` and ``frames``: what of a clip the model sees in training; evaluation goes by the same rule."""
    clips: tuple[TrainedClip, ...]
    subjects: str
    """Regular expression that finds the person in a clip's name."""
    excluded: Mapping[str, int]
    """Why clips were left out -> how many."""
    seed: int
    recipe: str | None = None
    """``vision``, ``lm`` or ``all``, in the folder of an adapter."""


def read_corpus(folder: Path) -> CorpusRecord | None:
    """The record in a folder, or in the one above it, as LLaMA-Factory's checkpoints lie below their adapter.

    None where there is none. Raises InputError for one that is damaged.
    """
    for file in (folder / CORPUS, folder.parent / CORPUS):
        if file.is_file():
            try:
                return from_json(CorpusRecord, read_json(file), str(file))
            except OSError as error:
                raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
    return None
