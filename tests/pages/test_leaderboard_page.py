"""The page of the leaderboard and its CSV: their figures are the document's, and names from elsewhere stay names."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.cli import main
from mabench_eval.leaderboard import COLUMNS, Leaderboard, Row, csv_text, leaderboard_document
from mabench_eval.pages import leaderboard_page
from mabench_eval.pages.leaderboard.dots import Dot, drawing, scale_of
from mabench_eval.tables import number
from tests.support.leaderboard import COMMITTED, DEMO, OFFICIAL, OTHER_JUDGE, run_folder, scores_of
from tests.support.pages import Element, check_page, data_of, read

ATTACK = "<script>alert(1)</script>"
CLICK = '"><b onclick="alert(2)">2026'


@pytest.fixture(scope="module")
def board() -> Leaderboard:
    """The committed leaderboard."""
    return leaderboard_document(COMMITTED, ())


@pytest.fixture(scope="module")
def root(board: Leaderboard) -> Element:
    """Its page."""
    return check_page(leaderboard_page(board))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The committed leaderboard, to be changed."""
    return Path(shutil.copytree(COMMITTED, tmp_path / "leaderboard"))


def rows_of(root: Element, name: str) -> list[Element]:
    """The rows of Table 2 with a name."""
    lines = [line for line in root.get("table", id="ranking").all("tr") if "data-row" in line.attributes]
    return [line for line in lines if line.children[0].text == name]


def shown(cell: Element) -> str:
    """A cell's figure, without marks and intervals."""
    inside = [child for child in cell.children if child.name in ("sup", "span")]
    text = cell.text
    for child in reversed(inside):
        text = text.removesuffix(child.text)
    return text


def figures_in(line: Element) -> list[str]:
    kinds = [(cell, (cell.attributes.get("class") or "").split()) for cell in line.children]
    return [shown(cell) for cell, kind in kinds if "figure" in kind and "rank" not in kind]


# -- figures -----------------------------------------------------------------------------------------------


def printed(row: Row) -> list[str]:
    """The document's figures, as they are to be shown."""
    return [number(cell.value) for cell in row.cells.values()]


def test_table_2_has_the_documents_figures(board: Leaderboard, root: Element) -> None:
    assert len(board.table2) == 26
    for row in board.table2:
        (line,) = rows_of(root, row.name)
        assert figures_in(line) == printed(row)
        strong = [cell.text for cell in line.all("strong")]
        assert strong == [number(cell.value) for cell in row.cells.values() if cell.is_best]


def test_intervals_and_ranks_are_in_titles_and_below_figures(root: Element) -> None:
    (line,) = rows_of(root, "Gemini-2.5-Flash")
    (cell,) = [cell for cell in line.all("td") if shown(cell) == "50.70"]
    assert cell.attributes["title"] == "Gemini-2.5-Flash, Closed AVG: 50.70; 95 % 49.69 to 51.71; rank 1-4"
    assert cell.text == "50.7049.7 - 51.7rank 1-4"
    assert [each.text for each in line.all("td") if "rank" in (each.attributes["class"] or "").split()] == ["1-4"]


def test_without_scripts_the_table_is_in_the_papers_order(board: Leaderboard, root: Element) -> None:
    bodies = root.get("table", id="ranking").all("tbody")
    heads = [body.children[0].text for body in bodies]
    assert heads == list(board.groups.values())[:-1]  # no run stands in Table 2
    names = [line.children[0].text for body in bodies for line in body.children[1:]]
    assert names == [row.name for row in board.table2]
    assert all(root.get("form", id=name).attributes.get("hidden", "") is None for name in ("filters", "controls"))


def test_wrong_cells_and_binomial_intervals_have_notes(board: Leaderboard, root: Element) -> None:
    (line,) = rows_of(root, "VideoLLaMA2-7B")
    marks = [link.attributes["href"] or "" for link in line.all("a")]
    notes = [root.get("li", id=mark[1:]).text for mark in marks]
    assert notes[0].startswith("A row of the paper, of whose answers nothing is known")
    assert (
        notes[1]
        == "VideoLLaMA2-7B, open-ended AVG: the paper prints 0.87; the mean of the six printed figures is 0.48."
    )
    remarks = [item.text for item in root.get("section", id="remarks").all("li")]
    assert remarks == [*(note for row in board.table2 for note in row.notes.values()), *board.remarks]
    assert len(remarks) == 2 + 3


def test_tables_3_and_4_are_whole(board: Leaderboard, root: Element) -> None:
    for rows, section in ((board.table3, "frames"), (board.table4, "tuning")):
        (shown_table,) = [
            t for t in root.get("section", id=section).all("table") if t.attributes.get("class") == "wide"
        ]
        lines = shown_table.all("tbody")[0].all("tr")
        assert [figures_in(line) for line in lines] == [printed(row) for row in rows]


def test_runs_on_other_data_have_intervals_and_ranks_in_sight(board: Leaderboard, root: Element) -> None:
    section = root.get("section", id="own")
    (table,) = board.own
    (entry, *_) = (json.loads(path.read_bytes()) for path in (COMMITTED / "entries").glob("*.json"))
    judge = entry["judges"][0]["sha256"][:8]
    assert section.all("h3")[0].text == "demo 28 clips, 336 questions, sha256 4784e7d2f3d3"
    for row, line in zip(table.rows, section.all("tbody")[0].all("tr"), strict=True):
        assert line.children[0].text == row.name
        assert figures_in(line)[2:] == printed(row)
        assert line.text.count("rank") == sum(cell.rank is not None for cell in row.cells.values()) > 0
        assert f"judge: lexical {judge}, not the paper's" in line.text


def test_the_first_plot_is_closed_avg_best_first(board: Leaderboard, root: Element) -> None:
    methods = [(row.name, row.cells["closed_avg"].value or 0) for row in board.table2 if row.group != "reference"]
    wanted = [f"{name}: {value:.2f}" for name, value in sorted(methods, key=lambda method: -method[1])]
    for drawn in root.get("div", id="plot").all("svg"):
        assert drawn.attributes["role"] == "img" and "Gemini-2.5-Flash 50.70" in (drawn.attributes["aria-label"] or "")
        titles = [title.text.split(";")[0] for title in drawn.all("title")]
        assert titles == wanted
        assert "chance 39.05" in drawn.text  # (100 / 7 + 100 / 5 + 4 x 50) / 6


def test_scripts_are_given_what_the_table_shows(board: Leaderboard) -> None:
    data = data_of(leaderboard_page(board))
    assert [row["name"] for row in data["rows"]] == [row.name for row in board.table2]
    for given, row in zip(data["rows"], board.table2, strict=True):
        assert [(cells or ["-"])[0] for cells in given["cells"]] == printed(row)
    gemini = next(row for row in data["rows"] if row["name"] == "Gemini-2.5-Flash")
    assert gemini["cells"][COLUMNS.index("closed_avg")] == ["50.70", "49.69", "51.71", "1-4"]


@pytest.mark.parametrize(
    ("values", "chance", "scale"),
    [
        ([38.38, 50.7], 39.05, (35, 55, 5)),  # 12.32: more than six parts of 2
        ([0.06, 1.69], None, (0, 2, 0.5)),
        ([50.0], None, (50, 50.2, 0.2)),
        ([0.0], None, (0, 0.2, 0.2)),
        ([100.0, 0.0], 14.3, (0, 100, 20)),
    ],
)
def test_a_scale_is_round_and_holds_everything(values: list[float], chance: float | None, scale: Any) -> None:
    dots = [Dot("x", "g1", value, None, None, "") for value in values]
    assert scale_of(dots, chance) == pytest.approx(scale)
    assert len(read(drawing("wide", dots, chance, "label")).all("title")) == len(dots)


# -- names from elsewhere ----------------------------------------------------------------------------------


def attacked(folder: Path) -> Leaderboard:
    """The leaderboard with a run that is all attacks, on other data and in Table 2."""
    judge = {**OTHER_JUDGE, "name": ATTACK, "model_id": CLICK}
    entries = folder / "entries"
    for name, benchmark in (("full", OFFICIAL), ("demo", {**DEMO, "name": ATTACK})):
        run = run_folder(folder.parent / name, scores_of(model=ATTACK, judges=[judge], benchmark=benchmark))
        assert main(["leaderboard", str(run), "--add", "--dir", str(folder)]) == 0
    for path in entries.glob("*.json"):
        entry = json.loads(path.read_text())
        if entry["name"] == ATTACK:
            path.write_text(json.dumps({**entry, "date": CLICK}))
    return leaderboard_document(folder, ())


def test_names_and_dates_of_entries_stay_text(folder: Path) -> None:
    page = leaderboard_page(attacked(folder))
    root = check_page(page)  # no attribute that runs anything, and two scripts, both the page's own
    assert ATTACK not in page
    assert len(root.all("script")) == 2 and not root.all("b")
    (line,) = rows_of(root, ATTACK)
    assert CLICK in [cell.text for cell in line.all("td")]
    assert re.fullmatch(
        rf"runnot verified\djudge: {re.escape(ATTACK)} 99999999, not the paper's", line.all("td")[1].text
    )
    assert ATTACK in root.get("section", id="own").all("h3")[0].text
    assert {row["name"] for row in data_of(page)["rows"]} >= {ATTACK}


def test_a_run_in_table_2_is_a_group_of_its_own(folder: Path) -> None:
    board = attacked(folder)
    assert list(board.groups)[-1] == "own"
    root = read(leaderboard_page(board))
    last = root.get("table", id="ranking").all("tbody")[-1]
    assert last.children[0].text == "Own runs" and len(last.children) == 2
    assert ">Own runs 1<" in leaderboard_page(board).replace('<span class="soft">1</span>', "1")


# -- files -------------------------------------------------------------------------------------------------


def test_the_committed_page_is_fresh(board: Leaderboard) -> None:
    assert (COMMITTED / "index.html").read_bytes() == leaderboard_page(board).encode()


def test_check_looks_at_a_page_that_is_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, there = folder / "index.html", ["leaderboard", "--dir", str(folder)]
    page.unlink(missing_ok=True)
    assert main([*there, "--check"]) == 0
    assert main(there) == 0 and not page.exists()
    assert main([*there, "--html"]) == 0 and page.exists()
    assert main([*there, "--check"]) == 0
    page.write_text(page.read_text(encoding="utf-8").replace("50.70", "60.70"), encoding="utf-8")
    capsys.readouterr()
    assert main([*there, "--check"]) == 2
    assert "index.html is not what its entries give" in capsys.readouterr().err
    assert main([*there, "--html"]) == 0 and main([*there, "--check"]) == 0


@pytest.mark.parametrize("option", [["--html"], ["--csv", "x.csv"]])
def test_check_writes_nothing(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", "--dir", str(COMMITTED), "--check", *option]) == 2
    assert "leave out RUN, --add, --html and --csv" in capsys.readouterr().err


def test_csv_has_a_line_a_method_and_the_documents_figures(board: Leaderboard, tmp_path: Path) -> None:
    file = tmp_path / "board.csv"
    copy = Path(shutil.copytree(COMMITTED, tmp_path / "leaderboard"))
    assert main(["leaderboard", "--dir", str(copy), "--csv", str(file)]) == 0
    lines = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert len(lines) == 26 + 3 and len(lines[0]) == 7 + 15 * 5 + 1
    by_name = {(line["data"], line["name"]): line for line in lines}
    for row in board.table2:
        line = by_name["Table 2", row.name]
        assert line["group"] == row.group and line["source"] == line["verified"] == "paper"
        for column, cell in row.cells.items():
            wanted = [cell.value, *(cell.ends or (None, None)), *(cell.rank or (None, None))]
            names = [column, *(f"{column} {part}" for part in ("low", "high", "rank best", "rank worst"))]
            assert [line[name] for name in names] == ["" if figure is None else str(figure) for figure in wanted]
        assert line["unpaired"] == ("0" if row.group == "reference" else "1")
    motion = by_name["demo 4784e7d2f3d3", "motion"]
    assert (motion["group"], motion["unpaired"], motion["final rank best"]) == ("own", "0", "1")
    assert by_name["Table 2", "Full mark"]["date"] == ""


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_csv_begins_no_formula(board: Leaderboard, name: str) -> None:
    (table,) = board.own
    rows = tuple(replace(row, labels=(name, *row.labels[1:])) for row in table.rows)
    lines = list(csv.reader(io.StringIO(csv_text(replace(board, own=(replace(table, rows=rows),))))))
    assert [line[0] for line in lines[-3:]] == [f"'{name}"] * 3
