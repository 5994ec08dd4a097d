"""The journal: what is written stays, what is torn is dropped and reported, one writer at a time."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mabench_eval.errors import JournalError
from mabench_eval.journal.journal import FILE, Journal, Records, read_journal


def write(folder: Path, *keys: str) -> None:
    with Journal(folder) as journal:
        for key in keys:
            journal.append("answer", key, text=f"text of {key}")


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    write(tmp_path, "a", "b")
    records = read_journal(tmp_path)
    assert [record["text"] for record in records.answers.values()] == ["text of a", "text of b"]
    assert records.warnings == []


def test_a_record_is_in_the_file_before_append_returns(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append("answer", "a", text="x")
        assert read_journal(tmp_path).answers["a"]["text"] == "x"


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_torn_last_line_is_dropped_and_reported(tmp_path: Path, cut: int) -> None:
    write(tmp_path, "a", "b", "c")
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes()[:-cut])
    with Journal(tmp_path) as journal:
        assert set(journal.records.answers) == ({"a", "b", "c"} if cut == 1 else {"a", "b"})
        assert ["incomplete last line" in warning for warning in journal.records.warnings] == [True] * (cut > 1)
        journal.append("answer", "d", text="later")
    # cutting the newline alone leaves a whole record, but nothing says that it is whole: the next writer drops it
    assert set(read_journal(tmp_path).answers) == {"a", "b", "d"}
    assert read_journal(tmp_path).warnings == []


def test_damage_in_the_middle_costs_that_line_alone(tmp_path: Path) -> None:
    write(tmp_path, "a", "b", "c")
    lines = (tmp_path / FILE).read_bytes().splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(lines[0] + b"\xff\x00garbage\n" + lines[2])
    records = read_journal(tmp_path)
    assert set(records.answers) == {"a", "c"}
    assert records.warnings == [f"{tmp_path / FILE}:2: unreadable line dropped; what it held is done again"]


def test_an_error_is_no_answer_and_an_answer_ends_it() -> None:
    records = Records()
    records.add({"kind": "error", "key": "a", "error": "timeout", "at": 1.0})
    assert (set(records.answers), set(records.errors)) == (set(), {"a"})
    records.add({"kind": "answer", "key": "a", "text": "B", "at": 2.0})
    assert (set(records.answers), set(records.errors)) == ({"a"}, set())


def test_time_is_summed_over_sessions_from_the_records_alone() -> None:
    records = Records()
    for record in (
        {"kind": "session", "at": 100.0},
        {"kind": "answer", "key": "a", "text": "", "at": 130.0},  # killed after 30 s
        {"kind": "session", "at": 500.0},
        {"kind": "answer", "key": "old", "text": "", "at": 90.0, "copied_from": "another run"},
        {"kind": "answer", "key": "b", "text": "", "at": 510.0},
        {"kind": "end", "at": 512.0},  # 12 s
    ):
        records.add(record)
    assert records.seconds == 30 + 12


def test_a_second_writer_is_turned_away(tmp_path: Path) -> None:
    with Journal(tmp_path):
        code = f"from pathlib import Path; from mabench_eval.journal import Journal; Journal(Path({str(tmp_path)!r}))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "is in use by another process" in done.stderr
    Journal(tmp_path).close()  # free again


def test_a_full_disk_takes_back_the_partial_line_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    journal.append("answer", "a", text="safe")

    class FullDisk:
        """Takes ten bytes more, then is full; all else is the real file."""

        def __init__(self) -> None:
            self.file = journal._file
            self.room = 10

        def write(self, data: bytes) -> int:
            if not self.room:
                raise OSError(errno.ENOSPC, "No space left on device")
            taken, self.room = self.file.write(data[: self.room]), 0
            return taken

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

    monkeypatch.setattr(journal, "_file", FullDisk())
    with pytest.raises(JournalError, match="No space left on device") as caught:
        journal.append("answer", "b", text="lost")
    assert "earlier answers are safe" in caught.value.hint
    with pytest.raises(JournalError):
        journal.append("answer", "c", text="nor this")
    with pytest.raises(JournalError):
        journal.close()
    assert (tmp_path / FILE).read_bytes().endswith(b"\n")
    assert set(read_journal(tmp_path).answers) == {"a"}


def test_a_failing_sync_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("mabench_eval.journal.journal.os.fsync", fail)
    journal = Journal(tmp_path)
    journal.append("answer", "a", text="x")
    with pytest.raises(JournalError, match="Input/output error"):
        journal.close()


def test_many_threads_append_whole_lines(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:

        def work(name: int) -> None:
            for number in range(50):
                journal.append("answer", f"{name}-{number}", text="x" * 500)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    records = read_journal(tmp_path)
    assert (len(records.answers), records.warnings) == (8 * 50, [])


def test_whatever_a_model_writes_comes_back_as_it_was(tmp_path: Path) -> None:
    text = 'line\nbreak "quotes" \x00 \ud800 漢字 </script>'
    with Journal(tmp_path) as journal:
        journal.append("answer", "a", text=text)
    assert read_journal(tmp_path).answers["a"]["text"] == text
    assert json.loads((tmp_path / FILE).read_text())["key"] == "a"
