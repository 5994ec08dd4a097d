"""Files of records: whole or not there, and read back as they were written, whatever is installed."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonlines
import pytest

from mabench_eval.journal import Journal, read_journal, write_json_lines, write_text
from mabench_eval.parsing import read_json_lines
from mabench_eval.runfiles.reading import read_lines
from mabench_eval.types import Shot

ROWS = [
    {"text": "one\u2028two\x85three\nfour"},
    {"text": "\ud800 é"},
    {"frames": [0, 5], "seconds": 0.5, "judge": None},
]
"""A line separator ends no line; a lone surrogate, which models write, is no UTF-8; other texts are not escaped."""


def test_json_lines_are_written_as_they_are_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    write_json_lines(file, ROWS)
    assert (
        file.read_bytes()
        == (
            '{"text": "one\u2028two\x85three\\nfour"}\n'
            '{"text": "\\ud800 é"}\n'
            '{"frames": [0, 5], "seconds": 0.5, "judge": null}\n'
        ).encode()
    )
    assert [row for _, row in read_json_lines(file, halves=True)] == ROWS


def test_rows_that_break_off_leave_the_old_file(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, int]]:
        yield {"a": 1}
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "rows.jsonl"
    write_text(file, "old")
    with pytest.raises(OSError, match="No space left"):
        write_json_lines(file, rows())
    assert (file.read_text(), list(tmp_path.iterdir())) == ("old", [file])


def test_readers_do_not_depend_on_the_parsers_that_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """jsonlines takes orjson where it is installed, which refuses lone surrogates; models write such."""

    def strict(text: str) -> Any:
        if "\\ud800" in text:
            raise ValueError("lone surrogate")
        return json.loads(text)

    defaults = jsonlines.Reader.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "loads", strict)
    with Journal(tmp_path) as journal:
        journal.append("answer", "a", text="\ud800")
    assert read_journal(tmp_path).answers["a"]["text"] == "\ud800"
    file = tmp_path / "rows.jsonl"
    write_json_lines(file, [{"question": "\ud800", "answer": "B"}])
    assert read_lines(Shot, file) == [Shot("\ud800", "B")]
