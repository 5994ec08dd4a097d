"""A reviewer of a build: answers its questions blind, then sees what the answers rest on, and decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from mabench_eval.catalogue import TaskCard
from mabench_eval.construction import PARTS, BuildFolder, ClipRow, read_tracks, statement_of
from mabench_eval.construction.decisions import (
    ALL,
    REASONS,
    Asked,
    BlindAnswer,
    Decision,
    Notebook,
    VerifiedQuestions,
    asked_of,
    check_decision,
    read_reviews,
    review_order,
    reviewer_folder,
    verified_questions,
)
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.errors import InputError
from mabench_eval.journal import file_digest
from mabench_eval.pages import review_page
from mabench_eval.reviewing.server import CLIP_TYPES
from mabench_eval.reviewing.sessions import GivenBlind, GivenDecision, TooEarlyError, blind_row, question_row
from mabench_eval.runfiles import to_json
from mabench_eval.types import AnswerKind, Json

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


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How far a reviewer is in a round."""

    name: str
    round: int
    total: int
    done: int
    acts: Mapping[str, int]
    """Act -> how often, in this round."""


class ReviewSession:
    """One reviewer in one round."""

    def __init__(self, material: ReviewMaterial, name: str, round_: int = ALL, *, overlap: float = 1.0) -> None:
        """Raises InputError for what is no name, round or share, and JournalError where the journal is in use."""
        self.name, self.round = name, round_
        self.clips = material.clips
        self._material = material
        folder = material.folder
        self._earlier = read_reviews(folder.path).by_question(material.checked.questions)
        self._questions = review_order(
            material.checked.questions,
            material.checked.verified,
            self._earlier,
            name,
            round_,
            overlap=overlap,
            seed=folder.settings.seed,
        )
        self._notebook = Notebook(reviewer_folder(folder.path, name), name)

    def page(self) -> str:
        """The whole page."""
        return review_page("review")

    def state(self) -> Json:
        """A row a question: its number, task, and whether it is decided."""
        rows = [[each.qid, each.task, self._decision(each) is not None] for each in self._questions]
        return {
            "mode": "review",
            "name": self.name,
            "round": self.round,
            "questions": rows,
            "tasks": self._material.tasks,
            "reasons": list(REASONS),
        }

    def question(self, number: int) -> Json:
        """One question; with its answer, and what that rests on, where it was answered blind or has no blind answer."""
        question = self._questions[number]
        row = self._material.row(question)
        blind, is_open = self._notebook.blind(question.digest), self._is_open(question)
        return {
            **row,
            "blind": blind_row(blind),
            "problem": self._material.problem(question),
            "shown": self._shown(question) if is_open else None,
        }

    def tracks(self, number: int) -> Json | None:
        """Tracks of its clip. Raises TooEarlyError before the blind answer: whoever has seen them is not blind."""
        question = self._questions[number]
        if not self._is_open(question):
            raise TooEarlyError(f"question {question.qid}: tracks are shown after the blind answer")
        return self._material.tracks(question)

    def answer(self, number: int, given: GivenBlind) -> Json:
        """Keep the blind answer. It is the first one: the question's own answer is shown from then on."""
        question = self._questions[number]
        asked = asked_of(question)
        if asked.kind is AnswerKind.TEXT:
            raise InputError(f"question {question.qid}: a text is read and decided on, not answered blind")
        if given.answer is not None and (problem := asked.problem(given.answer)):
            raise InputError(f"question {question.qid}: {problem}")
        before = self._notebook.blind(question.digest)
        if before is None:
            self._notebook.write_blind(self._blind(asked, given))
        elif before.answer != given.answer:
            raise TooEarlyError(f"question {question.qid}: it was answered before, and its own answer was shown")
        return self.question(number)

    def decide(self, number: int, given: GivenDecision) -> Json:
        """Keep the decision; it replaces an earlier one of the same round."""
        question = self._questions[number]
        if not self._is_open(question):
            raise TooEarlyError(f"question {question.qid}: answer it blind first")
        blind = self._notebook.blind(question.digest)
        decision = Decision(
            question.digest,
            question.qid,
            self.name,
            self.round,
            blind.answer if blind else None,
            given.act,
            given.answer,
            given.text,
            given.reason,
            given.note,
            given.seconds,
            shown=question.answer,
        )
        check_decision(decision, question)
        self._notebook.write_decision(decision)
        return self.question(number)

    def reviewed(self) -> Reviewed:
        """How far they are."""
        acts = Counter[str](decision.act for each in self._questions if (decision := self._decision(each)))
        return Reviewed(self.name, self.round, len(self._questions), acts.total(), dict(acts))

    def close(self) -> None:
        """Close the journal."""
        self._notebook.close()

    def _decision(self, question: BuiltQuestion) -> Decision | None:
        decision = self._notebook.decision(question.digest, self.round)
        return decision if decision is not None and decision.holds_for(question.answer) else None

    def _is_open(self, question: BuiltQuestion) -> bool:
        """Whether its own answer may be shown."""
        is_text = asked_of(question).kind is AnswerKind.TEXT
        return is_text or self._notebook.blind(question.digest) is not None

    def _blind(self, asked: Asked, given: GivenBlind) -> BlindAnswer:
        return BlindAnswer(asked.digest, asked.qid, self.name, given.answer, given.seconds)

    def _shown(self, question: BuiltQuestion) -> dict[str, Any]:
        decision = self._decision(question)
        earlier = self._earlier.get(question.digest, ()) if self.round > ALL else ()
        others = [each for each in earlier if (each.reviewer, each.round) != (self.name, self.round)]
        return {
            **self._material.shown(question),
            "decision": None if decision is None else to_json(decision),
            "others": [to_json(each) for each in others],
        }


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
