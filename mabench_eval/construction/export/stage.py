"""``export``: the questions that are left, in the official form, with clips, provenance and a data sheet.

An export is whole or not there: it is made in a folder beside its place and moved into it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mabench_eval.benchmark import EXPORT
from mabench_eval.catalogue import Catalogue, TaskCard
from mabench_eval.construction.decisions import FinalQuestions, final_questions
from mabench_eval.construction.export.checks import GateFacts, gate_facts, review_facts
from mabench_eval.construction.export.datasheet import DATASHEET, Facts, datasheet
from mabench_eval.construction.export.figures import figures_of
from mabench_eval.construction.export.hub import check_pyarrow, write_dataset
from mabench_eval.construction.export.official import Clips, Sums, place_clips, write_questions
from mabench_eval.construction.export.overview import Overview, overview_of
from mabench_eval.construction.export.sidecar import SIDECAR, sidecar_rows
from mabench_eval.construction.export.sources import read_sources, sources_digest
from mabench_eval.construction.folder import BuildFolder, write_rows
from mabench_eval.construction.sides import Sides
from mabench_eval.errors import InputError, JournalError
from mabench_eval.journal import Journal, Progress, file_digest, replacing_folder, write_bytes, write_json, write_text
from mabench_eval.plots import picture_of_panels
from mabench_eval.runfiles import from_json, read_document, to_json

RECORD, SUMS = "export.json", "SHA256SUMS"
SCHEMA = 1
"""Of ``export.json``."""
ExportState = Literal["current", "stale", "missing"]
"""``stale``: of other questions than there are now, or what is said of them has changed."""
FIGURES = "figures"
PASSED, UNGATED = "passed", "ungated"


@dataclass(frozen=True, slots=True)
class ExportChoices:
    """What an export holds."""

    clips: Clips = "link"
    """How the clips get there."""
    answers: bool = True
    """Whether it tells them; without, the sidecar has nothing either that would."""
    ungated: bool = False
    """Whether it is made although the gate has not passed."""
    datasets: bool = False
    """Whether ``datasets.load_dataset`` can open it."""
    figures: str | None = "png"
    """``png``, ``svg`` or ``pdf``; None: no figures."""
    licence: str | None = None
    """Of the clips."""
    date: str | None = None
    """That the data sheet is to bear."""


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """What an export is of: ``export.json``."""

    schema: int
    questions: str
    """Digest of the questions and answers (``FinalQuestions.digest``)."""
    gate: str
    """``passed`` or ``ungated``."""
    sides: Sides
    """Whose left and right name body parts."""
    answers: bool
    """Whether it tells them."""
    sources: str | None = None
    """Digest of all that it tells; None in exports of versions that did not write it down."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported."""

    out: Path
    questions: int
    clips: int
    gated: bool
    answers: bool
    notes: tuple[str, ...]
    """What a user should know, a line each."""


def export_state(folder: BuildFolder) -> ExportState:
    """Where the export in a build's own folder stands. Raises InputError for files that are damaged."""
    file = folder.path / EXPORT / RECORD
    if not file.is_file():
        return "missing"
    again = f"mabench-eval build {folder.path} export writes it anew."
    record = from_json(ExportRecord, read_document(file), str(file), again)
    final = final_questions(folder)
    if record.sources is None:
        return "current" if record.questions == final.digest else "stale"
    return "current" if record.sources == sources_digest(folder, final) else "stale"


def export_build(
    folder: BuildFolder, catalogue: Catalogue, out: Path | None, choices: ExportChoices, progress: Progress
) -> ExportReport:
    """Write an export in place of the one that was there.

    Args:
        folder: The build.
        catalogue: With the tasks that its questions are of.
        out: Where to; None: ``export/`` in the build's folder, where ``--data DIR`` finds it.
        choices: What it holds.
        progress: Listens.

    Raises:
        InputError: The gate has not passed, a clip is not what it was, a question is none, a package is missing, or
            ``out`` holds what no export wrote. Nothing was written.
        JournalError: The build is in use by another process, or ``out`` cannot be written.
    """
    out = (out or folder.path / EXPORT).resolve()
    _check_place(out)
    if choices.datasets:
        check_pyarrow()
    with Journal(folder.path):  # which locks it: no stage changes what is being read
        final = final_questions(folder)
        gate = gate_facts(folder, ungated=choices.ungated)
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            with replacing_folder(out) as new:
                return _write(new, out, folder, catalogue.tasks, final, gate, choices, progress)
        except OSError as error:
            raise JournalError(f"cannot write {out}: {error.strerror or error}") from error


def _write(
    new: Path,
    out: Path,
    folder: BuildFolder,
    tasks: Mapping[str, TaskCard],
    final: FinalQuestions,
    gate: GateFacts,
    choices: ExportChoices,
    progress: Progress,
) -> ExportReport:
    """Write everything into ``new``, which is to become ``out``."""
    sources = read_sources(folder)
    asked = {question.clip for question in final.questions}
    clips = [row for name, row in sources.clips.items() if name in asked]
    overview = overview_of(clips, final.questions)
    name, notes = folder.path.resolve().name, []

    # The questions, and the clips that they are about.
    read = write_questions(new, final.questions, tasks, answers=choices.answers)
    if choices.datasets:
        write_dataset(new, name, read, choices.licence, answers=choices.answers)
    sums = place_clips(new, folder, clips, choices.clips, progress)

    # Where they come from.
    gated = gate.passed
    rows = sidecar_rows(final.questions, sources, PASSED if gated else UNGATED, answers=choices.answers)
    write_rows(new / SIDECAR, rows)
    digest = sources_digest(folder, final)
    record = ExportRecord(
        SCHEMA, final.digest, PASSED if gated else UNGATED, folder.settings.sides, choices.answers, digest
    )
    write_json(new / RECORD, to_json(record))
    figures: tuple[str, ...] = ()
    if choices.figures is not None:
        try:
            figures = _draw(new, overview, choices.figures)
        except InputError as missing:
            notes.append(f"no figures: {missing.message}; {missing.hint}")
    facts = Facts(
        name,
        folder.settings,
        final,
        sources,
        overview,
        gate,
        choices.clips,
        choices.answers,
        choices.licence,
        choices.date,
        review_facts(folder),
        figures,
    )
    write_text(new / DATASHEET, datasheet(facts))
    _write_sums(new, sums)
    if not gated:
        notes.append(f"gate: {gate.state}; data sheet and sidecar say so")
    return ExportReport(out, len(final.questions), len(clips), gated, choices.answers, tuple(notes))


def _draw(new: Path, overview: Overview, kind: str) -> tuple[str, ...]:
    """Draw the figures; their files, below the export. Raises InputError where matplotlib is missing."""
    pictures = {
        f"{FIGURES}/{name}.{kind}": picture_of_panels(each, kind) for name, each in figures_of(overview).items()
    }
    (new / FIGURES).mkdir()
    for name, picture in pictures.items():
        write_bytes(new / name, picture)
    return tuple(pictures)


# -- the place of an export --------------------------------------------------------------------------------


def _check_place(out: Path) -> None:
    """Raise InputError where ``out`` is no folder, or holds anything that an export before did not write."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file; an export is a folder")
    foreign = sorted(set(_files(out)) - {SUMS} - _listed(out))
    if foreign:
        raise InputError(
            f"{out} holds files that no export has written, and would be replaced; nothing was written",
            problems=foreign,
            hint="Name another folder: --output DIR",
        )


def _files(folder: Path) -> list[str]:
    """Everything below a folder that is not a folder, as paths in it; a link is none."""
    found = []
    for path, folders, files in os.walk(folder):
        links = [name for name in folders if Path(path, name).is_symlink()]
        found += [Path(path, name).relative_to(folder).as_posix() for name in (*files, *links)]
    return found


def _listed(out: Path) -> set[str]:
    """What the export in a folder says that it wrote; nothing where there is none."""
    try:
        lines = (out / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    return {line.partition("  ")[2] for line in lines}


def _write_sums(new: Path, known: Sums) -> None:
    """Write the sums of all files, as ``sha256sum --check`` reads them. ``known``: those that were read before."""
    sums = {name: known[name] if name in known else file_digest(new / name) for name in _files(new)}
    write_text(new / SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
