"""Rows as a folder that ``datasets.load_dataset`` opens: a table in Parquet, and a card that says what is in it.

It needs pyarrow (extra ``datasets``), which is imported when such a folder is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import yaml

from mabench_eval.construction.export.official import VIDEOS
from mabench_eval.journal import write_bytes, write_text
from mabench_eval.packages import lacks
from mabench_eval.types import Json, Question

CARD = "README.md"
GROUP = 10_000
"""Rows that are made at once."""
Kind = Literal["string", "list"]
"""Type of a column; a list is of texts."""
COLUMNS: Mapping[str, Kind] = {
    "qid": "string",
    "task": "string",
    "video": "string",
    "question": "string",
    "options": "list",
    "answer": "string",
}
"""Of an export's questions; ``options`` are texts in the order of the letters."""


def check_pyarrow() -> None:
    """Raise InputError where pyarrow is missing."""
    _pyarrow()


@dataclass(frozen=True, slots=True)
class Table:
    """A table that ``datasets.load_dataset`` opens."""

    name: str
    split: str
    """``train`` or ``test``."""
    columns: Mapping[str, Kind]
    licence: str | None
    about: Sequence[str]
    """Lines of its card, for people."""


def write_table(out: Path, table: Table, rows: Iterable[Json]) -> None:
    """Write the rows in Parquet and the card beside them into a folder. Raises InputError where pyarrow is missing."""
    arrow, parquet = _pyarrow()
    types = {"string": arrow.string(), "list": arrow.list_(arrow.string())}
    schema = arrow.schema([(column, types[kind]) for column, kind in table.columns.items()])
    stream, left, count = BytesIO(), iter(rows), 0
    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        while some := list(islice(left, GROUP)):
            writer.write_table(arrow.Table.from_pylist(some, schema))
            count += len(some)
    file = out / "data" / f"{table.split}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, stream.getvalue())
    size = {"num_bytes": stream.tell(), "num_examples": count}
    write_text(out / CARD, _card(table, size))


def write_dataset(out: Path, name: str, questions: Sequence[Question], licence: str | None, *, answers: bool) -> None:
    """Write the questions of an export. Raises InputError where pyarrow is missing."""
    about = [
        f"{len(questions):,} questions on clips of human movement, in the form of MA-Bench"
        + (", with answers." if answers else "; the answers are not in it."),
        "",
        "    import datasets",
        '    questions = datasets.load_dataset("THIS FOLDER", split="test")',
        "",
        "`video` is the clip's place in this folder, `options` are the choices of CMAR and FMAR in the order of their",
        "letters. [DATASHEET.md](DATASHEET.md) says how the questions were made, and what is not known of them.",
    ]
    rows = (_row(question, answers=answers) for question in questions)
    write_table(out, Table(name, "test", COLUMNS, licence, about), rows)


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


def _card(table: Table, size: Mapping[str, int]) -> str:
    """The card: what ``datasets`` reads of it, and a few lines for people."""
    features: list[dict[str, Any]] = [
        {"name": column, "sequence" if kind == "list" else "dtype": "string"} for column, kind in table.columns.items()
    ]
    files = [{"split": table.split, "path": f"data/{table.split}.parquet"}]
    head = {
        "pretty_name": table.name,
        "license": "other",
        "license_name": table.licence or "not stated",
        "task_categories": ["video-text-to-text", "visual-question-answering"],
        "language": ["en"],
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": {"features": features, "splits": [{"name": table.split, **size}]},
    }
    lines = [f"# {table.name}", "", *table.about, ""]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n\n" + "\n".join(lines)


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise lacks("--datasets", error, "datasets") from error
