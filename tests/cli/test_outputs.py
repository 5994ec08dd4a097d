"""Where a command writes to is looked at first: what cannot be written is one line, whatever the verb."""

from __future__ import annotations

import argparse
import errno
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mabench_eval.cli import main
from mabench_eval.cli.outputs import output_file, output_folder
from mabench_eval.cli.parser import Parser, all_parsers, verb_parser
from mabench_eval.cli.verbs import VERBS, verb_module
from mabench_eval.journal import write_problem, write_remedy


def options() -> Iterator[tuple[str, Parser, argparse.Action]]:
    """Every option of every command: the words that lead to it, its parser, and the option."""
    for verb in VERBS:
        for parser in all_parsers(verb_parser(verb)[1]):
            for action in parser._actions:
                if action.option_strings:
                    yield parser.prog.removeprefix("mabench-eval ").replace("DIR", "dir"), parser, action


WRITING = [
    (f"{words} {action.option_strings[-1]}", action.type)
    for words, _, action in options()
    if action.type in (output_file, output_folder)
]


def test_every_option_that_names_what_is_written_is_looked_at_first() -> None:
    """By its name or its words in ``--help``: one that is added later has to be, too."""
    for words, _, action in options():
        named = "--output" in action.option_strings or re.search(r"\b(write|written|go to)\b", action.help or "")
        if named and action.metavar in ("FILE", "DIR", "OUT"):
            assert action.type in (output_file, output_folder), (words, action.option_strings)
    assert len(WRITING) >= 16
    assert {words.split()[0] for words, _ in WRITING} >= {"run", "submit", "report", "plot", "audit", "human", "build"}


@pytest.mark.parametrize(("words", "kind"), WRITING, ids=[words for words, _ in WRITING])
def test_what_cannot_be_written_is_one_line(
    words: str, kind: object, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As root, too, for whom no folder is closed."""
    file = tmp_path / "file"
    file.write_text("mine")
    bad = {file / "below": "is not a folder", tmp_path / ("n" * 300): "File name too long"}
    if kind is output_file:
        bad |= {tmp_path: "it is a folder", tmp_path / "no" / "x": "there is no folder", Path("/dev/null"): "a device"}
    else:
        bad |= {file: "is not a folder"}
    for path, problem in bad.items():
        assert main([*words.split(), str(path)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        (line,) = err.splitlines()
        assert line.startswith(f"error: cannot write {path}: "), line
        assert problem in line
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "mine"


def test_a_build_begins_where_it_can_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Its folder stands first, for steps that only read it too; the one that makes it looks."""
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "mine"
    for step in ([], ["init"]):
        words = ["build", folder, *step, "--clips", tmp_path, "--labels", tmp_path / "l.csv"]
        assert main(list(map(str, words))) == 2
        assert f"error: cannot write {folder}: {tmp_path / 'file'} is not a folder\n" in capsys.readouterr().err


def test_the_leaderboard_is_written_where_it_can_be(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert main(["leaderboard", "--dir", str(tmp_path / "file")]) == 2
    place = tmp_path / "file"
    assert capsys.readouterr().err == f"error: cannot write {place}: {place} is not a folder\n"


def test_what_to_do_about_it() -> None:
    """A full disk wants room; a closed folder does not."""
    assert write_remedy(OSError(errno.ENOSPC, "No space left on device")) == "Make room"
    assert write_remedy(OSError(errno.EACCES, "Permission denied")) == "Make the place writable, or name another"


def test_a_folder_without_the_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert write_problem(tmp_path / "a" / "b", folder=True) == f"{tmp_path} is not writable"
    assert write_problem(tmp_path / "page.html") == f"{tmp_path} is not writable"
    monkeypatch.undo()
    assert write_problem(tmp_path / "a" / "b", folder=True) is None
    assert write_problem(tmp_path / "page.html") is None


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_place_that_fails_while_a_command_works_is_one_line_too(
    code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(options: argparse.Namespace) -> int:
        raise OSError(code, "what the system says", str(tmp_path / "there"))

    monkeypatch.setattr(verb_module("list"), "run", fails)
    assert main(["list", "models"]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path / 'there'}: what the system says\n"


def test_a_mistake_of_the_program_is_not_taken_for_one_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(options: argparse.Namespace) -> int:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(verb_module("list"), "run", fails)
    with pytest.raises(OSError, match="Bad file descriptor"):
        main(["list", "models"])
