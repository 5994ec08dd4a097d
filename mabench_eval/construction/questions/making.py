"""What ``ask`` does, in its steps: what is asked of which clip, in which words, on what evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.catalogue import Catalogue
from mabench_eval.construction import descriptors, kinematics, parts
from mabench_eval.construction.asking import Ask, TextModel, role_model
from mabench_eval.construction.folder import (
    ACTIONS,
    CAPTIONS,
    CLIPS,
    DESCRIPTORS,
    QUESTIONS,
    BuildFolder,
    ClipRow,
)
from mabench_eval.construction.intake.actions import read_actions
from mabench_eval.construction.questions.choosing import (
    LABEL_TASKS,
    TEMPLATE,
    TEXT_TASKS,
    on_a_clip,
    questions_of_labels,
    questions_of_texts,
)
from mabench_eval.construction.questions.drawing import Drawn, draw_statements, truth_table
from mabench_eval.construction.questions.rewording import Wording, reword_asks
from mabench_eval.construction.questions.rows import SCHEMA, BuiltQuestion
from mabench_eval.construction.questions.statements import STATEMENT_TASKS, Statement
from mabench_eval.construction.questions.truths import all_statements, evidence
from mabench_eval.construction.questions.wording import template_text
from mabench_eval.construction.units import Unit
from mabench_eval.errors import InputError
from mabench_eval.journal import Progress, file_digest, fingerprint
from mabench_eval.runfiles import each_line

if TYPE_CHECKING:
    from mabench_eval.construction.captions.rows import Caption

DRAWING, WRITING = "drawing", "writing"
"""What the user sees the steps called."""


@dataclass(frozen=True)
class Making:
    """The questions of a folder, as its settings and files are now."""

    folder: BuildFolder
    reworder: TextModel | None

    @cached_property
    def unit(self) -> Unit:
        """Of all questions; its key holds all that they depend on."""
        path, settings = self.folder.path, self.folder.settings
        inputs = [CLIPS, ACTIONS, DESCRIPTORS, *([CAPTIONS] if self._wants_texts else [])]
        depends = {
            "schema": SCHEMA,
            "code": _code_identity(),
            "inputs": {name: file_digest(path / name) for name in inputs},
            "questions": dict(self.wanted),
            "seed": settings.seed,
            "reworder": self.reworder and self.reworder.identity,
        }
        return Unit("ask", "", depends, QUESTIONS, None)

    @property
    def wanted(self) -> Mapping[str, int]:
        """Task -> questions on a clip."""
        return self.folder.settings.questions

    @cached_property
    def clips(self) -> list[ClipRow]:
        """Those that are described, in the order of the descriptors."""
        rows = {row.clip: row for row in self.folder.clips()}
        return [rows[each.clip] for each in self.folder.descriptors() if each.clip in rows]

    @cached_property
    def actions(self) -> Mapping[str, str]:
        """Action -> body part."""
        return {action.name: action.body_part for action in read_actions(self.folder.path / ACTIONS).all}

    def draw(self, progress: Progress) -> list[Drawn]:
        """Which statement is asked of which clip."""
        progress.stage(DRAWING, len(self.clips), 0)
        names = {row.clip for row in self.clips}

        def each() -> Iterator[descriptors.Descriptor]:
            for descriptor in self.folder.descriptors():
                if descriptor.clip in names:
                    yield descriptor
                    progress.advance(DRAWING)

        wanted = {str(task): self.wanted.get(task, 0) for task in STATEMENT_TASKS}
        return draw_statements(truth_table(each()), wanted, self.folder.settings.seed)

    def counts(self, drawn: Sequence[Drawn]) -> Counter[str]:
        """Task -> questions that there will be."""
        found: Counter[str] = Counter(all_statements()[each.statement].task for each in drawn)
        labels = {"CMAR": len(set(self.actions.values())), "FMAR": len(self.actions)}
        for task in (*LABEL_TASKS, *TEXT_TASKS):
            found[task] = len(self.clips) * on_a_clip(task, self.wanted.get(task, 0), labels.get(task, 0))
        return found

    def asks(self, drawn: Sequence[Drawn]) -> list[Ask[str]]:
        """What the reworder is asked."""
        return list(reword_asks(statements_of(drawn), self.actions))

    def questions(
        self, drawn: Sequence[Drawn], wordings: Mapping[str, Wording], progress: Progress
    ) -> Iterator[BuiltQuestion]:
        """All of them, without numbers."""
        seed = self.folder.settings.seed
        yield from questions_of_labels(self.clips, self.actions, self.wanted, seed)
        if self._wants_texts:
            yield from questions_of_texts(self._captions(), self.wanted, seed)

        by_clip: dict[str, list[Drawn]] = defaultdict(list)
        for each in drawn:
            by_clip[self.clips[each.clip].clip].append(each)
        progress.stage(WRITING, len(by_clip), 0)
        for descriptor in self.folder.descriptors():
            for each in by_clip.get(descriptor.clip, ()):
                statement = all_statements()[each.statement]
                wording = wordings[statement.id]
                yield BuiltQuestion(
                    SCHEMA,
                    "",
                    descriptor.clip,
                    statement.task,
                    wording.text,
                    "Yes" if each.so else "No",
                    statement.id,
                    wording.by,
                    evidence(statement, descriptor),
                )
            if descriptor.clip in by_clip:
                progress.advance(WRITING)

    @property
    def _wants_texts(self) -> bool:
        return any(self.wanted.get(task, 0) for task in TEXT_TASKS)

    def _captions(self) -> Iterator[Caption]:
        """Of the clips that are asked about. Raises InputError where one has none."""
        from mabench_eval.construction.captions.rows import Caption  # captions rest on statements, which are of here

        missing = {row.clip for row in self.clips}
        again = f"mabench-eval build {self.folder.path} caption"
        for caption in each_line(Caption, self.folder.path / CAPTIONS, f"{again} writes it anew."):
            if caption.clip in missing:
                missing.remove(caption.clip)
                yield caption
        if missing:
            raise InputError(
                f"{self.folder.path / CAPTIONS}: {len(missing)} clips have no caption, e.g. {min(missing)}", hint=again
            )


def prepare(folder: BuildFolder, catalogue: Catalogue) -> Making:
    """What there is to do. Raises InputError for a step that is missing, and for tasks that do not exist."""
    known = (*LABEL_TASKS, *STATEMENT_TASKS, *TEXT_TASKS)
    for task, count in folder.settings.questions.items():
        if task not in known or count < 0:
            raise InputError(
                f"questions: {task}: {count}: no such task or number; tasks are {', '.join(known)}",
                hint="--questions SAD=2,MAD=2 says how many of each task are asked on a clip.",
            )
    making = Making(folder, role_model(folder.settings, "reworder", catalogue))
    needed = [(CLIPS, "init"), (ACTIONS, "init"), (DESCRIPTORS, "track")]
    if any(folder.settings.questions.get(task, 0) for task in TEXT_TASKS):
        needed.append((CAPTIONS, "caption"))
    for name, step in needed:
        if not (folder.path / name).is_file():
            raise InputError(
                f"{folder.path / name} is missing",
                hint=f"Make it: mabench-eval build {folder.path} {step}"
                + (", or ask no MADU and MARE: --questions MADU=0,MARE=0" if name == CAPTIONS else ""),
            )
    return making


def statements_of(drawn: Sequence[Drawn]) -> list[Statement]:
    """Those that are asked for, in their order."""
    return [all_statements()[number] for number in sorted({each.statement for each in drawn})]


def by_template(statements: Sequence[Statement]) -> dict[str, Wording]:
    """Statement -> the template's wording."""
    return {each.id: Wording(each.id, template_text(each), TEMPLATE) for each in statements}


def _code_identity() -> str:
    """Of the code and the words that questions rest on."""
    here = sorted(file for file in Path(__file__).parent.iterdir() if file.suffix in (".py", ".yaml"))
    others = [Path(str(module.__file__)) for module in (descriptors, kinematics, parts)]
    return fingerprint([[file.name, file_digest(file)] for file in (*here, *others)])
