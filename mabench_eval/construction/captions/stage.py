"""``caption``: descriptors to captions, a unit of the journal a clip; by the template, or by a model that it checks."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mabench_eval.catalogue import Catalogue
from mabench_eval.construction import descriptors, kinematics, parts, questions
from mabench_eval.construction.asking import Ask, TextModel, check_models, open_budget, role_costs, role_model
from mabench_eval.construction.captions.briefing import FORM, SYSTEM, brief
from mabench_eval.construction.captions.facts import Known
from mabench_eval.construction.captions.neighbours import neighbours
from mabench_eval.construction.captions.phrases import Phrases
from mabench_eval.construction.captions.replies import Reader
from mabench_eval.construction.captions.report import CaptionReport, summarise
from mabench_eval.construction.captions.rows import SCHEMA, Caption
from mabench_eval.construction.captions.scene import scene_of
from mabench_eval.construction.captions.template import NAME, write_caption
from mabench_eval.construction.folder import ACTIONS, CAPTIONS, BuildFolder, ClipRow, write_settings
from mabench_eval.construction.intake import read_actions
from mabench_eval.construction.units import Unit, finish_unit, is_done, open_units, take_tally
from mabench_eval.journal import Journal, Progress, Records, file_digest, fingerprint, read_journal, write_json_lines
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import each_line, to_json
from mabench_eval.types import Json

STAGE, PROGRESS = "caption", "captions"
MAX_TOKENS = 6000
"""Of a reply. The texts take about 1,500; a model that thinks first needs room for that."""
NEIGHBOURS = 6
"""Actions that a model is told as neighbours."""


def write_captions(
    folder: BuildFolder, catalogue: Catalogue, max_cost: float | None, progress: Progress
) -> CaptionReport:
    """Write the captions that are not there: by the template, or by the model that the folder's settings name.

    Args:
        folder: Its settings name the writer.
        catalogue: Where the writer's card is, and those of the trackers.
        max_cost: US dollars that the writer may cost, what it has cost in this folder included; None: no limit.
        progress: Listens.

    Raises:
        InputError: Nothing is described yet; or something is missing to ask the model, and nothing was asked.
        ModelError: The model cannot go on at all. What it wrote is kept.
        JournalError: The folder is in use by another process, or cannot be written.
    """
    work = _Work(folder, catalogue)
    with Journal(folder.path) as journal:
        budget = open_budget(max_cost, ("writer",), journal.records)
        check_models([work.model] if work.model else [], budget)
        write_settings(folder.path, folder.settings)
        for line in (*journal.records.warnings, *(work.model.warnings() if work.model else ())):
            progress.note(line)
        waiting = {unit.clip: unit for unit in open_units(work.units, folder.path, journal.records)}
        progress.stage(PROGRESS, len(work.units), len(work.units) - len(waiting))

        def finish(caption: Caption, began: float) -> None:
            content = json.dumps(to_json(caption), allow_nan=False).encode("ascii") + b"\n"
            finish_unit(waiting.pop(caption.clip), content, time.monotonic() - began, folder.path, journal)
            progress.advance(PROGRESS)

        # A model first; what it is not asked for, or could not write, the template writes.
        fell_back, errors = dict[str, str](), dict[str, str]()
        if work.model is not None:
            asks = _Asks(work, frozenset(waiting))
            with closing(work.model.ask(asks, journal, budget, progress.note)) as told:
                for each in told:
                    clip = each.ask.about
                    if each.value is not None:
                        finish(each.value, time.monotonic())
                    elif each.problem is not None:
                        fell_back[clip] = each.problem
                    else:
                        errors[clip] = str(each.error)
                        progress.advance(PROGRESS, f"{clip}: {each.error}")
        for known, row in work.clips(waiting.keys() - errors.keys()):
            began = time.monotonic()
            finish(replace(work.template(known, row), fell_back=fell_back.get(row.clip)), began)

        write_json_lines(folder.path / CAPTIONS, _written(work, journal.records))
        return work.report(journal.records, errors)


def forecast_captions(folder: BuildFolder, catalogue: Catalogue) -> CaptionReport:
    """Where it stands, and what there is to ask, by the journal and the files alone: nothing is locked or written.

    Raises InputError.
    """
    return _Work(folder, catalogue).report(read_journal(folder.path), {})


def read_captions(folder: BuildFolder) -> Iterator[Caption]:
    """The captions that are there, in the clips' order, one in memory at a time. Raises InputError."""
    return each_line(Caption, folder.path / CAPTIONS, f"mabench-eval build {folder.path} caption writes it anew.")


class _Work:
    """What there is to write, and by whom."""

    def __init__(self, folder: BuildFolder, catalogue: Catalogue) -> None:
        self.folder = folder
        self.model = role_model(folder.settings, "writer", catalogue)
        self.actions = read_actions(folder.path / ACTIONS)
        self.rows = {row.clip: row for row in folder.clips()}
        self._drafts = {card.name for card in catalogue.trackers.values() if card.draft}

    @cached_property
    def units(self) -> list[Unit]:
        """A unit a clip that is described, in the clips' order."""
        depends = {
            "schema": SCHEMA,
            "code": _code_identity(),
            "seed": self.folder.settings.seed,
            "writer": self.model.identity if self.model else NAME,
            "actions": file_digest(self.folder.path / ACTIONS),
        }
        return [
            Unit(
                STAGE,
                descriptor.clip,
                {
                    **depends,
                    "descriptor": fingerprint(to_json(descriptor)),
                    "label": [self.rows[descriptor.clip].coarse, self.rows[descriptor.clip].fine],
                    "draft": descriptor.tracker.get("name") in self._drafts,
                },
                f"captions/{descriptor.clip}.json",
                None,
            )
            for descriptor in self.folder.descriptors()
            if descriptor.clip in self.rows
        ]

    def clips(self, names: Collection[str]) -> Iterator[tuple[Known, ClipRow]]:
        """What is known of some of the clips, in their order, one at a time."""
        wanted = {*names} & self.rows.keys()
        for descriptor in self.folder.descriptors() if wanted else ():
            if descriptor.clip in wanted:
                draft = descriptor.tracker.get("name") in self._drafts
                yield Known(descriptor, draft=draft), self.rows[descriptor.clip]

    def template(self, known: Known, row: ClipRow) -> Caption:
        """What the template writes."""
        return write_caption(known, row, self.actions, self.folder.settings.seed)

    def ask(self, model: TextModel, known: Known, row: ClipRow) -> Ask[Caption] | None:
        """What the model is asked of a clip; None: nothing, since no movement is confirmed."""
        scene = scene_of(known, row)
        if not scene.focus:
            return None
        near = neighbours(scene, self.actions, Phrases(row.clip, self.folder.settings.seed))
        told = brief(scene, tuple(action.name for action in near)[:NEIGHBOURS])
        reader = Reader(told, known.descriptor.sides, row.fine, self.actions)

        def read(reply: str) -> Caption:
            structure, madu, mare = reader.read(reply)
            caption = self.template(known, row)
            return replace(caption, structure=structure, madu=madu, mare=mare, writer=model.name)

        return Ask(row.clip, SYSTEM, told.user, read, MAX_TOKENS, FORM)

    def report(self, records: Records, errors: dict[str, str]) -> CaptionReport:
        """Where it stands. ``errors``: clip -> why there is no reply."""
        tally = take_tally(STAGE, self.units, self.folder.path, records)
        left = frozenset(unit.clip for unit in open_units(self.units, self.folder.path, records))
        there = (self.folder.path / CAPTIONS).is_file()
        return CaptionReport(
            self.model.name if self.model else NAME,
            replace(tally, errors=errors),
            len(self.rows) - len(self.units),
            summarise(read_captions(self.folder) if there else ()),
            self.model.forecast(_Asks(self, left), records) if self.model else None,
            role_costs(records).get("writer"),
        )


@dataclass(frozen=True, slots=True)
class _Asks:
    """What the model is asked of some clips, made anew each time that they are gone through."""

    work: _Work
    names: frozenset[str]

    def __iter__(self) -> Iterator[Ask[Caption]]:
        assert self.work.model is not None, "only a model is asked"
        for known, row in self.work.clips(self.names):
            if (ask := self.work.ask(self.work.model, known, row)) is not None:
                yield ask


def _written(work: _Work, records: Records) -> Iterator[Json]:
    """The captions that there are, in the clips' order."""
    for unit in work.units:
        if is_done(unit, work.folder.path, records):
            yield read_json(work.folder.path / unit.file)


def _code_identity() -> str:
    """Of the code and words that captions rest on; a model's replies have keys of their own."""
    modules = [Path(str(module.__file__)) for module in (descriptors, kinematics, parts)]
    rooms = [Path(__file__).parent, Path(str(questions.__file__)).parent]
    files = [file for room in rooms for file in sorted(room.rglob("*")) if file.suffix in (".py", ".yaml")]
    return fingerprint([[file.name, file_digest(file)] for file in [*modules, *files]])
