"""What questions are checked against: the labels, the descriptor and the caption of their clip, a clip at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from mabench_eval.construction.captions import Caption
from mabench_eval.construction.descriptors import Descriptor
from mabench_eval.construction.folder import CAPTIONS, CLIPS, DESCRIPTORS, QUESTIONS, BuildFolder, ClipRow
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.errors import InputError
from mabench_eval.journal import file_digest
from mabench_eval.runfiles import each_line

FILES = (CLIPS, DESCRIPTORS, CAPTIONS, QUESTIONS)
"""All that is looked at."""


class _OfClip(Protocol):
    @property
    def clip(self) -> str: ...


Row = TypeVar("Row", bound=_OfClip)


@dataclass(frozen=True, slots=True)
class ClipEvidence:
    """One clip, with the questions on it."""

    row: ClipRow
    descriptor: Descriptor | None
    """None: it is not described."""
    caption: Caption | None
    questions: tuple[BuiltQuestion, ...]


class Evidence:
    """The questions of a build and what is known of their clips. In memory are the questions, and one clip's rest."""

    def __init__(self, folder: BuildFolder) -> None:
        """Raises InputError where nothing has been asked yet, and for a file that is damaged."""
        self._folder, file = folder, folder.path / QUESTIONS
        again = f"mabench-eval build {folder.path} ask"
        if not file.is_file():
            raise InputError(f"{file} is missing: no questions have been made", hint=f"Make them: {again}")
        self.rows: Mapping[str, ClipRow] = {row.clip: row for row in folder.clips()}
        """Clip -> what was taken in."""
        # What an answer was read from is not looked at: the answer is worked out anew.
        self.questions = tuple(
            replace(question, evidence={}) for question in self._lines(BuiltQuestion, QUESTIONS, "ask")
        )
        """In the order of ``questions.jsonl``."""
        self._on: dict[str, list[BuiltQuestion]] = defaultdict(list)
        for question in self.questions:
            self._on[question.clip].append(question)
        if strange := sorted(self._on.keys() - self.rows.keys()):
            raise InputError(
                f"{file}: questions on clips that are not in, {strange[0]} for one", hint=f"{again} makes them anew."
            )

    @property
    def digests(self) -> dict[str, str]:
        """File -> digest, of all that is looked at."""
        there = [name for name in FILES if (self._folder.path / name).is_file()]
        return {name: file_digest(self._folder.path / name) for name in there}

    def clips(self) -> Iterator[ClipEvidence]:
        """The clips that are asked about, in the order of ``clips.jsonl``; each time anew."""
        places = {clip: place for place, clip in enumerate(self.rows)}
        descriptors = _InStep(self._lines(Descriptor, DESCRIPTORS, "track"), places)
        captions = _InStep(self._lines(Caption, CAPTIONS, "caption"), places)
        for clip, row in self.rows.items():
            if questions := self._on.get(clip):
                yield ClipEvidence(row, descriptors.of(clip), captions.of(clip), tuple(questions))

    def _lines(self, kind: type[Row], name: str, step: str) -> Iterator[Row]:
        file = self._folder.path / name
        again = f"mabench-eval build {self._folder.path} {step} writes it anew."
        return each_line(kind, file, again) if file.is_file() else iter(())


class _InStep(Generic[Row]):
    """Lines in the clips' order, with gaps, read as far as the clip in hand."""

    def __init__(self, lines: Iterator[Row], places: Mapping[str, int]) -> None:
        self._lines = (line for line in lines if line.clip in places)
        self._places = places
        self._next = next(self._lines, None)

    def of(self, clip: str) -> Row | None:
        """The line of a clip that comes behind all those that were asked for before; None: it has none."""
        while self._next is not None and self._places[self._next.clip] < self._places[clip]:
            self._next = next(self._lines, None)
        return self._next if self._next is not None and self._next.clip == clip else None
