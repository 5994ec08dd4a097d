"""The one way to the terminal: whatever is printed is harmless, on any stream, and nothing goes another way."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval import InputError
from mabench_eval.cli import console, main
from mabench_eval.cli.progress import BarProgress
from mabench_eval.text import visible
from tests.support.paths import ROOT

ESCAPES = "\x1b[2J\x9b1m\x07\r\u202e\ud800\ufffe"
MARKUP = "[red]x[/red][/] :warning: \\[bold]"
PACKAGE = ROOT / "mabench_eval"
WAYS_OUT = {
    *("print", "pprint.pprint", "pprint", "warnings.warn", "warnings.showwarning", "sys.stdout.write"),
    *("sys.stderr.write", "sys.stdout.buffer", "sys.stderr.buffer", "sys.__stdout__", "sys.__stderr__", "os.write"),
    *("traceback.print_exc", "traceback.print_exception", "traceback.print_stack", "faulthandler.dump_traceback"),
    *("logging.basicConfig", "logging.StreamHandler", "logging.getLogger", "logging.warning", "logging.error"),
    *("logging.info", "logging.exception", "rich.console.Console", "rich.print", "rich.live.Live", "sys.excepthook"),
}
"""Ways by which text may reach a terminal."""


def name_of(node: ast.expr) -> str:
    """``a.b.c`` of attributes of a name; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    inner = name_of(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if isinstance(node, ast.Attribute) and inner else ""


def ways_out(file: Path) -> Iterator[str]:
    """Every way to a terminal that a file takes, as ``line: name``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Attribute | ast.Name):
            names = [name_of(node)]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (f"{node.lineno}: {name}" for name in names if name in WAYS_OUT)  # type: ignore[attr-defined]


def test_nothing_else_prints() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if "builtin" not in file.parts]
    found = {file.relative_to(PACKAGE).as_posix(): list(ways_out(file)) for file in files}
    taken = found.pop("engines/local/stdout.py")  # takes stdout away from others' code, and flushes Python's first one
    assert [way.split(": ")[1] for way in taken] == ["sys.__stdout__"]
    assert set(found) >= {"cli/console.py"}
    assert {name for name, ways in found.items() if ways} == {"cli/console.py"}, found


def test_authors_files_print_nothing() -> None:
    for folder in ("models", "judges"):
        assert not [way for file in (ROOT / folder).rglob("*.py") for way in ways_out(file)]


def test_another_way_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text(
        "import sys, logging\nfrom rich.console import Console\ndef f(x):\n    print(x)\n    sys.stderr.write(x)\n"
    )
    assert sorted(ways_out(file)) == ["2: rich.console.Console", "4: print", "5: sys.stderr.write"]


def test_lines_tables_and_errors_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    foreign = f"name {ESCAPES}{MARKUP}\nresults: forged"
    console.print_line(foreign)
    console.print_out(foreign)
    console.print_text(foreign)
    console.print_table([foreign, "n"], [[foreign, "1"], [["two", foreign], "2"]])
    console.print_error(InputError(foreign, problems=[foreign], hint="first\nsecond"))
    out, err = capsys.readouterr()
    for shown in (out, err):
        assert visible(shown) == shown
        assert "⟨U+001B⟩[2J⟨U+009B⟩1m" in shown and "⟨U+202E⟩⟨U+D800⟩⟨U+FFFE⟩" in shown
        assert shown.count(MARKUP) >= 2  # as it is: neither colour nor emoji
    assert "\nresults:" not in err  # what follows a line end of elsewhere is indented
    assert err.endswith("first\nsecond\n")
    assert out.count("\nresults: forged") == 1  # of print_text alone


@given(st.text(st.characters()))
def test_json_is_printable_ascii_and_the_same_value(text: str) -> None:
    stream, before = io.StringIO(), sys.stdout
    sys.stdout = stream
    try:
        console.print_json({text: [text]})
    finally:
        sys.stdout = before
    shown = stream.getvalue()
    assert shown.isascii() and visible(shown) == shown
    assert (
        json.loads(shown) == {text: [text]} or "\ud800" <= max(text) <= "\udfff"
    )  # two halves may become one character


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_no_stream_refuses_a_character(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    foreign = f"\u65e5\u672c \N{GRINNING FACE} {ESCAPES}"
    console.print_line(foreign)
    console.print_text(foreign)
    console.print_table(["Model \u2206"], [[foreign]])
    console.print_json([foreign])
    assert main(["show", foreign]) == 2
    for stream in streams:
        stream.flush()
        written = stream.buffer.getvalue()
        assert written and b"\x1b" not in written and b"\x9b" not in written.replace("⟨⟩".encode(), b"")


def test_a_bar_takes_nothing_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    with BarProgress() as bar:
        bar.stage("answering", 1, 0)
        bar.advance("answering", f"{MARKUP} {ESCAPES}")
    err = capsys.readouterr().err
    assert MARKUP in err and "⟨U+001B⟩[2J" in err and "\x07" not in err


FOREIGN_CODE = """
import logging, sys, threading, warnings
from mabench_eval.cli.console import guard_process
guard_process()
print("\\u65e5 \\ud800")
warnings.warn("warned \\x1b[2J")
logging.getLogger("library").warning("logged \\x1b[2J")
thread = threading.Thread(target=lambda: 1 / 0 if "\\x1b" else None)
thread.start()
thread.join()
raise RuntimeError("raised \\x1b[2J \\x9b")
"""


def test_what_others_print_in_our_process_is_harmless() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run([sys.executable, "-c", FOREIGN_CODE], capture_output=True, check=False, env=environment)
    assert done.returncode == 1 and done.stdout == b"\\u65e5 \\ud800\n"
    shown = done.stderr.decode("ascii")
    for word in ("warned", "logged", "raised"):
        assert f"{word} \\u27e8U+001B\\u27e9[2J" in shown
    assert "ZeroDivisionError" in shown and "\x1b" not in shown


def test_a_command_in_an_ascii_terminal(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mabench_eval"]
    for words in (["--help"], ["list", "models"], ["show", "\u65e5\x1b[2J"]):
        done = subprocess.run([*command, *words], capture_output=True, check=False, env=environment, cwd=tmp_path)
        assert b"Traceback" not in done.stderr and (done.stdout + done.stderr).isascii()
        assert b"\x1b" not in done.stdout + done.stderr
