"""A page taken apart: its elements, policy and data, as a browser would see them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from mabench_eval.text import visible

VOID = frozenset(("br", "img", "input", "link", "meta"))


@dataclass
class Element:
    """An element with its attributes and all text below it."""

    name: str
    attributes: dict[str, str | None]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        """The elements of a name below this one, in their order."""
        return [found for child in self.children for found in ([child] if child.name == name else []) + child.all(name)]

    def get(self, name: str, **wanted: str) -> Element:
        """The one element of a name with these attributes (``class_`` is ``class``)."""
        words = {key.rstrip("_"): value for key, value in wanted.items()}
        (found,) = [e for e in self.all(name) if all(e.attributes.get(k) == v for k, v in words.items())]
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(tag, dict(attrs))
        self.open[-1].children.append(found)
        if tag not in VOID:
            self.open.append(found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag, f"</{tag}> ends nothing"

    def handle_data(self, data: str) -> None:
        for each in self.open:
            each.text += data


def read(page: str) -> Element:
    """The page's root; every element is closed."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


def data_of(page: str) -> Any:
    """The page's data."""
    return json.loads(read(page).get("script", id="data").text)


def rows_of(page: str) -> list[dict[str, Any]]:
    """The rows of a report's data by the names of their fields; None for what is left out."""
    data = data_of(page)
    return [dict(zip(data["fields"], [*row, *[None] * len(data["fields"])], strict=False)) for row in data["rows"]]


def cells(table: Element) -> list[list[str]]:
    """A table's body as texts."""
    return [[cell.text for cell in row.children] for row in table.all("tbody")[0].all("tr")]


def check_page(page: str) -> Element:
    """Assert what holds of every page: whole, clean, loads nothing, runs nothing but what its policy names."""
    page.encode("utf-8")
    assert visible(page) == page, "control characters, or halves of some"
    root = read(page)
    policy = root.get("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"] or ""
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for name in ("script", "style"):
        (run,) = [e for e in root.all(name) if e.attributes.get("type") != "application/json"]
        digest = base64.b64encode(hashlib.sha256(run.text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}';" in policy
        assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(|innerHTML|outerHTML|https?:", run.text)
    every = _all(root)
    assert not [e for e in every for name in e.attributes if name.startswith("on") or name == "style"]
    for name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
        leading = [e.attributes[name] or "" for e in every if name in e.attributes]
        assert all(where.startswith(("#", "data:")) for where in leading)
    ids = [e.attributes["id"] for e in every if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    return root


def _all(element: Element) -> list[Element]:
    return [found for child in element.children for found in (child, *_all(child))]
