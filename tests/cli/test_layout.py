"""No table is cut: at any width every digit and every name of it is there, and no line is longer than the terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mabench_eval.cli import console

WORDS = st.text(st.sampled_from("abcxyz0189.-_%漢"), min_size=1, max_size=12)
CELLS = st.lists(WORDS, max_size=6).map(" ".join)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]], int]:
    """Header, rows, and how many columns are text."""
    size = draw(st.integers(1, 9))
    row = st.lists(CELLS, min_size=size, max_size=size)
    return draw(row), draw(st.lists(row, max_size=4)), draw(st.integers(1, size))


def printed(width: int, header: Sequence[str], rows: Sequence[Sequence[str]], **how: Any) -> list[str]:
    """The lines of a table on a terminal of that width."""
    with pytest.MonkeyPatch.context() as patched:
        stream = io.StringIO()
        patched.setenv("COLUMNS", str(width))
        patched.setattr("sys.stdout", stream)
        console.print_table(header, rows, **how)
    return stream.getvalue().splitlines()


@settings(max_examples=60)
@given(tables(), st.integers(24, 130))
def test_every_word_is_whole_and_every_line_fits(table: tuple[list[str], list[list[str]], int], width: int) -> None:
    from rich.cells import cell_len

    header, rows, text_columns = table
    lines = printed(width, header, rows, text_columns=text_columns)
    assert max(map(cell_len, lines)) <= width
    words = [word for line in lines for word in line.split()]
    for cell in (cell for row in rows for cell in row):
        for word in cell.split():
            if cell_len(word) <= width - width // 3 - 2:  # a longer one may be folded beside its title
                assert word in words


def test_the_shapes_of_a_table_by_the_width_it_has() -> None:
    header, row = ["Method", "CMAR", "MADU L1", "AVG"], ["motion", "71.43", "2.64", "79.46"]
    # 6 + 5 + 7 + 5 columns: 32 with three between each two, 29 with two
    assert printed(32, header, [row])[1] == "Method    CMAR   MADU L1     AVG"
    assert printed(31, header, [row])[1] == "Method   CMAR  MADU L1    AVG"
    # a title of two words gives way down to its figures: 6 + 5 + 4 + 5 and 6 are 26
    assert printed(26, header, [row])[1:] == [
        "               MADU",
        "Method   CMAR    L1    AVG",
        "──────────────────────────",
        "motion  71.43  2.64  79.46",
        "",
    ]
    # two parts, each with the first column: their widest is 6 + 5 + 4 and 4 either way; or split where the caller says
    assert printed(25, header, [row])[1:] == [
        *("Method    CMAR   MADU L1", "────────────────────────", "motion   71.43      2.64", ""),
        *("Method     AVG", "──────────────", "motion   79.46", ""),
    ]
    assert printed(25, header, [row], breaks=(2,))[1:] == [
        *("Method    CMAR", "──────────────", "motion   71.43", ""),
        *("Method   MADU L1     AVG", "────────────────────────", "motion      2.64   79.46", ""),
    ]


def test_parts_are_as_few_and_as_even_as_can_be() -> None:
    header = ["m", *(f"c{number:03}" for number in range(10))]
    lines = printed(40, header, [["x", *["1"] * 10]])
    # at 40, 1 + 6 a column: six fit into a part, so two parts; as even as can be these are five and five
    assert [line.split() for line in lines if "c0" in line] == [["m", *header[1:6]], ["m", *header[6:]]]


def test_a_row_that_is_wider_than_the_terminal_is_a_block() -> None:
    rows = [["one-long-name", "torch==2.13.0 git+https://host/0123456789@ab"], ["two", ""]]
    assert printed(40, ["name", "packages"], rows, text_columns=2)[1:] == [
        *("name      one-long-name", "packages  torch==2.13.0", "          git+https://host/0123456789@ab"),
        *("", "name      two", "packages", ""),
    ]


def test_text_is_wrapped_between_words_once_it_has_twenty_columns() -> None:
    rows = [["lexical", "reads both texts into facts and compares those", "1"]]
    # 7 + 29 + 1 and 4 between them; at 32 text has its 20, at 31 the table is split
    assert printed(41, ["judge", "what", "n"], rows, text_columns=2)[3:] == [
        "lexical  reads both texts into facts    1",
        "         and compares those",
        "",
    ]
    assert "n" in printed(32, ["judge", "what", "n"], rows, text_columns=2, keys=1)[1].split()
    assert printed(31, ["judge", "what", "n"], rows, text_columns=2, keys=1)[-4:] == [
        *("judge     n", "───────────", "lexical   1", "")
    ]
