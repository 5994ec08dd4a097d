"""``init``: clips and labels taken in. What cannot be used is told, a line each, and stays out; the rest goes on."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from mabench_eval.benchmark import PersonRule, read_clip
from mabench_eval.construction.folder import (
    ACTIONS,
    CLIPS,
    LEFT_OUT,
    BuildFolder,
    BuildSettings,
    ClipRow,
    LeftOut,
    write_rows,
    write_settings,
)
from mabench_eval.construction.intake.actions import Action, Actions, read_actions
from mabench_eval.construction.intake.clips import ClipFolder
from mabench_eval.construction.intake.labels import LabelRow, read_labels
from mabench_eval.errors import ClipError, InputError
from mabench_eval.journal import Journal, Progress, write_text
from mabench_eval.video import clip_facts


@dataclass(frozen=True, slots=True)
class Intake:
    """What ``init`` has found."""

    folder: BuildFolder
    clips: tuple[ClipRow, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    """What is worth knowing of clips that are in."""


@dataclass(frozen=True, slots=True)
class _Label:
    """The label of one clip, of the taxonomy."""

    where: str
    action: Action
    subject: str | None


def init_build(path: Path, settings: BuildSettings, progress: Progress) -> Intake:
    """Take clips and labels in; ``path`` may be a folder that was begun before, whose tracks stay.

    Raises:
        InputError: A file or folder that is not there, labels that cannot be read at all, or no clip is left.
        JournalError: The folder is in use by another process, or cannot be written.
    """
    subjects = PersonRule(settings.subjects) if settings.subjects else None
    actions = read_actions(Path(settings.taxonomy) if settings.taxonomy else None)
    names = Path(settings.label_names) if settings.label_names else None
    rows, unreadable = read_labels(Path(settings.labels), names)
    given = [*(row.clip for row in rows), *(each.clip for each in unreadable if each.clip)]
    place = ClipFolder(Path(settings.clips), given)

    found_rows, missing = _found(rows, place)
    labels, wrong = _chosen(found_rows, actions)
    left_out = [*(_named(each, place) for each in unreadable), *missing, *wrong]
    told = {*labels, *(each.clip for each in left_out)}
    left_out += [LeftOut(name, f"{path}: no label") for name, path in place.paths.items() if name not in told]

    usable = [name for name in place.paths if name in labels]
    progress.stage("reading clips", len(usable), 0)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing and FFmpeg release the GIL
        found = []
        for row in pool.map(lambda name: _clip_row(place, name, labels[name], subjects), usable):
            progress.advance("reading clips", row.problem if isinstance(row, LeftOut) else None)
            found.append(row)
    left_out += [row for row in found if isinstance(row, LeftOut)]
    clips, conflicts, notes = _without_conflicting_twins([row for row in found if isinstance(row, ClipRow)])
    left_out += conflicts
    notes += _subject_notes(clips, settings.subjects)
    if not clips:
        raise InputError(
            f"no clip is left of {len(place.paths)} in {settings.clips} and {len(rows) + len(unreadable)} labels in "
            f"{settings.labels}; nothing was written",
            problems=[each.problem for each in left_out],
        )

    with Journal(path):  # which locks the folder
        folder = write_settings(path, settings)
        write_text(path / ACTIONS, actions.table())
        write_rows(path / LEFT_OUT, left_out)
        write_rows(path / CLIPS, clips)
    return Intake(folder, tuple(clips), tuple(left_out), tuple(notes))


def _found(rows: Sequence[LabelRow], clips: ClipFolder) -> tuple[list[LabelRow], list[LeftOut]]:
    """The labels of clips that are there, by their names; and those of others, a line a clip."""
    found: list[LabelRow] = []
    missing: dict[str, LeftOut] = {}
    for row in rows:
        try:
            found.append(replace(row, clip=clips.find(row.clip)))
        except InputError as error:
            missing.setdefault(row.clip, LeftOut(row.clip, f"{row.where}: {error.message}"))
    return found, list(missing.values())


def _named(left_out: LeftOut, clips: ClipFolder) -> LeftOut:
    """The same under the name of its clip, where it is there."""
    try:
        return replace(left_out, clip=left_out.clip and clips.find(left_out.clip))
    except InputError:
        return left_out


def _chosen(rows: Sequence[LabelRow], actions: Actions) -> tuple[dict[str, _Label], list[LeftOut]]:
    """The label of each clip, and what is wrong with those that have none that can be used."""
    labels: dict[str, _Label] = {}
    wrong: dict[str, LeftOut] = {}
    for row in rows:
        if row.clip in wrong:
            continue
        try:
            label = _Label(row.where, _action(row, actions), row.subject)
        except InputError as error:
            wrong[row.clip] = LeftOut(row.clip, f"{row.where}: clip {row.clip}: {error.message}")
            continue
        first = labels.setdefault(row.clip, label)
        if first.action is not label.action:
            wrong[row.clip] = LeftOut(
                row.clip,
                f"{row.where}: clip {row.clip} has a second label, {label.action.name!r}; the first, in {first.where}, "
                f"is {first.action.name!r}",
            )
    return {name: label for name, label in labels.items() if name not in wrong}, list(wrong.values())


def _action(row: LabelRow, actions: Actions) -> Action:
    """The action of a label. Raises InputError also where the body part beside it is another action's."""
    action = actions.find(row.label)
    if row.body_part and row.body_part.strip().casefold() != action.body_part.casefold():
        raise InputError(f"its body part is {row.body_part!r}, that of {action.name!r} is {action.body_part!r}")
    return action


def _clip_row(place: ClipFolder, name: str, label: _Label, subjects: PersonRule | None) -> ClipRow | LeftOut:
    """The clip's row, or what is wrong with its file."""
    file = place.folder / place.paths[name]
    read = read_clip(name, file)
    if isinstance(read, str):
        return LeftOut(name, read)
    try:
        facts = clip_facts(file)
    except ClipError as error:
        return LeftOut(name, error.message)
    assert read.sha256 is not None, "the clip was read"
    action = label.action
    return ClipRow(
        clip=name,
        file=place.paths[name],
        sha256=read.sha256,
        frames=facts.frames,
        seconds=facts.seconds,
        fps=facts.fps,
        width=facts.width,
        height=facts.height,
        code=action.code,
        fine=action.name,
        coarse=action.body_part,
        subject=label.subject or (subjects.of(name) if subjects else None),
    )


def _without_conflicting_twins(rows: Sequence[ClipRow]) -> tuple[list[ClipRow], list[LeftOut], list[str]]:
    """Clips with the same bytes may stay, and are told, where their labels agree; else none is to be trusted."""
    twins: dict[str, list[ClipRow]] = {}
    for row in rows:
        twins.setdefault(row.sha256, []).append(row)
    conflicts, notes = [], []
    for first, *others in twins.values():
        if any(other.code != first.code for other in others):
            conflicts.append(LeftOut(first.clip, f"{first.file} has several labels, by its twins"))
            for other in others:
                same = f"{other.file} has the same bytes as {first.file}"
                conflicts.append(
                    LeftOut(other.clip, f"{same}, and not all have one label ({other.fine}, {first.fine})")
                )
        elif others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            notes.append(f"{others[0].file}{more}: the same bytes as {first.file}, and the same label; all are in")
    out = {each.clip for each in conflicts}
    return [row for row in rows if row.clip not in out], conflicts, notes


def _subject_notes(clips: Sequence[ClipRow], subjects: str | None) -> Iterator[str]:
    nameless = [row.clip for row in clips if row.subject is None]
    if subjects and nameless:
        yield f"--subjects {subjects} finds nobody in {len(nameless)} clip names, e.g. {nameless[0]}"


def by_action(clips: Sequence[ClipRow]) -> Counter[str]:
    """Clips of each action."""
    return Counter(row.fine for row in clips)
