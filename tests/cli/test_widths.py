"""Every table that any command prints fits terminals of 80, 100 and 120 columns, with each of its words whole."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from mabench_eval.cli import layout, main, verbs
from mabench_eval.cli.layout import Column, Lines, lay_out
from mabench_eval.construction.decisions import BlindAnswer, take_in
from mabench_eval.construction.folder import QUESTIONS
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.runfiles import read_lines
from tests.support.construction import demo_build
from tests.support.reviews import review_build

WIDTHS = (80, 100, 120)
MOST = 10
"""Tables of one command that are looked at: those of many pairs of runs are alike."""
PANEL = """\
from mabench_eval import JudgeRequest, Judgment, register_judge


@register_judge("threes-for-all-that-is-said")
def threes(request: JudgeRequest) -> Judgment:
    return Judgment(request.key, dict.fromkeys(request.levels, 3))

"""
VERIFIER = """\
from mabench_eval import register_model


@register_model("always", needs_frames=False)
def always(frames, prompt):
    return '{"reason": "always", "answer": "Yes"}'
"""
SET_UP = (
    "run --model motion --data demo --limit 2",
    "run --model random --data demo --limit 2",
    "audit --data demo --no-probe --flags audit.json",
    *(f"run --model constant --data demo --shard {part}/2 --output shards --tasks closed" for part in (1, 2)),
    "run --model constant --data demo --limit 2 --judge none --output unjudged",
    "submit results/motion/RUN -o submission.json --fill",
)
COMMANDS = {
    "run": "run --model motion --data demo --limit 2 --tasks all",
    "run, with all that a table can have": "run --model random --data demo --limit 2 --circular --flags audit.json "
    "--include panel.py --judge lexical,threes-for-all-that-is-said",
    "run --frames": "run --model constant --data demo --limit 1 --frames 4,8,16 --output sweep",
    "run of several models": "--model constant,random --data demo --limit 1 --output several",
    "docs": "docs",
    "run --dry-run": "run --model motion --data demo --limit 2 --dry-run",
    "compare": "compare results/motion/RUN results/random/RUN",
    "compare nine": "compare results/motion/RUN results/random/RUN COPIES",
    "list models": "list models",
    "list runs": "list runs .",
    "list tasks": "list tasks",
    "list judges": "list judges",
    "list trackers": "list trackers",
    "env list": "env list",
    "doctor": "doctor qwen3-vl-8b",
    "doctor of a tracker": "doctor cotracker3",
    "status": "status results",
    "audit": "audit --data demo --repeats 1 --flags audit.json",
    "check-judge": "check-judge lexical --data demo --limit 1",
    "score": "score submission.json --data demo",
    "judge": "judge unjudged/constant/RUN --judge lexical",
    "merge": "merge shards/constant/RUN --output merged",
    "split": "split demo -o parts-of-the-demonstration --subjects 'demo_(\\d)'",
    "build ask": "build mine ask --dry-run --questions MADU=0,MARE=0",
    "build verify": "build reviewed verify --verifier always --include verifier.py",
    "build audit": "build reviewed audit",
    "review": "review reviewed",
}
TABLES_IN = {
    *("list", "env", "doctor", "status", "audit", "compare", "check_judge", "run", "split", "review"),
    *("docs", "build/ask", "build/verify"),
}
"""Files of verbs that print a table of their own; each has its command above."""


def words(command: str) -> list[str]:
    """As a shell makes them: RUN is the first of the runs there, COPIES seven copies of one."""
    found: list[str] = []
    for word in shlex.split(command):
        if word == "COPIES":
            found += sorted(map(str, Path("copies").iterdir()))
        elif word.endswith("/RUN"):
            runs = sorted(map(str, Path(word).parent.iterdir()))
            found += runs if command.startswith("merge") else runs[:1]
        else:
            found.append(word)
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with runs, a prediction file, flags, and a build that two people have reviewed."""
    folder = tmp_path_factory.mktemp("desk")
    build = review_build(folder / "reviewed", clips=2)
    for name, said in (("anna", "Yes"), ("a-reviewer-with-a-long-name", "No")):
        asked = [each for each in read_lines(BuiltQuestion, build.path / QUESTIONS, "") if each.task == "SAD"]
        take_in(build, name, [BlindAnswer(each.digest, each.qid, name, said) for each in asked], [])
    demo_build(folder / "mine")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        Path("panel.py").write_text(PANEL)
        Path("verifier.py").write_text(VERIFIER)
        for command in SET_UP:
            assert main(words(command)) == 0, command
        (run,) = words("results/random/RUN")
        for number in range(7):
            shutil.copytree(run, f"copies/{number}")
        yield folder


def printed_tables(command: str, patched: pytest.MonkeyPatch) -> list[tuple[Sequence[Column], dict[str, Any]]]:
    """Run a command on the narrowest terminal; its tables as they are before they are laid out, and how they are."""
    tables: list[tuple[Sequence[Column], dict[str, Any]]] = []
    lay_out = layout.lay_out

    def recorded(columns: Sequence[Column], width: int, **how: Any) -> Iterator[Lines]:
        assert width == WIDTHS[0]
        tables.append((columns, how))
        return lay_out(columns, width, **how)

    with patched.context() as inner:
        inner.setenv("COLUMNS", str(WIDTHS[0]))
        inner.setattr(layout, "lay_out", recorded)
        assert main(words(command)) in (0, 2, 3)  # doctor: something is missing; scores of what is not whole
    return tables


def drawn(columns: Sequence[Column], width: int, how: dict[str, Any]) -> str:
    return "\n".join(line for table in lay_out(columns, width, **how) for line in table)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_table_fits_and_is_whole(
    command: str, desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    tables = printed_tables(COMMANDS[command], monkeypatch)
    out, err = capsys.readouterr()
    assert tables, err
    for columns, how in tables[:MOST]:
        for width in WIDTHS:
            shown = drawn(columns, width, how)
            assert max(map(cell_len, shown.splitlines())) <= width
            assert_whole(columns, shown, width)
        assert_whole(columns, out, WIDTHS[0])  # and nothing is lost between there and the terminal
    if not command.startswith("doctor"):  # it shows commands to be pasted, which are not broken
        assert [line for line in out.splitlines() if cell_len(line) > WIDTHS[0]] == []


def assert_whole(columns: Sequence[Column], shown: str, width: int) -> None:
    """Every word of every cell is there, unbroken; one as long as half the terminal may be folded in a block."""
    there = set(shown.split())
    for column in columns:
        for text in (column.title, *column.cells):
            lost = [word for word in text.split() if cell_len(word) < width // 2 and word not in there]
            assert not lost, (width, column.title, lost)


def test_no_verb_with_a_table_is_left_out() -> None:
    folder = Path(verbs.__file__).parent
    with_tables = {
        file.relative_to(folder).with_suffix("").as_posix()
        for file in folder.rglob("*.py")
        if "print_table(" in file.read_text(encoding="utf-8")
    }
    assert with_tables == TABLES_IN
    given = {command.split()[0].replace("-", "_") for command in COMMANDS.values()}
    given |= {f"build/{command.split()[2]}" for command in COMMANDS.values() if command.startswith("build ")}
    assert with_tables <= given
