"""The review as one HTML file, for reviewers without a shell; and the file with their decisions on the way back."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from msgspec import Meta

from mabench_eval.construction import BuildFolder
from mabench_eval.construction.decisions import (
    ALL,
    REASONS,
    Act,
    BlindAnswer,
    Decision,
    TakenIn,
    check_name,
    read_reviews,
    review_order,
    take_in,
)
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.pages import review_page
from mabench_eval.parsing import open_file, read_json
from mabench_eval.reviewing.material import ReviewMaterial
from mabench_eval.reviewing.server import CLIP_TYPES
from mabench_eval.reviewing.sessions import Seconds, Words
from mabench_eval.runfiles import from_json, to_json

FORM = "mabench-eval review"
SCHEMA = 1
MOST_EMBEDDED = 300 << 20
"""Bytes of clips that a page may hold: browsers read it whole."""
ClipForm = Literal["embed", "link"]
Time = Annotated[float, Meta(ge=0, le=253_402_300_799)]
Key = Annotated[str, Meta(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBlind:
    """A blind answer in a reviewer's file."""

    digest: Key
    qid: Key
    answer: Words | None
    seconds: Seconds = 0.0
    at: Time = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDecision:
    """A decision in a reviewer's file."""

    digest: Key
    qid: Key
    round: Annotated[int, Meta(ge=1, le=3)]
    act: Act
    blind: Words | None = None
    answer: Words | None = None
    text: Words | None = None
    reason: Key | None = None
    note: Words = ""
    seconds: Seconds = 0.0
    at: Time = 0.0
    shown: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFile:
    """What a page downloads."""

    schema: int
    form: Literal["mabench-eval review"]
    reviewer: Key
    build: Key
    blinds: tuple[FileBlind, ...] = ()
    decisions: tuple[FileDecision, ...] = ()


def one_file_page(
    material: ReviewMaterial,
    file: Path,
    *,
    reviewer: str | None = None,
    round_: int = ALL,
    overlap: float = 1.0,
    clips: ClipForm = "embed",
) -> str:
    """The page as the text of ``file``: questions, answers, tracks, and the clips or paths to them.

    Args:
        material: What is reviewed.
        file: Where the page is going to be: links lead from there.
        reviewer: Who reviews; None: the page asks.
        round_: Of the review.
        overlap: As in ``review_order``; without a reviewer's name every one is shown all.
        clips: ``embed`` or ``link``.

    Raises:
        InputError: What is no name or round; clips that are too large to be embedded, or cannot be read.
    """
    name = check_name(reviewer) if reviewer else None
    earlier = read_reviews(material.folder.path).by_question(material.checked.questions)
    seed = material.folder.settings.seed
    order = review_order(
        material.checked.questions,
        material.checked.verified,
        earlier,
        name or "",
        round_,
        overlap=overlap if name else 1.0,
        seed=seed,
    )
    used = sorted({material.places[each.clip] for each in order})
    held: dict[int, str] = _embedded(material.clips, used) if clips == "embed" else _linked(material.clips, used, file)
    first = {material.places[each.clip]: each for each in order}
    data: dict[str, Any] = {
        "name": name,
        "round": round_,
        "build": build_id(material),
        "state": {"mode": "review", "round": round_, "tasks": material.tasks, "reasons": list(REASONS)},
        "questions": [
            {
                "digest": each.digest,
                **material.row(each),
                **_named(material.tracks(each)),
                "shown": {
                    **material.shown(each),
                    "others": [to_json(other) for other in earlier.get(each.digest, ()) if round_ > ALL],
                },
            }
            for each in order
        ],
        "tracks": {str(place): material.tracks(question) for place, question in first.items()},
        "clips": {str(place): address for place, address in held.items()},
    }
    return review_page("review", data)


def merge_review(folder: BuildFolder, file: Path) -> TakenIn:
    """Take in what a page downloaded. Raises InputError for a file that is none, and JournalError."""
    hint = "Expected what the button `Download decisions` of a review page gave."
    try:
        value = read_json(file, hint=hint)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
    found = from_json(ReviewFile, value, str(file), hint)
    if found.schema > SCHEMA:
        raise InputError(f"{file}: schema {found.schema} is of a later version, this one knows {SCHEMA}")
    name = check_name(found.reviewer)
    blinds = [BlindAnswer(each.digest, each.qid, name, each.answer, each.seconds, each.at) for each in found.blinds]
    decisions = [_decision(each, name) for each in found.decisions]
    return take_in(folder, name, blinds, decisions)


def build_id(material: ReviewMaterial) -> str:
    """Of the questions that are reviewed: what a browser keeps of one build is not taken for another's."""
    return fingerprint([each.digest for each in material.checked.questions])


def _decision(each: FileDecision, name: str) -> Decision:
    return Decision(
        each.digest,
        each.qid,
        name,
        each.round,
        each.blind,
        each.act,
        each.answer,
        each.text,
        each.reason,
        each.note,
        each.seconds,
        each.at,
        each.shown,
    )


def _named(tracks: Any) -> dict[str, Any]:
    """What of a question's tracks is its own: all questions of a clip share the rest."""
    return {} if tracks is None else {"named": tracks["named"], "phase": tracks["phase"]}


def _embedded(clips: Sequence[Path], used: Sequence[int]) -> dict[int, str]:
    try:
        total = sum(clips[place].stat().st_size for place in used)
        if total > MOST_EMBEDDED:
            raise InputError(
                f"the clips of these questions have {total >> 20} MB; a page holds {MOST_EMBEDDED >> 20} MB of them",
                hint="Link to them: --clips link",
            )
        return {place: _data_uri(clips[place]) for place in used}
    except OSError as error:
        raise InputError(f"a clip cannot be read: {error}") from error


def _data_uri(clip: Path) -> str:
    with open_file(clip) as stream:
        content = base64.b64encode(stream.read()).decode("ascii")
    return f"data:{CLIP_TYPES[clip.suffix.casefold()]};base64,{content}"


def _linked(clips: Sequence[Path], used: Sequence[int], file: Path) -> dict[int, str]:
    here = file.absolute().parent
    return {place: quote(Path(os.path.relpath(clips[place].absolute(), here)).as_posix()) for place in used}
