"""Own runs: an entry is made from a run, written, and read again with its samples."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mabench_eval.errors import InputError
from mabench_eval.journal import write_text
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.marks import Mark, entry_digest, read_marks, seal_of
from mabench_eval.leaderboard.rescore import intervals_from_samples
from mabench_eval.leaderboard.samples import KeptSample, graded, kept_text, read_kept_samples, samples_file
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import SAMPLES, from_json, read_run_files, to_json
from mabench_eval.scoring import QuestionScores, question_scores

_REDO = "Run the command that made the run once more: it asks nothing again and writes the files anew."


@dataclass(frozen=True, slots=True)
class OwnRun:
    """A run of the leaderboard."""

    entry: Entry
    """As it is written."""
    figures: QuestionScores | None
    """Of its samples, question by question; None: there are no samples, so that the run has no ranks."""
    samples: Sequence[KeptSample] | None = None
    file: Path | None = None
    """Of the entry; None: the run's folder was read."""
    mark: Mark | None = None
    """What a maintainer verified of the entry, as it is now."""

    def with_intervals(self) -> OwnRun:
        """The run with the intervals that its samples give, whatever its entry says; without samples as it is."""
        if self.samples is None:
            return self
        return replace(self, entry=replace(self.entry, intervals=intervals_from_samples(self.samples)))


def entry_from_run(folder: Path) -> Entry:
    """The entry of a run.

    Args:
        folder: A run's folder, with ``run.json`` and ``scores.json``. The date is that of the end of the last
            session, the run id the recorded one.

    Raises:
        InputError: A file is missing or is not what a run writes, the input was not the video, or clips were left out.
    """
    run = read_run_files(folder)
    if run.scores.input != "video":
        raise InputError(f"{folder}: a run with --input {run.scores.input} is no row of a leaderboard")
    if run.scores.left_out_clips:
        raise InputError(
            f"{folder}: a run without {run.scores.left_out_clips} of its {run.scores.benchmark.clips} clips is no row "
            "of a leaderboard",
            problems=run.record.left_out,
            hint=f"Put the clips in place and go on with the same run: {run.record.command}",
        )
    scores = to_json(run.scores)
    entry = {
        **scores,
        "name": run.scores.label,
        "date": run.record.sessions[-1][1][:10] if run.record.sessions else None,
        "scores": scores,
        "repeats": run.record.identity.get("repeats", 1),
        "run": run.record.run_id,
        "identity": run.record.identity,
    }
    return from_json(Entry, entry, str(folder))  # an entry's fields alone, each in range


def add_entry(folder: Path, leaderboard_dir: Path) -> Path:
    """Write the entry of a run to ``entries/`` of the leaderboard's folder; the same run replaces its entry.

    Beside NAME.json stands NAME.samples.jsonl, the run's samples cut down to what its scores are made of.

    Raises:
        InputError: The run is unfinished, damaged, or has no figure to show.
    """
    entry = entry_from_run(folder)
    if not any(task.has_scores for task in entry.scores.tasks.values()):
        raise InputError(
            f"{folder}: the run has no scores.",
            hint="A benchmark without answers gives predictions alone; score them where the answers are.",
        )
    path = _place_of(entry, leaderboard_dir / "entries")
    samples = read_kept_samples(folder / SAMPLES) if (folder / SAMPLES).exists() else None
    if samples is not None:
        entry = replace(entry, intervals=None)
        write_file(samples_file(path), kept_text(samples))
    else:
        samples_file(path).unlink(missing_ok=True)
    write_file(path, entry_text(replace(entry, seal=seal_of(entry, samples))))
    return path


def _place_of(entry: Entry, folder: Path) -> Path:
    """The file that has the run already, else one of a new name; no two runs share a file."""
    for path in sorted(folder.glob("*.json")):
        with suppress(OSError, InputError, AttributeError):  # what cannot be read is told when the page is written
            if read_json(path, halves=True).get("run") == entry.run:
                return path
    return folder / f"{_slug(entry.model, 60)}-{_slug(entry.run, 100)}.json"


def entry_text(entry: Entry) -> str:
    """The file of an entry."""
    return json.dumps(to_json(entry), indent=2, ensure_ascii=False) + "\n"


def load_runs(leaderboard_dir: Path, folders: Sequence[Path]) -> list[OwnRun]:
    """The runs of committed entries and of folders; a run that is both counts once, as it is now.

    Samples are read from beside an entry and from a run's folder, marks from ``verified.json``.

    Raises:
        InputError: With all problems of all entries and runs.
    """
    marks = read_marks(leaderboard_dir)
    runs: dict[str, OwnRun] = {}
    problems: list[str] = []
    for path in [*sorted((leaderboard_dir / "entries").glob("*.json")), *folders]:
        try:
            run = _read_entry(path) if path not in folders else _read_run(path)
            before = runs.get(run.entry.run)
            if run.file and before and before.file:
                raise InputError(f"{path}: run: {run.entry.run} is there twice, also in {before.file.name}")
            mark = marks.get(run.entry.run)
            is_marked = mark is not None and mark.entry == entry_digest(run.entry, run.samples)
            runs[run.entry.run] = replace(run, mark=mark if is_marked else None)
        except InputError as error:
            problems.append(": ".join(filter(None, [error.message, "; ".join(error.problems)])))
    if problems:
        raise InputError("The leaderboard cannot be made from these entries and runs.", problems=problems, hint=_REDO)
    return list(runs.values())


def _read_entry(path: Path) -> OwnRun:
    """An entry with the samples beside it."""
    try:
        data = read_json(path, halves=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
    entry = from_json(Entry, data, str(path))
    if not samples_file(path).exists():
        return OwnRun(entry, None, None, path)
    samples = read_kept_samples(samples_file(path))
    return OwnRun(entry, question_scores(graded(samples)), samples, path)


def _read_run(folder: Path) -> OwnRun:
    """A run's folder, as the entry that it would make."""
    entry = entry_from_run(folder)
    if not (folder / SAMPLES).exists():
        return OwnRun(entry, None)
    samples = read_kept_samples(folder / SAMPLES)
    return OwnRun(entry, question_scores(graded(samples)), samples)


def write_file(path: Path, text: str) -> None:
    """Write a file of the leaderboard whole or not at all, making its folder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}.") from error


def _slug(text: str, longest: int) -> str:
    """A safe part of a file name: the text comes from elsewhere."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:longest].strip("-.") or "run"
