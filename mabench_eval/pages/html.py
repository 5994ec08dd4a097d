"""HTML and SVG, written so that escaping cannot be forgotten: only ``element`` and ``join`` make markup.

A plain text is escaped wherever it is put. Markup that is joined or formatted by other means is a plain text again: a
mistake shows as visible tags, never as a hole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

_VOID = frozenset(("br", "img", "input", "link", "meta"))
_LOADING = frozenset(("href", "src", "action", "data", "formaction", "poster", "srcset", "xlink-href"))
_HARMLESS = ("#", "data:image/", "data:,")
"""Where a link may lead: within the page, or to a picture that is in it."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters, lone surrogates, and marks that turn the direction of text that follows them."""


class Markup(str):
    """HTML as it stands: made by this module alone."""

    __slots__ = ()


Child = str | Iterable[str | None] | None
"""A text (escaped), markup, several of either; None is nothing."""
Attribute = str | float | bool | None
"""A value; True is the bare name, None and False leave it out."""


def visible(text: str) -> str:
    """The text with what cannot be seen told as ``⟨U+202E⟩``; tabs and line ends stay."""
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def text(content: str) -> Markup:
    """Any text as markup that shows it."""
    return content if isinstance(content, Markup) else Markup(escape(visible(content)))


def join(children: Iterable[str | None], separator: str = "") -> Markup:
    """Texts and markup one after the other."""
    return Markup(text(separator).join(text(child) for child in children if child is not None))


def element(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element with its children.

    Args:
        name: Of the element.
        children: What is in it; see ``Child``.
        attributes: ``class_`` is ``class``, other underscores are hyphens. Scripts and styles have no place in
            attributes, the page's policy refuses them; links lead within the page.

    Raises:
        ValueError: For an attribute that a page may not have.
    """
    words = [
        name,
        *(_attribute(key, value) for key, value in attributes.items() if value is not None and value is not False),
    ]
    opening = f"<{' '.join(words)}>"
    if name in _VOID:
        return Markup(opening)
    return Markup(f"{opening}{_inside(children)}</{name}>")


def _inside(children: Sequence[Child]) -> str:
    return "".join(
        "" if child is None else text(child) if isinstance(child, str) else join(child) for child in children
    )


def _attribute(key: str, value: str | float) -> str:
    name = key.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(name) or name.casefold().startswith("on") or name == "style":
        raise ValueError(f"no attribute of a page: {name}")
    if name.casefold() in _LOADING and not str(value).startswith(_HARMLESS):
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
    """A table that scrolls by itself where it is wider than the screen.

    Args:
        header: One cell a column.
        rows: As many cells as the header each, texts or markup.
        text_columns: So many columns from the left are text, the first of them the row's heading; the rest are figures.
        caption: What it shows.
        groups: (heading, columns) above the header, from the left.
    """
    kinds = [None if place < text_columns else "figure" for place in range(len(header))]
    above = element("tr", [element("th", name, scope="colgroup", colspan=span) for name, span in groups])
    heads = [element("th", cell, scope="col", class_=kind) for cell, kind in zip(header, kinds, strict=True)]
    body = []
    for row in rows:
        cells = [element("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)]
        body.append(element("tr", element("th", row[0], scope="row") if text_columns else cells[0], cells[1:]))
    whole = element(
        "table",
        element("caption", caption) if caption else None,
        element("thead", above if groups else None, element("tr", heads)),
        element("tbody", body),
    )
    return element("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption or "Table")


def details(summary: str, *children: Child, class_: str | None = None) -> Markup:
    """Something that opens on a click."""
    return element("details", element("summary", summary), *children, class_=class_)


def definitions(pairs: Iterable[tuple[str, Child]]) -> Markup:
    """Names and what they stand for; those that stand for nothing are left out."""
    return element("dl", [element("div", element("dt", name), element("dd", told)) for name, told in pairs if told])
