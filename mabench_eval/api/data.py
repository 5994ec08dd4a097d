"""What ``evaluate(data=...)`` may be besides a file: rows of questions, a ``datasets.Dataset``, a table of pandas."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint, write_json_lines

COLUMNS = ("video", "task", "qid", "question", "options", "answer")
"""Of a question; others of a table are left out."""


def data_source(data: Any, output: Path) -> str:
    """The ``--data`` of a run. Rows become a question file below ``output``, named by their content.

    Raises InputError for what is none of these.
    """
    if isinstance(data, str | os.PathLike):
        return os.fspath(data)
    rows = _rows(data)
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise InputError(
            "evaluate(): data: expected a question file, a folder, `demo`, `hub`, or rows {video, task, qid, question, "
            f"answer}}, found {type(data).__name__}"
        )
    kept = [{name: row[name] for name in COLUMNS if row.get(name) is not None} for row in rows]
    file = output / "questions" / f"rows-{fingerprint(kept)[:12]}.jsonl"
    if not file.exists():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_json_lines(file, kept)
        except OSError as error:
            raise InputError(f"evaluate(): output: cannot write {file}: {error.strerror or error}") from error
    return str(file)


def _rows(data: Any) -> list[Any]:
    """The rows of a list, a Dataset, or a DataFrame; empty for anything else."""
    if hasattr(data, "to_list") and hasattr(data, "select_columns"):  # datasets: other columns may be videos to decode
        return list(data.select_columns([name for name in COLUMNS if name in data.column_names]).to_list())
    if hasattr(data, "to_dict") and hasattr(data, "columns"):
        return list(data.astype(object).where(data.notna(), None).to_dict("records"))
    return list(data) if isinstance(data, Sequence) and not isinstance(data, str | bytes) else []
