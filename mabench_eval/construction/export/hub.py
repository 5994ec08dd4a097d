"""An export as a folder that ``datasets.load_dataset`` opens: a table in Parquet, and a card that says what is in it.

It needs pyarrow (extra ``datasets``), which is imported when such a folder is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml

from mabench_eval.construction.export.official import VIDEOS
from mabench_eval.errors import InputError
from mabench_eval.journal import write_bytes, write_text
from mabench_eval.types import Json, Question

TABLE, CARD = "data/test.parquet", "README.md"
INSTALL = "pip install 'mabench_eval[datasets]'"
GROUP = 10_000
"""Rows that are made at once."""
COLUMNS = {
    "qid": "string",
    "task": "string",
    "video": "string",
    "question": "string",
    "options": "list",
    "answer": "string",
}
"""Column -> its type; of ``options`` texts in the order of the letters."""


def check_pyarrow() -> None:
    """Raise InputError where pyarrow is missing."""
    _pyarrow()


def write_dataset(out: Path, name: str, questions: Sequence[Question], licence: str | None, *, answers: bool) -> None:
    """Write the table and the card. Raises InputError where pyarrow is missing."""
    arrow, parquet = _pyarrow()
    types = {"string": arrow.string(), "list": arrow.list_(arrow.string())}
    schema = arrow.schema([(column, types[kind]) for column, kind in COLUMNS.items()])
    stream = BytesIO()
    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for start in range(0, len(questions), GROUP):
            rows = [_row(question, answers=answers) for question in questions[start : start + GROUP]]
            writer.write_table(arrow.Table.from_pylist(rows, schema))
    (out / TABLE).parent.mkdir()
    write_bytes(out / TABLE, stream.getvalue())
    write_text(out / CARD, _card(name, len(questions), licence, answers=answers))


def _row(question: Question, *, answers: bool) -> Json:
    """``video`` is the clip's place in the folder."""
    return {
        "qid": question.qid,
        "task": question.task,
        "video": f"{VIDEOS}/{question.clip}.mp4",
        "question": question.text,
        "options": list(question.options.values()),
        "answer": question.answer if answers else None,
    }


def _card(name: str, rows: int, licence: str | None, *, answers: bool) -> str:
    """The card: what ``datasets`` reads of it, and a few lines for people."""
    features: list[dict[str, Any]] = [
        {"name": column, "sequence" if kind == "list" else "dtype": "string"} for column, kind in COLUMNS.items()
    ]
    head = {
        "pretty_name": name,
        "license": "other",
        "license_name": licence or "not stated",
        "task_categories": ["video-text-to-text", "visual-question-answering"],
        "language": ["en"],
        "configs": [{"config_name": "default", "data_files": [{"split": "test", "path": TABLE}]}],
        "dataset_info": {"features": features, "splits": [{"name": "test", "num_examples": rows}]},
    }
    lines = [
        f"# {name}",
        "",
        f"{rows:,} questions on clips of human movement, in the form of MA-Bench"
        + (", with answers." if answers else "; the answers are not in it."),
        "",
        "    import datasets",
        '    questions = datasets.load_dataset("THIS FOLDER", split="test")',
        "",
        "`video` is the clip's place in this folder, `options` are the choices of CMAR and FMAR in the order of their",
        "letters. [DATASHEET.md](DATASHEET.md) says how the questions were made, and what is not known of them.",
        "",
    ]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n\n" + "\n".join(lines)


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise InputError("--datasets needs pyarrow, which is not installed", hint=INSTALL) from error
