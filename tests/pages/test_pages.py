"""The base of all pages: escaping that cannot be forgotten, a policy that fits, data that comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.pages.charts import Bar, Panel, bar_chart, histogram_chart, matrix_chart
from mabench_eval.pages.html import Markup, element, join, table, text
from mabench_eval.pages.page import Page, render
from mabench_eval.text import visible
from tests.support.pages import cells, check_page, data_of, read

ATTACKS = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '"><b onclick="alert(1)">',
    "]]>",
    "<!--",
    "-->",
    "&lt;",
    "\u2028\u2029",
    "\u202eright to left",
    "half \ud83d a character",
    "\x00\x1b[31m\x7f\x85",
    "\ufeff",
)
any_text = st.text(st.characters(), max_size=40)  # surrogates too


@given(any_text)
def test_any_text_is_shown_and_nothing_else(given_text: str) -> None:
    (paragraph,) = read(element("p", given_text, title=given_text)).children
    assert not paragraph.children
    shown = visible(given_text)
    assert paragraph.text == shown
    assert paragraph.attributes == {"title": shown}


@given(
    st.recursive(any_text | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(any_text, inner))
)
def test_data_comes_back_as_it_was(value: object) -> None:
    page = render(Page("t", element("main"), data=[value]))
    assert data_of(page) == [value]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_of_attacks_is_clean(attack: str) -> None:
    charts = [
        bar_chart(
            "a", attack, attack, [Bar(attack, 50.0, 40.0, 60.0, 10.0, 20.0, attack, 3)], value=attack, mark=attack
        ),
        histogram_chart("b", attack, attack, [Panel(attack, [1, 2], 0.5)]),
        matrix_chart("c", attack, attack, [attack], [attack], [[1]]),
    ]
    body = join([element("p", attack), table([attack], [[attack]], caption=attack), *charts])
    root = check_page(render(Page(attack, body, data={attack: attack})))
    assert root.all("title")[0].text == visible(attack)
    assert not root.all("img")
    assert not root.all("b")


def test_markup_that_is_joined_by_other_means_is_a_text_again() -> None:
    bold = element("b", "x")
    assert element("p", bold) == "<p><b>x</b></p>"
    assert element("p", "".join([bold, "y"])) == "<p>&lt;b&gt;x&lt;/b&gt;y</p>"
    assert element("p", f"{bold}") == "<p>&lt;b&gt;x&lt;/b&gt;</p>"
    assert join([bold, "<i>"], " · ") == "<b>x</b> · &lt;i&gt;"
    assert text(text("<")) == "&lt;"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("onclick", "alert(1)"),
        ("ONERROR", "x"),
        ("style", "color: red"),
        ("href", "https://example.org"),
        ("href", "javascript:alert(1)"),
        ("src", "//example.org/x.js"),
        ("src", "data:text/html,x"),
        ("a b", "x"),
        ("formaction", "/x"),
        ("x>", "y"),
    ],
)
def test_attributes_that_run_or_load_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"attribute|leads"):
        element("a", "x", **{name: value})


def test_attributes() -> None:
    made = element(
        "input", type="checkbox", checked=True, disabled=False, value=None, aria_label="a", class_="b", size=3
    )
    assert made == '<input type="checkbox" checked aria-label="a" class="b" size="3">'
    assert isinstance(made, Markup)


def test_a_page_without_data_and_with_assets_of_its_own() -> None:
    root = check_page(render(Page("t", element("main", "x"), styles=["questions.css"])))
    assert not [e for e in root.all("script") if e.attributes.get("type")]
    assert "color-scheme" in root.all("style")[0].text


def test_bars_stand_where_their_figures_are() -> None:
    """Labels of two letters leave a scale from 12 + 2 x 8.6 to 360 - 52: 2.788 units a percent."""
    chart = read(bar_chart("x", "t", "d", [Bar("AB", 50.0, 25.0, 75.0, 10.0), Bar("C", None)], value="share"))
    scale = (360 - 52 - 12 - 2 * 8.6) / 100
    (drawn,) = [e for e in chart.all("rect") if e.attributes.get("height") == "12.0"]
    assert drawn.attributes["width"] == f"{50 * scale:.1f}"
    whisker = next(e for e in chart.all("path") if e.attributes["class"] == "whisker")
    assert f"H{29.2 + 75 * scale:.1f}" in (whisker.attributes["d"] or "")
    line = next(e for e in chart.all("line") if e.attributes["class"] == "chance")
    assert line.attributes["x1"] == f"{29.2 + 10 * scale:.1f}"
    assert cells(chart.all("table")[0]) == [["AB", "50.00", "25.00", "75.00", "10.00"], ["C", "-", "-", "-", "-"]]


@pytest.mark.parametrize(
    "chart",
    [
        bar_chart("x", "title", "description", [Bar("a", 1.0)]),
        histogram_chart("x", "title", "description", [Panel("L1", [0, 0], None)]),
        matrix_chart("x", "title", "description", ["a"], ["a", "none"], [[0, 0]]),
    ],
)
def test_a_chart_has_a_name_a_description_and_its_figures(chart: Markup) -> None:
    root = read(chart)
    picture = root.get("svg", role="img")
    assert picture.attributes["aria-labelledby"] == "x-title x-told"
    assert (picture.get("title", id="x-title").text, picture.get("desc", id="x-told").text) == ("title", "description")
    assert root.all("table")
