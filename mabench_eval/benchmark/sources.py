"""Where questions come from: a file, a folder, the bundled demo, the Hugging Face hub."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonlines

from mabench_eval.catalogue import builtin_folder
from mabench_eval.errors import InputError

HUB_DATASET = "kunli-cs/MA-Bench"
SUFFIXES = (".json", ".jsonl")


@dataclass(frozen=True, slots=True)
class Source:
    """A question file as read, and where its clips are."""

    name: str
    """Short name of the benchmark, part of the run id."""
    rows: list[Any]
    """The rows, not checked yet."""
    file: Path
    clip_folder: Path
    """Where the clips are expected; it need not exist for models that do not look."""


def read_source(data: str, clips: Path | None) -> Source:
    """Find and read the question file that ``--data`` names. Raises InputError when it cannot be read."""
    if data == "demo":
        file, name = builtin_folder() / "demo" / "questions.json", "demo"
    elif data == "hub" or data.startswith("hub:"):
        file = _download(data.removeprefix("hub").removeprefix(":") or HUB_DATASET)
        name = file.stem
    else:
        file = _question_file(Path(data).expanduser())
        name = file.parent.resolve().name if Path(data).is_dir() else file.stem
    return Source(name, _read_rows(file), file, clips if clips is not None else file.parent / "videos")


def _question_file(path: Path) -> Path:
    """The file itself, or the one question file of a folder."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise InputError(
            f"--data {path}: no such file or folder",
            hint="Give a question file (.json or .jsonl), a folder with one and videos/ in it, `demo` or `hub`.",
        )

    files = sorted(f for f in path.iterdir() if f.suffix in SUFFIXES)
    candidates = [f for f in files if f.stem == "questions"] or files
    if len(candidates) != 1:
        names = ", ".join(f.name for f in files) or "none"
        raise InputError(f"--data {path}: expected one question file (.json or .jsonl) in it, found {names}")
    return candidates[0]


def _read_rows(file: Path) -> list[Any]:
    """Rows of a JSON list or of JSON lines; the first character shows which of the two it is."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            first = stream.read(1)
            while first.isspace():
                first = stream.read(1)
            stream.seek(0)
            rows = list(jsonlines.Reader(stream, loads=json.loads)) if first == "{" else json.load(stream)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read question file {file}: {error}") from error
    except jsonlines.InvalidLineError as error:
        raise InputError(f"{file}:{error.lineno}: not valid JSON lines: {error.args[0]}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{file}:{error.lineno}: not valid JSON: {error.msg}") from error
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{file}: expected a list of questions {{video, task, qid, question, answer}}, found none")
    return rows


def _download(repo: str) -> Path:
    """The question file of a dataset on the hub. Clips are not there; ``--clips`` gives them."""
    try:
        from huggingface_hub import HfApi, hf_hub_download
    except ImportError as error:
        raise InputError(
            "--data hub needs the huggingface_hub package", hint="pip install 'mabench_eval[hub]'"
        ) from error

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
