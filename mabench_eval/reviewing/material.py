"""What reviewers of a build look at: its questions, what their answers rest on, clips and tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from mabench_eval.catalogue import TaskCard
from mabench_eval.construction import PARTS, BuildFolder, ClipRow, read_tracks, statement_of
from mabench_eval.construction.decisions import VerifiedQuestions, asked_of, verified_questions
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.errors import InputError
from mabench_eval.journal import file_digest
from mabench_eval.reviewing.server import CLIP_TYPES
from mabench_eval.reviewing.sessions import question_row
from mabench_eval.types import Json

MOST_EVIDENCE = 80
"""Rows shown of what an answer rests on."""


class ReviewMaterial:
    """What reviewers of a build look at, read once for all of them."""

    def __init__(self, folder: BuildFolder, tasks: Mapping[str, TaskCard]) -> None:
        """Raises InputError where there are no questions yet, for files that are damaged, and clips that are none."""
        self.folder = folder
        self.checked: VerifiedQuestions = verified_questions(folder)
        self.rows = folder.clips()
        self.clips: Sequence[Path] = [clip_file(folder, row) for row in self.rows]
        self.places = {row.clip: place for place, row in enumerate(self.rows)}
        self.tasks = {name: card.full_name for name, card in tasks.items()}
        self.alike = Counter(each.statement for each in self.checked.questions if each.statement)
        lost = sorted({each.clip for each in self.checked.questions} - self.places.keys())
        if lost:
            raise InputError(
                f"{folder.path}: questions of {len(lost)} clips that are not in clips.jsonl, {lost[0]} the first",
                hint=f"Make the questions anew: mabench-eval build {folder.path} ask",
            )

    def row(self, question: BuiltQuestion) -> dict[str, Any]:
        """What a page shows of a question before it is answered."""
        place = self.places[question.clip]
        clip = self.rows[place]
        return {**question_row(asked_of(question), place), "fps": clip.fps, "frames": clip.frames}

    def shown(self, question: BuiltQuestion) -> dict[str, Any]:
        """What a page shows of it afterwards: the answer, and what that rests on."""
        rows = [("statement", question.statement or ""), ("worded by", question.wording), *_flat(question.evidence)]
        found = self.checked.verified.get(question.qid)
        for verdict in found.verdicts if found else ():
            said = " · ".join(filter(None, (verdict.finding, verdict.answer, verdict.reason)))
            rows.append((f"{verdict.by} ({verdict.manner})", said))
        return {
            "answer": question.answer,
            "evidence": [[name, value] for name, value in rows[:MOST_EVIDENCE] if value],
            "alike": self.alike.get(question.statement, 0) if question.statement else 0,
        }

    def tracks(self, question: BuiltQuestion) -> Json | None:
        """Where body parts are in its clip, for overlay and graph; None where the build has no tracks of it."""
        row = self.rows[self.places[question.clip]]
        file = self.folder.path / "tracks" / f"{row.clip}.npz"
        if not file.is_file():
            return None
        tracked = read_tracks(file)
        width, height = tracked.size or (row.width, row.height)
        named, phase = named_in(question)
        return {
            "times": [round(float(time), 4) for time in tracked.times],
            "parts": list(PARTS),
            "named": named,
            "phase": phase,
            "torso": tracked.torso,
            "width": width,
            "height": height,
            "sources": [
                {"name": each.source, "positions": each.positions.reshape(len(each.positions), -1).round(3).tolist()}
                for each in tracked.sources
            ],
        }

    def problem(self, question: BuiltQuestion) -> str | None:
        """What is wrong with its clip."""
        place = self.places[question.clip]
        try:
            same = file_digest(self.clips[place]) == self.rows[place].sha256
        except OSError as error:
            return f"the clip {self.clips[place]} cannot be read: {error.strerror or error}"
        return None if same else f"the clip {self.clips[place]} is another than the one that was measured"


def clip_file(folder: BuildFolder, row: ClipRow) -> Path:
    """A clip's file, in the folder of the clips and nowhere else. Raises InputError for one that leads out of it."""
    path = PurePosixPath(row.file)
    leads_out = path.is_absolute() or ".." in path.parts or PureWindowsPath(row.file).drive or "\\" in row.file
    if leads_out or path.suffix.casefold() not in CLIP_TYPES:
        raise InputError(
            f"{folder.path / 'clips.jsonl'}: clip {row.clip}: {row.file!r} is no clip inside the clip folder"
        )
    return folder.file_of(row)


def named_in(question: BuiltQuestion) -> tuple[list[str], str | None]:
    """Body parts and the third of the clip that a question asks for; none of one that asks for no statement."""
    try:
        statement = statement_of(question.statement or "")
    except ValueError:
        return [], None
    return list(statement.parts), statement.phase


def _flat(evidence: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Name and value of everything in it; names of what is inside others, one after the other."""
    if isinstance(evidence, Mapping):
        for key, value in evidence.items():
            yield from _flat(value, f"{name} {key}".strip())
    elif isinstance(evidence, list | tuple):
        yield name, ", ".join(str(each) for each in evidence)
    else:
        yield name, str(evidence)
