"""The one reader of a run's folder: every verb that takes a run reads it here, and gets the same clear error."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mabench_eval import parsing
from mabench_eval.errors import InputError
from mabench_eval.parsing import read_json, read_json_lines
from mabench_eval.runfiles.codec import from_json
from mabench_eval.runfiles.run import RunRecord
from mabench_eval.runfiles.scores import RunScores
from mabench_eval.types import Sample

Line = TypeVar("Line")
RECORD, SCORES, SAMPLES = "run.json", "scores.json", "samples.jsonl"
"""Files of a finished run."""
BUILD = "build.yaml"
"""Of a benchmark under construction: its folder has a journal too, and is no run's."""
WHICH_FOLDER = "It is the folder that the run names at its end, results/<model>/<run id>."
RUN_AGAIN = "Run the command that made the run once more: it asks nothing again and writes the files anew."


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The files of a finished run, checked."""

    folder: Path
    record: RunRecord
    scores: RunScores

    def samples(self) -> list[Sample]:
        """The lines of ``samples.jsonl``, in the benchmark's order. Raises InputError."""
        return read_samples_file(self.folder / SAMPLES)


def read_run_files(folder: Path) -> RunFiles:
    """The files of a finished run. Raises InputError naming the file, and the key that does not fit."""
    return RunFiles(folder, read_record(folder), read_scores(folder))


def read_record(folder: Path) -> RunRecord:
    """The ``run.json`` of a folder. Raises InputError for one that is not finished, or not what a run writes."""
    return from_json(RunRecord, read_document(folder / RECORD), str(folder / RECORD), RUN_AGAIN)


def read_scores(folder: Path) -> RunScores:
    """The ``scores.json`` of a folder. Raises InputError for one that is not finished, or not what a run writes."""
    return RunScores.from_json(read_document(folder / SCORES), str(folder / SCORES), RUN_AGAIN)


def read_samples_file(path: Path) -> list[Sample]:
    """The samples of a file of JSON lines. Raises InputError naming the line, and the key that does not fit."""
    samples = read_lines(Sample, path)
    if not samples:
        raise InputError(f"{path}: no sample in it", hint=RUN_AGAIN)
    return samples


def read_lines(kind: type[Line], path: Path, hint: str = RUN_AGAIN) -> list[Line]:
    """The objects of a file of JSON lines, each a dataclass. Raises InputError naming the line, and what is wrong.

    ``hint``: what to do about a damaged file.
    """
    return list(each_line(kind, path, hint))


def each_line(kind: type[Line], path: Path, hint: str = RUN_AGAIN) -> Iterator[Line]:
    """The same, one by one: only the line in hand is in memory."""
    try:
        for number, row in read_json_lines(path, halves=True, hint=hint):
            yield from_json(kind, row, f"{path}:{number}", hint)
    except OSError as error:
        raise _unfinished(path, error) from error


def read_document(path: Path) -> Any:
    """The content of a JSON file of a run. Raises InputError."""
    try:
        return read_json(path, halves=True, hint=RUN_AGAIN)
    except OSError as error:
        raise _unfinished(path, error) from error


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of a run. Raises InputError where there is none."""
    try:
        return parsing.read_bytes(path)
    except OSError as error:
        raise _unfinished(path, error) from error


def is_build(folder: Path) -> bool:
    """Whether a folder is that of a benchmark under construction."""
    return (folder / BUILD).is_file()


def refuse_build(folder: Path) -> None:
    """Raise InputError for the folder of a benchmark under construction, where a run's is asked for."""
    if is_build(folder):
        stands = f"mabench-eval build {shlex.quote(str(folder))}"
        raise InputError(f"{folder} is a benchmark under construction, not a run; where it stands: {stands}")


def _unfinished(path: Path, error: OSError) -> InputError:
    refuse_build(path.parent)
    return InputError(f"{path.parent} is no folder of a finished run: {path.name}: {error.strerror}", hint=WHICH_FOLDER)
