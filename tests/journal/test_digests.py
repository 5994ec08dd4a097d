"""Digests of large files are remembered; what is remembered can only cost time, never a wrong digest or an error."""

from __future__ import annotations

import hashlib
import os
import time
import tracemalloc
from pathlib import Path

import jsonlines
import pytest

from mabench_eval.journal import digests, file_digest
from mabench_eval.journal.digests import LARGE, MEMORY


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of what is remembered."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mabench_eval" / MEMORY


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read."""
    read: list[Path] = []
    plain = digests._hashed

    def listed(path: Path) -> str:
        read.append(path)
        return plain(path)

    monkeypatch.setattr(digests, "_hashed", listed)
    return read


def large_file(path: Path, byte: bytes = b"\0", age: float = 60) -> Path:
    """A large file that was last changed so many seconds ago."""
    with path.open("wb") as stream:
        stream.truncate(LARGE)
        stream.seek(LARGE // 2)
        stream.write(byte)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_large_file_is_read_once_whatever_asks(memory: Path, hashed: list[Path], tmp_path: Path) -> None:
    file = large_file(tmp_path / "weights")
    (tmp_path / "link").symlink_to(file)
    assert file_digest(file) == file_digest(file) == file_digest(tmp_path / "link") == sha256(file)
    assert hashed == [file]
    with jsonlines.open(memory) as lines:
        (row,) = lines
    assert row["path"] == str(file)


def test_a_path_that_is_no_text_is_remembered_too(memory: Path, hashed: list[Path], tmp_path: Path) -> None:
    """Linux takes any bytes as a name; those that are no UTF-8 are lone surrogates in Python."""
    file = large_file(Path(os.fsdecode(os.fsencode(tmp_path) + b"/weights-\xff")))
    assert file_digest(file) == file_digest(file) == sha256(file)
    assert hashed == [file]


def test_a_changed_file_is_read_again(memory: Path, hashed: list[Path], tmp_path: Path) -> None:
    """Told by its time; by its inode, where another file of that time takes its place."""
    file = large_file(tmp_path / "weights")
    before = file_digest(file)
    assert file_digest(large_file(file, b"\1", age=30)) == sha256(file) != before
    other = large_file(tmp_path / "other", b"\2")
    os.utime(other, ns=(file.stat().st_mtime_ns, file.stat().st_mtime_ns))
    other.replace(file)
    assert file_digest(file) == sha256(file)
    assert len(hashed) == 3


def test_a_file_that_was_just_written_is_not_remembered(memory: Path, hashed: list[Path], tmp_path: Path) -> None:
    """It may change once more within the same tick of the file system's clock."""
    file = large_file(tmp_path / "weights", age=0)
    assert file_digest(file) == file_digest(file)
    assert len(hashed) == 2
    assert not memory.exists()


def test_small_files_are_not_remembered(memory: Path, tmp_path: Path) -> None:
    file = tmp_path / "small"
    file.write_bytes(b"abc")
    os.utime(file, (0, 0))
    assert file_digest(file) == hashlib.sha256(b"abc").hexdigest()
    assert not memory.exists()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\xff\xfe{",
        b'{"path": 1}\n[1]\n{"sha256":',
        b'{"path": [1], "size": {}, "sha256": "0"}\n',
        b"null\n\n\0\n",
    ],
)
def test_a_damaged_memory_costs_time_alone(damage: bytes, memory: Path, hashed: list[Path], tmp_path: Path) -> None:
    file = large_file(tmp_path / "weights")
    memory.parent.mkdir(parents=True)
    memory.write_bytes(damage)
    assert file_digest(file) == sha256(file)
    assert file_digest(file) == sha256(file)
    assert len(hashed) <= 2


def test_a_damaged_digest_is_no_digest(memory: Path, tmp_path: Path) -> None:
    file = large_file(tmp_path / "weights")
    file_digest(file)
    memory.write_text(memory.read_text("utf-8").replace(sha256(file), "0" * 63), "utf-8")
    assert file_digest(file) == sha256(file)


def test_a_memory_that_cannot_be_written_costs_time_alone(
    memory: Path, hashed: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = large_file(tmp_path / "weights")
    memory.mkdir(parents=True)  # a folder in its place
    assert file_digest(file) == file_digest(file) == sha256(file)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "expanduser", no_home)
    assert file_digest(file) == sha256(file)
    assert len(hashed) == 3


def no_home(path: Path) -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_memory_is_bounded(memory: Path, tmp_path: Path) -> None:
    """A file of 256 MiB is hashed within a few of them."""
    file = tmp_path / "weights"
    with file.open("wb") as stream:
        stream.truncate(256 << 20)
    tracemalloc.start()
    try:
        file_digest(file)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
