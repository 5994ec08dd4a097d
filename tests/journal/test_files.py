"""Files of records: whole or not there, and read back as they were written."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from mabench_eval.journal import read_json_lines, write_json_lines, write_text

ROWS = [
    {"text": "one\u2028two\x85three\nfour"},
    {"text": "\ud800 é"},
    {"frames": [0, 5], "seconds": 0.5, "judge": None},
]
"""A line separator ends no line; a lone surrogate, which models write, is no UTF-8; other texts are not escaped."""


def test_json_lines_are_read_back_as_they_were_written(tmp_path: Path) -> None:
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
    assert read_json_lines(file) == ROWS


def test_blank_lines_are_skipped_and_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'\n{"a": 1}\n  \n{"a": 2}')
    assert read_json_lines(file) == [{"a": 1}, {"a": 2}]
    file.write_bytes(b'{"a": 1}\n{"a": \n')
    with pytest.raises(ValueError, match=r"invalid json: .* \(line 2\)"):
        read_json_lines(file)


def test_rows_that_break_off_leave_the_old_file(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, int]]:
        yield {"a": 1}
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "rows.jsonl"
    write_text(file, "old")
    with pytest.raises(OSError, match="No space left"):
        write_json_lines(file, rows())
    assert (file.read_text(), list(tmp_path.iterdir())) == ("old", [file])
