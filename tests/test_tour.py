"""docs/tour.md is true: its commands run, in their order, and print what stands there, on 80 columns."""

from __future__ import annotations

import re

import pytest

from tests.support.paths import ROOT
from tests.support.tour import PAGE, REWRITE, SCREEN, WIDTH, commands, comparable, screens

TEXT = PAGE.read_text(encoding="utf-8")
SCREENS = SCREEN.findall(TEXT)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The screens as they are now; each builds on the runs of those before it."""
    return list(screens(TEXT, tmp_path_factory.mktemp("tour")))


@pytest.mark.parametrize("place", range(len(SCREENS)), ids=commands(TEXT))
def test_a_screen_is_what_its_command_prints(fresh: list[str], place: int) -> None:
    message = f"docs/tour.md is not what the command prints; where that is meant, write it anew: {REWRITE}"
    assert comparable(fresh[place]) == comparable(SCREENS[place]), message


def test_all_screens_fit() -> None:
    # a prompt stands as a model is sent it, in lines of any length
    lines = [line for screen in SCREENS if not screen.startswith("$ mabench-eval show") for line in screen.splitlines()]
    assert len(lines) > 100
    assert [line for line in lines if len(line) > WIDTH] == []


def test_ten_commands_each_with_words_on_what_one_sees() -> None:
    assert len(commands(TEXT)) == 10
    sections = re.split(r"^## \d+\. ", TEXT, flags=re.MULTILINE)[1:]
    assert [len(SCREEN.findall(section)) for section in sections] == [1] * 10
    assert all(len(SCREEN.sub("", section).split()) > 20 for section in sections)


def test_the_page_can_be_found_and_links_to_what_is_there() -> None:
    assert "(docs/tour.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXT):
        assert (PAGE.parent / link).exists(), link


def test_a_digit_that_differs_is_seen() -> None:
    assert (
        comparable(TEXT.replace("71.43", "71.44")) != comparable(TEXT) == comparable(TEXT.replace("0.3 MB", "0.4 MB"))
    )
