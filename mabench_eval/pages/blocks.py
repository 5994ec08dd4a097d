"""Parts that pages have in common: the bar at the top, sections, badges, key figures, the footer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval._version import __version__
from mabench_eval.pages.html import Child, Markup, element


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page that its bar links to."""

    name: str
    """Unique in the page; its anchor."""
    title: str
    content: Markup
    short: str = ""
    """Its name in the bar; empty: the title."""


def sections(parts: Sequence[Section]) -> Markup:
    """The main part of a page."""
    rendered = [
        element(
            "section",
            element("h2", part.title, id=f"{part.name}-title"),
            part.content,
            id=part.name,
            aria_labelledby=f"{part.name}-title",
        )
        for part in parts
    ]
    return element("main", rendered, id="main")


def top_bar(title: str, parts: Sequence[Section]) -> Markup:
    """The bar that stays at the top: the page's title, links to its sections, the switch between light and dark."""
    links = [element("a", part.short or part.title, href=f"#{part.name}") for part in parts]
    half_moon = [element("path", d="M10 2a8 8 0 0 1 0 16z"), element("circle", cx=10, cy=10, r=8, fill="none")]
    theme_switch = element(
        "button",
        element("svg", half_moon, viewBox="0 0 20 20", aria_hidden="true"),
        type="button",
        id="theme",
        hidden=True,  # until a script is there to serve it
        aria_pressed="false",
        aria_label="Dark colours",
        title="Light or dark",
    )

    brand = element("a", title, href="#top", class_="brand")
    content = [brand, element("nav", links, aria_label="Sections"), theme_switch]
    skip_link = element("a", "To the content", href="#main", class_="skip")
    return element("div", skip_link, element("div", content, class_="topbar-inside"), class_="topbar")


def badge(text: str, kind: str = "plain") -> Markup:
    """A word or two that stand out; ``kind``: ``plain``, ``good``, ``warn``."""
    return element("span", text, class_=f"badge {kind}")


def tile(name: str, value: str, below: str = "", explanation: str = "") -> Markup:
    """A key figure: its name, its value, its interval, what it means."""
    return element(
        "div",
        element("div", name, class_="tile-name"),
        element("div", value, class_="tile-value"),
        element("div", below, class_="tile-below") if below else None,
        element("div", explanation, class_="tile-told") if explanation else None,
        class_="tile",
    )


def tiles(content: Sequence[Markup]) -> Markup:
    """Key figures side by side."""
    return element("div", content, class_="tiles")


def grid(*content: Child) -> Markup:
    """Charts side by side, as many as there is room for."""
    return element("div", *content, class_="charts")


def note(*content: Child) -> Markup:
    """A line of explanation."""
    return element("p", *content, class_="note")


def footer() -> Markup:
    """The end of a page of runs: what made it, and where its figures are defined."""
    text = (
        f"Made by mabench_eval {__version__}. Every figure is defined in its docs/scores.md; this page loads nothing."
    )
    return element("footer", element("p", text))
