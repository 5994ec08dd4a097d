"""The types of options that name what a command writes: looked at when the command line is read, before any work."""

from __future__ import annotations

from pathlib import Path

from mabench_eval.errors import InputError


def output_file(text: str) -> Path:
    """The type of an option that names a file to be written.

    Raises InputError where it cannot be, before anything is read, asked or worked out.
    """
    return _output(Path(text), folder=False)


def output_folder(text: str) -> Path:
    """The same for a folder, which need not exist."""
    return _output(Path(text), folder=True)


def _output(path: Path, *, folder: bool) -> Path:
    from mabench_eval.journal import write_problem

    if problem := write_problem(path, folder=folder):
        raise InputError(f"cannot write {path}: {problem}")
    return path
