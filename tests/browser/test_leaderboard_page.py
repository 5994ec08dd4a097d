"""The page of the leaderboard as a reader uses it: sorting, filters, the plot, dark, narrow, on paper."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.cli import main
from mabench_eval.leaderboard import COLUMNS, leaderboard_document
from mabench_eval.pages import leaderboard_page
from tests.browser.conftest import Watched
from tests.support.leaderboard import COMMITTED, run_folder, scores_of

expect = pytest.importorskip("playwright.sync_api", reason="pages are tested with playwright").expect

ATTACK = "<img src=x onerror=alert(1)>"
CLASSES = re.compile(r' class="[^"]*"')
NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the committed leaderboard."""
    path = tmp_path_factory.mktemp("leaderboard") / "index.html"
    path.write_text(leaderboard_page(leaderboard_document(COMMITTED, ())), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a run in Table 2 that is called like an attack."""
    folder = tmp_path_factory.mktemp("attacked")
    board = Path(shutil.copytree(COMMITTED, folder / "leaderboard"))
    run = run_folder(folder / "run", scores_of(99.0, model=ATTACK))
    main(["leaderboard", str(run), "--add", "--html", "--dir", str(board)])
    return board / "index.html"


def names(page: Any) -> list[str]:
    """Of the rows that are seen, from the top, without the reference rows."""
    rows = page.locator("#ranking tr[data-row]:visible:has(input) .name")
    found: list[str] = rows.all_inner_texts()
    return found


def head(page: Any, name: str, nth: int = 0) -> Any:
    return page.locator("#ranking thead button", has_text=re.compile(f"^{name}$")).nth(nth)


def order_of(page: Any, name: str) -> str:
    order: str = page.locator(
        "#ranking th", has=page.locator("button", has_text=re.compile(f"^{name}$"))
    ).first.get_attribute("aria-sort")
    return order


def plotted(page: Any) -> list[str]:
    """Names in the plot, from the top."""
    titles = page.locator("#plot svg.wide title").all_text_contents()
    return [title.split(":")[0] for title in titles]


def test_a_click_sorts_best_first_then_worst_then_as_printed(browser: Watched, file: Path) -> None:
    page = browser.open(file)
    printed = names(page)
    assert printed[0] == "GPT-4o" and len(printed) == 24
    head(page, "CMAR").click()
    assert names(page)[:2] == ["Qwen3-VL-8B + MA-Bench-Train", "Gemini-2.5-Flash"]  # 47.90, 43.00
    assert order_of(page, "CMAR") == "descending"
    head(page, "CMAR").click()
    assert names(page)[0] == "Phi-4-Multimodal"  # 11.40
    assert order_of(page, "CMAR") == "ascending"
    head(page, "CMAR").click()
    assert names(page) == printed and order_of(page, "CMAR") == "none"


def test_texts_dates_and_ranks_sort_too(browser: Watched, file: Path) -> None:
    page = browser.open(file)
    head(page, "Method").click()
    assert names(page) == sorted(names(page), key=str.lower)
    head(page, "Date").click()
    assert names(page)[0] in {"LLaVA-NeXT-Video-7B", "VideoLLaMA2-7B", "InternVL2-8B"}  # 2024-06
    assert order_of(page, "Method") == "none"
    head(page, "Rank").click()
    first_by_rank = {"Gemini-2.5-Flash", "Qwen3-VL-8B + MA-Bench-Train", "VideoChat-Flash-Qwen2-7B"}
    assert set(names(page)[:3]) == first_by_rank  # 1-4
    first = page.locator("#ranking tr[data-row]:visible .name").all_inner_texts()[:2]
    assert first == ["Full mark", "Random"]  # no methods: they stay where they are


def test_keys_sort_and_filter(browser: Watched, file: Path) -> None:
    page = browser.open(file)
    head(page, "Final").focus()
    page.keyboard.press("Enter")
    assert names(page)[0] == "Qwen3-VL-8B + MA-Bench-Train"
    page.keyboard.press("Space")
    assert names(page)[0] == "H2OVL Mississippi-2B"  # 20.82
    page.locator("input[name=group]").nth(2).focus()
    page.keyboard.press("Space")
    assert names(page) == ["Grok-2-vision", "GPT-4o", "Gemini-2.5-Flash", "Qwen3-VL-8B + MA-Bench-Train"]


def test_groups_texts_and_sides_filter(browser: Watched, file: Path) -> None:
    page = browser.open(file)
    expect(page.locator("#shown")).to_have_text("26 rows")
    page.locator("label.pill", has_text="Open-source").click()
    expect(page.locator("#shown")).to_have_text("6 of 26 rows")
    assert not page.locator("tr.group", has_text="Open-source").is_visible()
    page.locator("label.pill", has_text="Open-source").click()
    page.fill("#find", "qwen 2025")
    assert names(page) == [
        "VideoChat-Flash-Qwen2-7B",
        "Qwen2.5-VL-3B",
        "Qwen2.5-VL-7B",
        "Qwen3-VL-8B",
        "Qwen3-VL-8B + MA-Bench-Train",
    ]
    page.fill("#find", "no such")
    assert page.locator(".nothing").is_visible() and names(page) == []
    page.fill("#find", "")
    page.select_option("#columns", "open")
    assert not page.locator("#ranking .of-closed:visible").count()
    page.select_option("#columns", "closed")
    assert not page.locator("#ranking :is(.of-open, .of-final):visible").count()
    assert page.locator("#ranking .of-closed:visible").count()
    assert page.locator("input[name=group]").last.is_disabled()  # no own run on the whole benchmark


def test_intervals_show_on_wish(browser: Watched, file: Path) -> None:
    page = browser.open(file)
    more = page.locator("#ranking .more").first
    assert not more.is_visible()
    page.locator("label", has_text="Show intervals").click()
    assert more.is_visible() and re.match(r"\d+\.\d - \d+\.\d\nrank \d", more.inner_text().strip())
    assert page.locator("#own .more").first.is_visible()


def test_the_scripts_draw_what_stands_there_without_them(browser: Watched, file: Path) -> None:
    page = browser.open(file)
    written = file.read_text(encoding="utf-8")
    for kind in ("wide", "narrow"):
        drawn = page.locator(f"#plot svg.{kind}").evaluate("one => one.innerHTML")
        (static,) = re.findall(rf'<svg [^>]*class="{kind}">(.*?)</svg>', written, re.DOTALL)
        mine, theirs = ([float(one) for one in NUMBERS.findall(CLASSES.sub("", told))] for told in (static, drawn))
        assert len(mine) > 500 and theirs == pytest.approx(mine, abs=0.11)  # a tenth of a pixel


def test_a_column_is_chosen_and_drawn(browser: Watched, file: Path) -> None:
    page = browser.open(file)
    page.select_option("#plotted", str(COLUMNS.index("open_avg")))
    expect(page.locator("#plot-title")).to_have_text("Open AVG: judge's score, 0-5")
    assert plotted(page)[:2] == ["Qwen3-VL-8B + MA-Bench-Train", "VideoLLaMA2-7B"]  # 1.69, 0.87
    assert not page.locator("#plot .chance").count() and not page.locator("#plot .whisker").count()
    page.locator("#compare .data summary").click()
    assert page.locator("#compare .data tbody tr").first.inner_text().split("\t")[:2] == [*plotted(page)[:1], "1.69"]
    page.select_option("#plotted", "0")
    assert page.locator("#plot svg.wide .whisker").count() == 24 and page.locator("#plot svg.wide .chance").count() == 1


def test_methods_are_chosen_by_boxes_and_rows(browser: Watched, file: Path) -> None:
    page = browser.open(file)
    page.get_by_label("Plot GPT-4o", exact=True).check()
    page.locator("#ranking td.date", has_text="2025-06").click()  # Gemini-2.5-Flash
    assert plotted(page) == ["Gemini-2.5-Flash", "GPT-4o"]
    expect(page.locator("#chosen")).to_have_text("2 methods chosen")
    page.locator("#controls summary").click()
    choice = page.locator("#choice")
    assert choice.get_by_label("GPT-4o", exact=True).is_checked()
    choice.get_by_label("GPT-4o", exact=True).uncheck()
    assert plotted(page) == ["Gemini-2.5-Flash"]
    assert not page.get_by_label("Plot GPT-4o", exact=True).is_checked()
    page.select_option("#plotted", str(COLUMNS.index("final")))  # one dot without an interval
    assert plotted(page) == ["Gemini-2.5-Flash"]
    page.click("#unchoose")
    expect(page.locator("#chosen")).to_have_text("24 methods: those of the table above")
    page.fill("#find", "InternVL")
    assert len(plotted(page)) == 3


def test_dark_and_light(browser: Watched, file: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = browser.open(file, scheme="light"), browser.open(file, scheme="dark")
    white, black = light.evaluate(background), dark.evaluate(background)
    assert white != black
    fill = "getComputedStyle(document.querySelector('#plot .g2')).fill"
    assert light.evaluate(fill) != dark.evaluate(fill)
    dark.click("#theme")
    assert dark.evaluate(background) == white and dark.evaluate(fill) == light.evaluate(fill)


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_screen_is_too_narrow(browser: Watched, file: Path, width: int) -> None:
    page = browser.open(file, width=width, height=800)
    page.locator("label", has_text="Show intervals").click()
    for each in page.locator("details").all():
        each.evaluate("one => one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#plot svg:visible").get_attribute("class") == ("narrow" if width < 640 else "wide")


@pytest.mark.parametrize("width", [360, 1280])
def test_other_settings_stand_apart(browser: Watched, tmp_path: Path, width: int) -> None:
    board = Path(shutil.copytree(COMMITTED, tmp_path / "leaderboard"))
    run = run_folder(tmp_path / "run", scores_of(99.0, model="five"), seed=5, shots="f" * 64, examples=[2, False])
    main(["leaderboard", str(run), "--add", "--html", "--dir", str(board)])
    page = browser.open(board / "index.html", width=width)
    others = page.locator("#others")
    assert others.locator("tbody tr").count() == 1 and "five" not in names(page)
    assert others.locator("tbody td").first.inner_text().split("\n") == ["2-shot", "seed 5"]
    assert "not verified" in others.locator("tbody tr").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_attack_is_a_name(browser: Watched, attacked: Path) -> None:
    page = browser.open(attacked)
    assert not page.locator("img").count()
    head(page, "AVG").click()
    assert names(page)[0] == ATTACK
    page.get_by_label(f"Plot {ATTACK}", exact=True).check()
    assert page.locator("#plot svg.wide title").all_text_contents() == [f"{ATTACK}: 99.00"]
    page.locator("#controls summary").click()
    assert ATTACK in page.locator("#choice").inner_text()
    assert not page.locator("img").count()


def test_paper_shows_the_table_and_the_plot(browser: Watched, file: Path) -> None:
    page = browser.open(file, scheme="dark", width=390)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("#plot svg.wide").is_visible() and not page.locator("#plot svg.narrow").is_visible()
    assert not page.locator("#filters").is_visible() and page.locator("#ranking").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
