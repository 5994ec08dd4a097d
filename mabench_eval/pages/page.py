"""A whole page: one file with its styles, scripts and data in it, and a policy that lets it load nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from mabench_eval._version import __version__
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.text import HIDDEN, visible

STYLES = ("base.css",)
SCRIPTS = ("base.js",)
"""Of every page; a page's own follow them and use them."""
_UNSAFE = re.compile(f"[<>&]|{HIDDEN.pattern}")
"""What must not stand in a script element as it is: tags, and what cannot be seen."""
_ENDING = re.compile(r"</(?:script|style)|<!--", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What differs between pages."""

    title: str
    body: Markup
    """All that is shown: bar, header, main, footer."""
    data: Any = None
    """JSON that the scripts read (``page.data()``); None: there is none."""
    styles: Sequence[str] = ()
    """Files in ``assets/`` that follow ``STYLES``."""
    scripts: Sequence[str] = ()
    """Files in ``assets/`` that follow ``SCRIPTS``, all in one script: they share its names."""
    loads: str = ""
    """Directives of the policy for what the page loads all the same, such as ``media-src 'self'``; empty: nothing."""


def render(page: Page) -> str:
    """The page as a file's text. It can be encoded in UTF-8, whatever strings it was given."""
    style = _assets([*STYLES, *page.styles])
    script = _assets([*SCRIPTS, *page.scripts])
    policy = (
        f"default-src 'none'; script-src '{_source(script)}'; style-src '{_source(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    policy += f"; {page.loads}" if page.loads else ""
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="generator", content=f"mabench_eval {__version__}"),
        element("title", page.title),
        element("link", rel="icon", href="data:,"),
        element("style", style),
    ]
    data = None if page.data is None else element("script", embedded(page.data), type="application/json", id="data")
    body = element("body", "\n", page.body, "\n", data, "\n", element("script", script))
    return "\n".join(["<!doctype html>", element("html", element("head", join(head, "\n")), "\n", body, lang="en"), ""])


def embedded(value: Any) -> Markup:
    """Compact JSON that can stand in a script element; parsed, it is the value again, lone surrogates included."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(_UNSAFE.sub(lambda match: _escaped(match[0]), plain))


def _escaped(char: str) -> str:
    """A character as JSON escapes it: by the one or two 16-bit units of UTF-16."""
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def _assets(names: Sequence[str]) -> Markup:
    """The texts of files in ``assets/``. Raises ValueError for one that would end its element early."""
    folder = resources.files(__package__) / "assets"
    content = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    if _ENDING.search(content) or visible(content) != content:
        raise ValueError(f"{', '.join(names)}: an asset may not end its element or hold invisible characters")
    return Markup(content)


def _source(content: str) -> str:
    """The source expression by which a policy names an element's text (CSP level 2, section 4.2.5: its sha256)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode()
