"""Where questions come from: a file, a folder, the bundled demo, the Hugging Face hub."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mabench_eval.catalogue import builtin_folder
from mabench_eval.errors import InputError
from mabench_eval.packages import lacks
from mabench_eval.parsing import open_file, read_json, read_json_lines
from mabench_eval.runfiles import is_build

HUB_DATASET = "kunli-cs/MA-Bench"
BEGINNING = 4096
"""Bytes in which the first character that is no space stands."""
SUFFIXES = (".json", ".jsonl")
LABELLED, QUESTIONS = "labelled.json", "questions.json"
"""Question files of a benchmark that was built here: with answers, and without."""
EXPORT = "export"
"""What a benchmark in the making has in its folder; where its export is, unless it was put elsewhere."""
_PREFERRED = (Path(LABELLED).stem, Path(QUESTIONS).stem)
"""Of several question files in a folder: the one with answers first."""


def find_questions(data: str) -> tuple[str, Path]:
    """The benchmark's name, which is part of the run id, and the question file that ``--data`` gives.

    Raises InputError where there is none.
    """
    if data == "demo":
        return "demo", builtin_folder() / "demo" / "questions.json"
    if data == "hub" or data.startswith("hub:"):
        file = _download(data.removeprefix("hub").removeprefix(":") or HUB_DATASET)
        return file.stem, file
    path = Path(data).expanduser()
    file = _question_file(_exported(path) if is_build(path) else path)
    return (path.resolve().name if path.is_dir() else file.stem), file


def read_rows(file: Path) -> list[Any]:
    """Rows of a JSON list, of JSON lines, or of the list in an object (``{"data": [...]}``); not checked yet.

    Raises InputError naming the line.
    """
    try:
        rows = [row for _, row in read_json_lines(file)] if _is_json_lines(file) else _unwrapped(read_json(file), file)
    except OSError as error:
        raise InputError(f"cannot read question file {file}: {error.strerror or error}") from error
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{file}: expected a list of questions {{video, task, qid, question, answer}}, found none")
    return rows


def _is_json_lines(file: Path) -> bool:
    """Whether the first line that is not blank is an object of its own, and has not all questions in it."""
    with open_file(file) as stream:
        if not stream.read(BEGINNING).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
            return False
    try:
        _, first = next(iter(read_json_lines(file)))
    except InputError:  # an object over several lines, or no JSON: the whole file tells
        return False
    return "question" in first or not _lists(first)


def _unwrapped(document: Any, file: Path) -> Any:
    """The questions of a document: itself, or the one list of objects in it that are questions."""
    if not isinstance(document, dict):
        return document
    if "question" in document:
        return [document]
    lists = _lists(document)
    asking = {key: rows for key, rows in lists.items() if any("question" in row for row in rows)} or lists
    if len(asking) > 1:
        raise InputError(f"{file}: lists of questions under {', '.join(map(repr, asking))}; one file has one list")
    return next(iter(asking.values()), None)


def _lists(document: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What of an object is a list of objects."""
    return {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    }


def _exported(build: Path) -> Path:
    """The export of a benchmark in the making. Raises InputError where there is none."""
    if not (build / EXPORT).is_dir():
        raise InputError(
            f"--data {build}: a benchmark in the making, and it has no {EXPORT}/ yet",
            hint=f"Make it: mabench-eval build {build} export\nOr give the folder that was named with --output.",
        )
    return build / EXPORT


def _question_file(path: Path) -> Path:
    """The file itself, or the question file of a folder."""
    if path.exists() and not path.is_dir():  # a pipe or device is told by the reader
        return path
    if not path.is_dir():
        raise InputError(
            f"--data {path}: no such file or folder",
            hint="Give a question file (.json or .jsonl), a folder with one and videos/ in it, `demo` or `hub`.",
        )

    files = sorted(f for f in path.iterdir() if f.suffix in SUFFIXES)
    candidates = next(filter(None, ([f for f in files if f.stem == stem] for stem in _PREFERRED)), files)
    if len(candidates) != 1:
        names = ", ".join(f.name for f in files) or "none"
        raise InputError(f"--data {path}: expected one question file (.json or .jsonl) in it, found {names}")
    return candidates[0]


def _download(repo: str) -> Path:
    """The question file of a dataset on the hub. Clips are not there; ``--clips`` gives them."""
    try:
        from huggingface_hub import HfApi, hf_hub_download
    except ImportError as error:
        raise lacks("--data hub", error, "hub") from error

    try:
        names = [name for name in HfApi().list_repo_files(repo, repo_type="dataset") if name.endswith(SUFFIXES)]
        if len(names) != 1:
            raise InputError(f"--data hub: expected one question file in {repo}, found {', '.join(names) or 'none'}")
        return Path(hf_hub_download(repo, names[0], repo_type="dataset"))
    except InputError:
        raise
    except Exception as error:  # the hub raises its own errors and those of requests and httpx: all mean no download
        raise InputError(
            f"--data hub: cannot get {repo}: {type(error).__name__}: {error}",
            hint="Check the network and `hf auth login`, or download the file and give its path to --data.",
        ) from error
