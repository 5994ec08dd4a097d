"""The page of two runs as a reader uses it: filters, search, flips by click, key and address, dark, narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.pages import comparison_page
from tests.browser.conftest import Watched
from tests.support.benchmarks import Pixels, write_benchmark
from tests.support.run_folders import closed, run_folder

expect = pytest.importorskip("playwright.sync_api", reason="pages are tested with playwright").expect

ATTACKS = ("<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "</script><script>alert(3)</script>")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The baseline motion against random, on the demo."""
    folder = tmp_path_factory.mktemp("comparison")
    runs = [evaluate(name, data="demo", output=folder).folder for name in ("random", "motion")]
    return written(folder, *runs)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that writes attacks and one that also says Yes."""
    folder = tmp_path_factory.mktemp("attacked")

    @register_model("first-attacker", needs_frames=False)
    def attacker(frames: Pixels, prompt: str) -> str:
        return ATTACKS[sum(map(ord, prompt)) % len(ATTACKS)]

    @register_model("second-attacker", needs_frames=False)
    def yes(frames: Pixels, prompt: str) -> str:
        return f"Yes {ATTACKS[1]}"

    data = str(write_benchmark(folder, clips=8))
    return written(
        folder, *(evaluate(name, data=data, output=folder).folder for name in ("first-attacker", "second-attacker"))
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12,000 flips without texts."""
    folder = tmp_path_factory.mktemp("large")
    rights = {"1": {f"clip{number}": "10" * 6 for number in range(1000)}}
    rights["2"] = dict.fromkeys(rights["1"], "01" * 6)
    return written(folder, *(run_folder(folder / name, closed(rows), name) for name, rows in rights.items()))


def written(folder: Path, first: Path, second: Path) -> Path:
    file = folder / "comparison.html"
    file.write_text(comparison_page(first, second), encoding="utf-8")
    return file


def shown(page: Any) -> int:
    """How many flips fit."""
    return int(page.locator("#count").inner_text().split()[0].replace(",", ""))


def title(page: Any) -> str:
    text: str = page.locator("#question h3").inner_text()
    return text


def test_filters_narrow_the_list(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    all_of_them = shown(page)
    page.select_option("#way", "1")
    won = shown(page)
    assert page.locator(".sign.lost").count() == 0
    page.select_option("#way", "0")
    assert shown(page) + won == all_of_them
    assert page.locator(".sign.won").count() == 0
    page.select_option("#way", "")
    page.select_option("#task", "FMAR")
    assert {text[:4] for text in page.locator(".row .id").all_inner_texts()} == {"FMAR"}
    page.fill("#find", "no such words")
    assert page.locator("#list").inner_text() == "No question fits."
    page.click("#clear")
    expect(page.locator("#count")).to_contain_text(f"{all_of_them} flipped questions")


def test_search_looks_through_questions_and_answers(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    page.fill("#find", "leads")
    assert 0 < shown(page) < 60
    name = page.locator(".row .id").first.inner_text()
    page.fill("#find", name.lower())
    assert shown(page) == 1
    page.locator(".row").click()
    assert title(page) == name
    assert page.locator("#question .answer").count() == 2
    assert page.locator("#question .answer.better").count() == 1


def test_a_flip_shows_both_answers_and_the_reference(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    page.select_option("#task", "CMAR")
    page.select_option("#way", "1")
    page.locator(".row").first.click()
    assert page.locator("#question .options .reference .why").inner_text() == "motion, reference"
    assert page.locator("#question .options .chosen:not(.reference) .why").inner_text() == "random"
    assert page.locator("#question .answer .badge").all_inner_texts() == ["wrong", "right"]
    page.select_option("#task", "MADU")
    page.locator(".row").first.click()
    expect(page.locator("#question .scores tbody tr")).to_have_count(2)
    expect(page.locator("#question")).to_contain_text("Reasons of lexical", use_inner_text=True)


def test_keys_find_move_open_and_close(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    page.keyboard.press("/")
    page.keyboard.type("FMAR")
    page.keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    second = title(page)
    assert page.url.endswith(f"#q={second}")
    assert page.locator(".row[aria-selected=true] .id").inner_text() == second
    assert page.locator("#list").get_attribute("aria-activedescendant") == "row-1"
    page.keyboard.press("ArrowRight")
    expect(page.locator("#question h3")).not_to_have_text(second)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#question h3")).to_have_text(second)
    page.keyboard.press("Escape")
    page.locator("#question h3").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "list"


def test_an_address_opens_its_flip(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    name = page.locator(".row .id").nth(3).inner_text()
    assert title(browser.open(demo, f"#q={name}")) == name
    page = browser.open(demo, "#q=<img src=x onerror=alert(1)>")
    expect(page.locator("#question")).to_contain_text("is not among the flipped questions", use_inner_text=True)


def test_thousands_are_there_and_few_are_drawn(browser: Watched, large: Path) -> None:
    page = browser.open(large)
    assert page.locator("#count").inner_text() == "12,000 flipped questions: 6,000 won, 6,000 lost"
    assert page.locator(".row").count() < 40
    page.locator("#list").press("End")
    page.locator("#row-11999").wait_for()
    assert page.locator(".row").count() < 40
    page.fill("#find", "clip777")
    assert page.locator("#count").inner_text() == "12 of 12,000 flipped questions: 6 won, 6 lost"


def test_attacks_are_shown_as_text(browser: Watched, attacked: Path) -> None:
    page = browser.open(attacked)
    for attack in ATTACKS:
        page.fill("#find", f'"{attack}"')
        page.locator(".row").first.click()
        expect(page.locator("#question")).to_contain_text(attack)
    assert page.locator("img, #question script").count() == 0


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_is_too_narrow(browser: Watched, demo: Path, width: int, scheme: str) -> None:
    page = browser.open(demo, width=width, height=800, scheme=scheme)
    for each in page.locator("details").all():
        each.evaluate("one => one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".row").first.click()
    expect(page.locator("#question")).to_be_visible()  # the address changes first, and the page follows it
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#question .close").click()
    expect(page.locator("#list")).to_be_visible()


def test_print_leaves_out_what_paper_cannot_do(browser: Watched, demo: Path) -> None:
    page = browser.open(demo, scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("#browser").is_visible()
    assert not page.locator(".topbar").is_visible()
    assert page.locator("svg .dot").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
