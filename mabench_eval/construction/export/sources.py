"""What the stages of a build say of its questions, read for an export: no more of each file than that needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mabench_eval.construction.decisions import Decision, FinalQuestions, read_reviews, verified_questions
from mabench_eval.construction.folder import CAPTIONS, CLIPS, DESCRIPTORS, GATE, VERIFIED, BuildFolder, ClipRow
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.sides import Sides
from mabench_eval.construction.verification import Verdict, Verification
from mabench_eval.journal import file_digest, fingerprint
from mabench_eval.runfiles import read_lines, to_json
from mabench_eval.taxonomy import OFFICIAL_OPEN

Row = TypeVar("Row")
MADU, MARE = OFFICIAL_OPEN


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a clip's descriptor says of who made it."""

    clip: str
    tracker: Mapping[str, str]
    """``name``, ``version``, ``licence``."""
    sides: Sides


@dataclass(frozen=True, slots=True)
class Captioned:
    """Who wrote a reference, and on what it rests."""

    writer: str
    fell_back: str | None
    """Why the template wrote it in place of the model that was asked."""
    sentences: tuple[tuple[str, ...], ...]
    """Of each sentence the ids of the statements that it rests on."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Caption:
    """What is read of a caption."""

    clip: str
    madu: tuple[_Sentence, ...]
    mare: tuple[_Sentence, ...]
    writer: str
    fell_back: str | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that an export tells besides the questions themselves."""

    clips: Mapping[str, ClipRow]
    """By name, in their order."""
    tracked: Mapping[str, Tracked]
    captions: Mapping[str, _Caption]
    verified: Mapping[str, Verification]
    """By question id."""
    decisions: Mapping[str, Sequence[Decision]]
    """By question id."""

    def caption_of(self, question: BuiltQuestion) -> Captioned | None:
        """Who wrote the reference of an open question; None for the others."""
        caption = self.captions.get(question.clip)
        if caption is None or question.task not in (MADU, MARE):
            return None
        sentences = caption.madu if question.task == MADU else caption.mare
        return Captioned(caption.writer, caption.fell_back, tuple(sentence.statements for sentence in sentences))

    def verdicts_of(self, question: BuiltQuestion) -> tuple[Verdict, ...]:
        """What verifiers said of the question in the words that it has now."""
        found = self.verified.get(question.qid)
        return found.verdicts if found and found.digest == question.digest else ()

    def decisions_of(self, question: BuiltQuestion) -> tuple[Decision, ...]:
        """What reviewers decided, those decisions too that gave it other words."""
        return tuple(self.decisions.get(question.qid, ()))


def read_sources(folder: BuildFolder) -> Sources:
    """Read them. Raises InputError for a file that is damaged; what a stage has not made yet is empty."""
    return Sources(
        {row.clip: row for row in folder.clips()},
        {row.clip: row for row in _rows(Tracked, folder, DESCRIPTORS, "track")},
        {row.clip: row for row in _rows(_Caption, folder, CAPTIONS, "caption")},
        {row.qid: row for row in _rows(Verification, folder, VERIFIED, "verify")},
        _decisions(folder),
    )


def sources_digest(folder: BuildFolder, final: FinalQuestions) -> str:
    """Of all that an export tells: two of one digest say the same. Raises InputError for a file that is damaged."""
    reviews, settings = read_reviews(folder.path), folder.settings
    files = [folder.path / name for name in (CLIPS, DESCRIPTORS, CAPTIONS, VERIFIED, GATE)]
    return fingerprint(
        {
            "questions": final.digest,
            "files": [file_digest(file) if file.is_file() else None for file in files],
            "reviews": [to_json(each) for each in (*reviews.decisions, *reviews.blinds)],
            "settings": [settings.sides, settings.seed, dict(settings.questions)],
        }
    )


def _decisions(folder: BuildFolder) -> dict[str, Sequence[Decision]]:
    """Question id -> what reviewers decided on it, whatever words it had then."""
    reviews = read_reviews(folder.path)
    if not reviews.decisions:
        return {}
    asked = verified_questions(folder).questions
    by_digest = reviews.by_question(asked)
    return {question.qid: said for question in asked if (said := by_digest.get(question.digest))}


def _rows(kind: type[Row], folder: BuildFolder, name: str, step: str) -> list[Row]:
    file = folder.path / name
    return read_lines(kind, file, f"mabench-eval build {folder.path} {step} writes it anew.") if file.is_file() else []
