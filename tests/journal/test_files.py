"""Files of records: whole or not there, and read back as they were written, whatever is installed."""

from __future__ import annotations

import ast
import errno
import json
import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonlines
import pytest

import mabench_eval
from mabench_eval.errors import JournalError
from mabench_eval.journal import (
    FILE,
    Journal,
    copy_file,
    read_journal,
    replacing_folder,
    write_bytes,
    write_json,
    write_json_lines,
    write_text,
)
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


PACKAGE = Path(mabench_eval.__file__).parent
OPENED_HERE = (
    "journal/files.py",
    "engines/vllm/failures.py",
    "engines/adapter/frames.py",
    "engines/local/stdout.py",
    "construction/ray_pool.py",
    "construction/tracking/overlay/draw.py",
)
"""The one place that opens files for writing; and those that write into memory, or into a folder of ``tempfile``'s."""


def writes(file: Path) -> Iterator[int]:
    """Lines that open a file for writing, whatever they write."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        modes = texts + [word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)]
        opens = name == "open" and any(isinstance(m, str) and set(m) & set("wax+") and len(m) < 4 for m in modes)
        foreign = isinstance(node.func, ast.Attribute) and name in ("write_bytes", "write_text", "touch", "mkstemp")
        if opens or foreign:
            yield node.lineno


def test_files_are_opened_for_writing_in_one_place() -> None:
    """A new sibling would follow links, or leave halves."""
    found = {
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in PACKAGE.rglob("*.py")
        if str(file.relative_to(PACKAGE)) not in OPENED_HERE
        for line in writes(file)
    }
    assert found == set()


def test_what_opens_a_file_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text("open(p, 'w')\np.open('a+b')\np.write_text('x')\np.open()\nopen(p, mode='xb')\np.open('rb')\n")
    assert sorted(writes(file)) == [1, 2, 3, 5]


def write_any(path: Path) -> None:
    write_text(path, "new")


WRITERS = {
    "text": write_any,
    "bytes": lambda path: write_bytes(path, b"new"),
    "json": lambda path: write_json(path, "new"),
    "lines": lambda path: write_json_lines(path, ["new"]),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_link_is_replaced_and_what_it_leads_to_stays(write: Callable[[Path], None], tmp_path: Path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "scores.json"
    victim.write_text("precious")
    target.symlink_to(victim)
    write(target)
    assert (victim.read_text(), target.is_symlink()) == ("precious", False)
    assert "new" in target.read_text()


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_nothing_planted_beside_is_written_to(
    write: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one who guessed the name: here it is told."""
    monkeypatch.setattr("mabench_eval.journal.files.secrets.token_hex", lambda count: "known")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / f".scores.json.{os.getpid()}.known.new").symlink_to(victim)
    (tmp_path / ".scores.json.new").symlink_to(victim)  # the name of earlier versions
    with pytest.raises(FileExistsError):
        write(tmp_path / "scores.json")
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("name", [FILE, "lock"])
def test_a_journal_and_its_lock_are_no_links(name: str, tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "run"
    victim.write_text("precious")
    folder.mkdir()
    (folder / name).symlink_to(victim)
    with pytest.raises(JournalError, match="is a link"):
        Journal(folder)
    assert victim.read_text() == "precious"
    (folder / name).unlink()
    Journal(folder).close()


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "scores.md", "x")
        Journal(tmp_path).close()
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("scores.md", FILE)} == {0o640}


def test_what_killed_processes_left_is_removed(tmp_path: Path) -> None:
    """Numbers of processes go up to four millions; the first has another user's files, or is the container's."""
    running, gone = os.getppid(), 2**31 - 1
    names = {"dead": (gone, 1), "alive": (running, 1), "old": (running, 7200)}
    for name, (process, age) in names.items():
        left = tmp_path / f".scores.md.{process}.{name}.new"
        left.write_text("half")
        os.utime(left, (time.time() - age, time.time() - age))
    (tmp_path / ".scores.md.notes.new").write_text("the user's own")
    write_text(tmp_path / "scores.md", "x")
    left_there = {"scores.md", f".scores.md.{running}.alive.new", ".scores.md.notes.new"}
    assert {path.name for path in tmp_path.iterdir()} == left_there


def test_a_folder_is_listed_once_however_many_files_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each of 20,000 files would cost a look at all the others; the folder before it may be another's."""
    listed: list[Path] = []
    scandir = os.scandir

    def counted(folder: Path) -> Any:
        listed.append(Path(folder))
        return scandir(folder)

    monkeypatch.setattr("mabench_eval.journal.files.os.scandir", counted)
    folders = [tmp_path / name for name in ("tracks", "descriptors")]
    for folder in folders:
        folder.mkdir()
        (folder / f".5.npz.{2**31 - 1}.dead.new").write_text("half")
    for number in range(10):
        for folder in folders:
            write_bytes(folder / f"{number}.npz", b"x")
    assert listed == folders
    assert all(len(list(folder.iterdir())) == 10 for folder in folders)


def test_the_longest_name_has_room_beside_it(tmp_path: Path) -> None:
    write_text(tmp_path / ("n" * 250 + ".md"), "x")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_takes_the_place_of_another_when_all_is_in_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for word in ("one", "two"):
        with replacing_folder(out) as new:
            write_text(new / word, word)
            assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == (
                [] if word == "one" else ["out"]
            )
    assert [path.name for path in out.iterdir()] == ["two"]
    with pytest.raises(ValueError, match="broken"), replacing_folder(out):
        raise ValueError("broken")
    assert [path.name for path in out.iterdir()] == ["two"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_half_written_folder_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = tmp_path / f".out.{dead.pid}.0123.new"
    left.mkdir()
    (left / "half").write_text("half")
    with replacing_folder(tmp_path / "out"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_copy_has_the_sum_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "clip").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert copy_file(tmp_path / "clip", tmp_path / "copy") == expected
    assert (tmp_path / "copy").read_bytes() == b"abc"
