"""Parts that pages have in common: the bar at the top, sections, badges, key figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval.pages.html import Child, Markup, element


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page that its bar leads to."""

    name: str
    """Unique in the page; the end of its address."""
    title: str
    content: Markup
    short: str = ""
    """Its name in the bar; as the title where it is empty."""


def sections(parts: Sequence[Section]) -> Markup:
    """The main part of a page."""
    made = [
        element(
            "section",
            element("h2", part.title, id=f"{part.name}-title"),
            part.content,
            id=part.name,
            aria_labelledby=f"{part.name}-title",
        )
        for part in parts
    ]
    return element("main", made, id="main")


def bar(title: str, parts: Sequence[Section]) -> Markup:
    """What stays at the top: where one is, where one can go, light or dark."""
    links = [element("a", part.short or part.title, href=f"#{part.name}") for part in parts]
    drawn = [element("path", d="M10 2a8 8 0 0 1 0 16z"), element("circle", cx=10, cy=10, r=8, fill="none")]
    half = element("svg", drawn, viewBox="0 0 20 20", aria_hidden="true")
    toggle = element(
        "button",
        half,
        type="button",
        id="theme",
        hidden=True,
        aria_pressed="false",
        aria_label="Dark colours",
        title="Light or dark",
    )
    inside = [element("a", title, href="#top", class_="brand"), element("nav", links, aria_label="Sections"), toggle]
    skip = element("a", "To the content", href="#main", class_="skip")
    return element("div", skip, element("div", inside, class_="topbar-inside"), class_="topbar")


def badge(told: str, kind: str = "plain") -> Markup:
    """A word or two that stand out; ``kind``: ``plain``, ``good``, ``warn``."""
    return element("span", told, class_=f"badge {kind}")


def tile(name: str, value: str, below: str = "", told: str = "") -> Markup:
    """A key figure: what it is, its value, its interval, what it means."""
    return element(
        "div",
        element("div", name, class_="tile-name"),
        element("div", value, class_="tile-value"),
        element("div", below, class_="tile-below") if below else None,
        element("div", told, class_="tile-told") if told else None,
        class_="tile",
    )


def tiles(inside: Sequence[Markup]) -> Markup:
    """Key figures side by side."""
    return element("div", inside, class_="tiles")


def grid(*inside: Child) -> Markup:
    """Charts side by side, as many as there is room for."""
    return element("div", *inside, class_="charts")


def note(*inside: Child) -> Markup:
    """A line of explanation."""
    return element("p", *inside, class_="note")
