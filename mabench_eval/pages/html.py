"""HTML and SVG, written so that escaping cannot be forgotten: only this module makes markup.

A plain string is escaped wherever it is put. Markup that is joined or formatted by other means is a plain string again:
a mistake shows as visible tags, never as an injection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from mabench_eval.text import visible

_VOID = frozenset(("br", "img", "input", "link", "meta"))
_LINKING = frozenset(("href", "src", "action", "data", "formaction", "poster", "srcset", "xlink-href"))
_INSIDE = ("#", "data:image/", "data:,")
"""What a link may begin with: it leads within the page, or to a picture embedded in it."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class Markup(str):
    """HTML that is not escaped again; made by this module alone."""

    __slots__ = ()


Child = str | Iterable[str | None] | None
"""A string (escaped), markup, or several of either; None is nothing."""
Attribute = str | float | bool | None
"""A value; True writes the bare name, None and False leave the attribute out."""


def text(content: str) -> Markup:
    """Markup that shows any string as it is."""
    return content if isinstance(content, Markup) else Markup(escape(visible(content)))


def join(children: Iterable[str | None], separator: str = "") -> Markup:
    """Strings and markup one after the other."""
    return Markup(text(separator).join(text(child) for child in children if child is not None))


def element(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element with its children.

    Args:
        name: Tag name.
        children: What is in it; see ``Child``.
        attributes: ``class_`` is ``class``, other underscores are hyphens. No attribute may hold a script or a style
            (the page's policy refuses them), and links lead within the page.

    Raises:
        ValueError: For an attribute that a page may not have.
    """
    written = [_attribute(key, value) for key, value in attributes.items() if value is not None and value is not False]
    opening = f"<{' '.join([name, *written])}>"
    if name in _VOID:
        return Markup(opening)

    content = "".join(
        "" if child is None else text(child) if isinstance(child, str) else join(child) for child in children
    )
    return Markup(f"{opening}{content}</{name}>")


def _attribute(key: str, value: str | float) -> str:
    name = key.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(name) or name.casefold().startswith("on") or name == "style":
        raise ValueError(f"an attribute that a page may not have: {name}")
    if name.casefold() in _LINKING and not str(value).startswith(_INSIDE):
        raise ValueError(f"{name} leads out of the page: {value}")
    if value is True:
        return name
    return f'{name}="{escape(visible(str(value)))}"'


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    text_columns: int = 1,
    caption: str | None = None,
    groups: Sequence[tuple[str, int]] = (),
) -> Markup:
    """A table that scrolls on its own where it is wider than the screen.

    Args:
        header: One cell per column.
        rows: As many cells each as the header, strings or markup.
        text_columns: Number of columns from the left that hold text, the first of them the row's heading; the others
            hold figures.
        caption: What it shows.
        groups: (heading, number of columns) above the header, from the left.
    """
    classes = [None if column < text_columns else "figure" for column in range(len(header))]
    group_cells = [element("th", name, scope="colgroup", colspan=span) for name, span in groups]
    head_cells = [element("th", cell, scope="col", class_=class_) for cell, class_ in zip(header, classes, strict=True)]

    body = []
    for row in rows:
        cells = [element("td", cell, class_=class_) for cell, class_ in zip(row, classes, strict=True)]
        body.append(element("tr", element("th", row[0], scope="row") if text_columns else cells[0], cells[1:]))

    content = element(
        "table",
        element("caption", caption) if caption else None,
        element("thead", element("tr", group_cells) if groups else None, element("tr", head_cells)),
        element("tbody", body),
    )
    return element("div", content, class_="scroll", tabindex=0, role="region", aria_label=caption or "Table")


def details(summary: str, *children: Child, class_: str | None = None) -> Markup:
    """Content that opens on a click on its summary."""
    return element("details", element("summary", summary), *children, class_=class_)


def definitions(pairs: Iterable[tuple[str, Child]]) -> Markup:
    """Names with their values; a name without one is left out."""
    return element("dl", [element("div", element("dt", name), element("dd", value)) for name, value in pairs if value])
