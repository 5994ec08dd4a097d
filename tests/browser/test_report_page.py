"""The page of a run as a reader uses it: filters, search, questions by click, key and address, dark, narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from mabench_eval import evaluate, register_judge, register_model
from mabench_eval.pages import report_page
from mabench_eval.types import JudgeRequest, Judgment
from tests.browser.conftest import Watched
from tests.support.benchmarks import Pixels, write_benchmark

expect = pytest.importorskip("playwright.sync_api", reason="pages are tested with playwright").expect

ATTACKS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "$& $1 $`",
    "\u202eright to left",
    "\u05d0\u05d1\u200f (\u05d2)",
    "half \ud83d a character",
    "\x00\x1b[31m",
    "{question}",
    "one\u2028two\x85three",
)
LONG = "x" * 1_000_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the baseline random on the demo."""
    folder = tmp_path_factory.mktemp("report")
    result = evaluate("random", data="demo", output=folder)
    file = folder / "report.html"
    file.write_text(report_page(result.folder), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a model and a judge that write attacks, and once very much; choices in all rotations."""
    folder = tmp_path_factory.mktemp("attacked")

    @register_model("hostile", needs_frames=False)
    def attacker(frames: Pixels, prompt: str) -> str:
        return LONG if "clip0 move up" in prompt else ATTACKS[sum(map(ord, prompt)) % len(ATTACKS)]

    @register_judge("attacking-judge")
    def attacking(request: JudgeRequest) -> Judgment:
        return Judgment(request.key, dict.fromkeys(request.levels, 1), dict.fromkeys(request.levels, ATTACKS[2]))

    data = write_benchmark(folder, clips=8)
    result = evaluate("hostile", data=str(data), output=folder, judge="attacking-judge", circular=True)
    file = folder / "report.html"
    file.write_text(report_page(result.folder), encoding="utf-8")
    return file


def count(page: Any) -> str:
    text: str = page.locator("#count").inner_text()
    return text


def title(page: Any) -> str:
    text: str = page.locator("#question h3").inner_text()
    return text


def closed(page: Any) -> bool:
    return bool(page.locator("#question h3").count() == 0)


def gone(page: Any) -> None:
    """Wait until no question is open."""
    page.locator("#question h3").wait_for(state="detached")


def width_of(page: Any) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def test_filters_narrow_the_list(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    assert count(page) == "336 questions"
    page.select_option("#task", "FMAR")
    assert count(page) == "28 of 336 questions"
    page.select_option("#verdict", "wrong")
    wrong = int(count(page).split()[0])
    page.select_option("#verdict", "right")
    assert wrong + int(count(page).split()[0]) == 28
    page.select_option("#part", "Head")
    assert int(count(page).split()[0]) <= 4
    page.select_option("#outcome", "refused")
    assert count(page) == "0 of 336 questions"
    assert page.locator("#list").inner_text() == "No question fits."
    page.click("#clear")
    expect(page.locator("#count")).to_have_text("336 questions")


def test_search_wants_all_words_or_a_phrase(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    page.fill("#find", "left UPPER arm")
    words = int(count(page).split()[0])
    page.fill("#find", '"left upper arm"')
    phrase = int(count(page).split()[0])
    assert 0 < phrase <= words < 336
    page.fill("#find", "CMAR_0002")
    assert count(page) == "1 of 336 questions"


def test_only_rows_that_are_seen_are_there(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    assert page.locator(".row").count() < 40
    page.locator("#list").evaluate("list => list.scrollTop = list.scrollHeight")
    page.locator("#row-335").wait_for()
    assert page.locator(".row").count() < 40


def test_a_question_opens_by_click_and_back_closes_it(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    name = page.locator(".row .id").nth(2).inner_text()
    page.locator(".row").nth(2).click()
    assert title(page) == name
    assert page.url.endswith(f"#q={name}")
    page.locator("#question .tools button").nth(1).click()  # the next one takes its place in the history
    assert title(page) != name
    page.go_back()
    gone(page)
    assert "#" not in page.url
    page.go_forward()
    page.locator("#question h3").wait_for()


def test_keys_find_move_open_and_close(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    page.keyboard.press("/")
    page.keyboard.type("FMAR")
    assert count(page) == "28 of 336 questions"
    page.keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    second = title(page)
    assert page.locator(".row[aria-selected=true] .id").inner_text() == second
    assert page.locator("#list").get_attribute("aria-activedescendant") == "row-1"
    page.keyboard.press("ArrowRight")
    expect(page.locator("#question h3")).not_to_have_text(second)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#question h3")).to_have_text(second)
    page.keyboard.press("Escape")
    gone(page)
    assert page.evaluate("document.activeElement.id") == "list"
    page.keyboard.press("End")
    assert page.locator(".row[aria-selected=true]").get_attribute("id") == "row-27"


def test_an_address_opens_its_question(browser: Watched, demo: Path) -> None:
    page = browser.open(demo, "#q=MARE_0012")
    assert title(page) == "MARE_0012"
    assert page.locator("#question").evaluate("one => one.getBoundingClientRect().top") < 900
    text = page.locator("#question").inner_text()
    assert "Micro-Action Reasoning and Explanation" in text
    assert page.locator("#question tbody tr").count() == 3
    page.locator("#question details summary").click()
    assert page.locator("#question mark").inner_text().startswith("Reason from")
    page.keyboard.press("Escape")
    gone(page)
    page = browser.open(demo, "#q=NO_SUCH")
    expect(page.locator("#question")).to_contain_text("There is no question NO_SUCH", use_inner_text=True)
    assert closed(page)


def test_a_link_of_a_table_filters(browser: Watched, demo: Path) -> None:
    page = browser.open(demo)
    link = page.locator("#confusion a").first
    action = link.inner_text()
    link.click()
    expect(page.locator("#task")).to_have_value("FMAR")
    assert [page.input_value(f"#{name}") for name in ("action", "verdict")] == [action, "wrong"]
    assert int(count(page).split()[0]) >= 1


def test_dark_follows_the_system_until_the_button_says_otherwise(browser: Watched, demo: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = browser.open(demo, scheme="light"), browser.open(demo, scheme="dark")
    white, black = light.evaluate(background), dark.evaluate(background)
    assert white != black
    assert [each.get_attribute("#theme", "aria-pressed") for each in (light, dark)] == ["false", "true"]
    light.click("#theme")
    dark.click("#theme")
    assert (light.evaluate(background), dark.evaluate(background)) == (black, white)
    light.reload()
    assert light.evaluate(background) == black  # it is remembered


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_screen_is_too_narrow(browser: Watched, demo: Path, width: int) -> None:
    page = browser.open(demo, width=width, height=800)
    assert width_of(page) <= width
    for each in page.locator("details").all():
        each.evaluate("one => one.open = true")
    assert width_of(page) <= width
    page.locator(".row").first.click()
    expect(page.locator("#question")).to_be_visible()  # the address changes first, and the page follows it
    assert width_of(page) <= width
    page.locator("#question .close").click()
    gone(page)
    assert page.locator("#list").is_visible()


def test_attacks_are_shown_as_text(browser: Watched, attacked: Path) -> None:
    page = browser.open(attacked)
    for attack in ATTACKS[:3]:
        page.fill("#find", f'"{attack}"')
        page.locator(".row").first.click()
        expect(page.locator("#question")).to_contain_text(attack, use_inner_text=True)
        page.keyboard.press("Escape")
        gone(page)
    assert page.locator("img, #question script").count() == 0
    page.fill("#find", "MADU")
    page.locator(".row").first.click()
    assert ATTACKS[2] in page.locator("#question table").inner_text()


def test_what_cannot_be_seen_is_spelled_out(browser: Watched, attacked: Path) -> None:
    page = browser.open(attacked)
    for words, shown in (
        ("right to left", "⟨U+202E⟩right"),
        ('"a character"', "half ⟨U+D83D⟩ a"),
        ("[31m", "⟨U+0000⟩⟨U+001B⟩"),
    ):
        page.fill("#find", words)
        page.locator(".row").first.click()
        assert shown in page.locator("#question .boxed").first.inner_text()
        page.keyboard.press("Escape")
        gone(page)


def test_a_long_answer_is_cut_and_shown_whole_on_wish(browser: Watched, attacked: Path) -> None:
    page = browser.open(attacked)
    page.fill("#find", "xxxxxxxx")
    page.locator(".row").first.click()
    answer = page.locator("#question .boxed").first
    assert len(answer.evaluate("one => one.textContent")) == 20_001
    button = page.locator("#question button.all")
    assert button.inner_text() == "Show all 1,000,000 characters"
    button.click()
    assert len(answer.evaluate("one => one.textContent")) == 1_000_000
    assert button.count() == 0


def test_a_template_is_filled_word_for_word(browser: Watched, attacked: Path) -> None:
    page = browser.open(attacked, "#q=CMAR_00000")
    page.locator("#question details summary").click()
    text = page.locator("#question mark").inner_text()
    assert text.startswith("Which body part?\nA. Body\nB. Head")
    assert page.locator("#question .options li").count() == 7


def test_rotations_have_addresses_and_tags(browser: Watched, attacked: Path) -> None:
    page = browser.open(attacked, "#q=CMAR_00000&rotation=2")
    assert title(page) == "CMAR_00000rotated by 2"
    assert page.locator("#question .options li").first.inner_text().split("\n")[1] == "Upper limb"
    page.select_option("#asking", "first")
    assert count(page) == f"96 of {96 + 8 * (6 + 4)} askings"


def test_print_leaves_out_what_paper_cannot_do(browser: Watched, demo: Path) -> None:
    page = browser.open(demo, scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("#questions").is_visible()
    assert not page.locator(".topbar").is_visible()
    assert page.locator("svg .bar").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_an_address_of_any_characters_is_harmless(browser: Watched, attacked: Path) -> None:
    name = "<img src=x onerror=alert(1)>"
    page = browser.open(attacked, f"#q={quote_plus(name)}")
    expect(page.locator("#question")).to_contain_text(name, use_inner_text=True)
    page.evaluate("location.hash = '#task=%E0%A4%A&find=%'")
    expect(page.locator("#find")).to_have_value("%")
