"""Lines of a journal: the checksum finds what was changed, and nothing that was written by any version is lost."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from zlib import crc32

import pytest

from mabench_eval.errors import JournalError
from mabench_eval.journal import FILE, Journal, read_journal
from mabench_eval.journal.lines import DamagedLineError, line_of, read_line

ANSWER = {"kind": "answer", "key": "a", "text": "B \ud83d \u2028 é", "frames": [0, 5], "at": 1.5}


def test_a_line_begins_with_the_checksum_of_the_rest() -> None:
    line = line_of(ANSWER)
    before, rest = line[:22], line[22:-1]
    assert before == b'{"crc32": "%08x", ' % crc32(rest)
    assert read_line(line) == ANSWER
    assert json.loads(line)["text"] == ANSWER["text"], "earlier versions read it, and pass over the checksum"


def test_every_flipped_bit_is_found() -> None:
    """All 8 of each byte, those of ends of lines and of the checksums too: what is read is what was written."""
    written = [ANSWER, {"kind": "answer", "key": "b", "text": "C", "at": 2.5}]
    whole = b"".join(map(line_of, written))
    for place in range(8 * len(whole)):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        read = []
        for line in BytesIO(content):
            with suppress(DamagedLineError):
                read.append(read_line(line))
        assert len(read) < 2
        assert all(record in written for record in read)


def test_lines_of_earlier_versions_are_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"kind": "answer", "key": "old", "text": "A", "at": 1}\n')
    with Journal(tmp_path) as journal:
        journal.append("answer", "new", text="B")
    assert {key: record["text"] for key, record in read_journal(tmp_path).answers.items()} == {"old": "A", "new": "B"}


def test_a_line_that_an_earlier_version_copied_is_read() -> None:
    """It knows nothing of the checksum, and takes it along as one of the fields."""
    copied = b'{"kind": "answer", "key": "a", "copied_from": "r", "crc32": "00000000", "text": "B", "at": 1}\n'
    record = read_line(copied)
    assert "crc32" not in record
    assert read_line(line_of(record)) == record


def test_other_ends_of_lines_change_nothing() -> None:
    assert read_line(line_of(ANSWER)[:-1] + b"\r\n") == ANSWER


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (line_of(ANSWER)[:-1], "it is incomplete"),
        (line_of(ANSWER).replace(b'"B ', b'"C '), "its checksum does not fit"),
        (line_of(ANSWER).upper(), "its checksum does not fit"),
        (b'{"key": "a", "kind": "answer", "text": "B", "at": 1}\n', "its checksum does not fit"),
        (b'{"kind": "answer", "key": "a", "text": "B", "at": NaN}\n', "it is no JSON that we write"),
        (b'{"kind": "wish", "key": "a", "at": 1}\n', "it is of no kind that this version knows"),
        (b'{"kind": "answer", "key": "a", "text": 7, "at": 1}\n', "it does not fit: text: Expected `str`, got `int`"),
        (b'{"kind": "answer", "key": "a", "text": "B"}\n', "it does not fit: at: missing"),
    ],
)
def test_what_is_wrong_is_said(line: bytes, reason: str) -> None:
    with pytest.raises(DamagedLineError, match=reason):
        read_line(line)


def test_many_damaged_lines_are_told_on_one_screen(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"damage\n" * 1000)
    warnings = read_journal(tmp_path).warnings
    assert (len(warnings), warnings[-1]) == (6, "and 995 more lines dropped there")


def test_records_stay_in_the_file(tmp_path: Path) -> None:
    """Memory holds where they begin; what is read later is checked again."""
    with Journal(tmp_path) as journal:
        journal.append("answer", "a", text="x" * 100)
        records = journal.records
        assert records.answers["a"]["text"] == "x" * 100
        assert "x" * 100 not in repr(vars(records)) + repr(records.answers._places)
        with (tmp_path / FILE).open("r+b") as stream:  # somebody edits it meanwhile
            stream.seek(60)
            stream.write(b"y")
        with pytest.raises(JournalError, match="changed by others while it was in use"):
            records.answers["a"]


def test_a_journal_that_is_no_file_is_one_error(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(JournalError, match="cannot be read: Is a directory"):
        read_journal(tmp_path)
