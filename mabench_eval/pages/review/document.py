"""The whole page: its frame, which scripts fill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mabench_eval.pages.blocks import top_bar
from mabench_eval.pages.html import Child, Markup, details, element, join
from mabench_eval.pages.page import Page, render

Mode = Literal["review", "answer"]
TITLES: Mapping[Mode, str] = {"review": "Review", "answer": "Questions"}
KEYS: Mapping[str, str] = {
    "Y N A-G": "answer",
    "U": "cannot tell",
    "Enter": "accept, save",
    "C": "correct the answer",
    "W": "reword",
    "D": "drop",
    "1-7": "reason",
    "Esc": "back to the choice",
    "Space": "play, pause",
    ", .": "a frame back, forward",
    "S": "slower",
    "O": "overlay",
    "← →": "back, next",
    "J": "next open one",
}
_DECIDING = ("Enter", "C", "W", "D", "1-7", "Esc", "O")
"""Keys that a page has only where somebody decides."""
_SERVED = "connect-src 'self'; media-src 'self'"
_EMBEDDED = "media-src data: file: 'self'"


def review_page(mode: Mode, data: Any = None) -> str:
    """The page on which a person answers questions, or reviews them.

    Args:
        mode: ``review``: blind answers, then decisions; ``answer``: answers alone.
        data: All questions, for a page that does without a server and keeps what is decided in the browser; None: a
            server gives them one by one.
    """
    title = TITLES[mode]
    body = join([top_bar(title, []), _main(mode, embedded=data is not None)], "\n")
    backend = "review-server.js" if data is None else "review-file.js"
    return render(
        Page(
            title=f"{title}: MA-Bench",
            body=body,
            data=data,
            styles=["review.css"],
            scripts=["review-clip.js", "review-graph.js", backend, "review.js"],
            loads=_SERVED if data is None else _EMBEDDED,
        )
    )


def _main(mode: Mode, *, embedded: bool) -> Markup:
    noscript = element("noscript", element("p", "This page needs JavaScript."))
    alert = element("div", id="alert", role="alert", hidden=True)
    work = element("div", _stage(mode), _question(mode), class_="work", id="work", hidden=True)
    return element("main", noscript, alert, _begin() if embedded else None, work, id="main", class_="review")


def _begin() -> Markup:
    """Who reviews: asked where no command line has told it."""
    name = element("input", id="name", autocomplete="off", spellcheck="false", maxlength=64, placeholder="anna")
    return element(
        "form",
        element("h1", "Review"),
        element(
            "p",
            "All of this page is in one file, the answers of the questions among it: whoever looks into the file sees "
            "them before answering. What you decide is kept in this browser until you download it.",
            class_="note",
        ),
        element("label", element("span", "Your name (letters, digits, - and _)"), name),
        element("button", "Begin", type="submit", class_="primary"),
        id="begin",
        hidden=True,
    )


def _stage(mode: Mode) -> Markup:
    """The clip, its controls, and below it the graph of what moves."""
    video = element("video", id="clip", muted=True, loop=True, playsinline=True, preload="auto", aria_label="The clip")
    screen = element("div", video, element("canvas", id="overlay", aria_hidden="true"), class_="screen", id="screen")
    seek = element("input", id="seek", type="range", min=0, max=1, step="any", value=0, aria_label="Place in the clip")
    controls = element(
        "div",
        _button("play", "Pause", "Space"),
        _button("back-frame", "Frame", ",", before="- "),
        _button("next-frame", "Frame", ".", after=" +"),
        _button("speed", "Speed 1", "S"),
        _button("show-overlay", "Overlay", "O") if mode == "review" else None,
        element("span", id="time", class_="time"),
        class_="controls",
    )
    graph = element(
        "figure",
        element("figcaption", id="graph-title"),
        element("canvas", id="graph", role="img", aria_label="How far each body part is from where it began"),
        element("p", id="graph-key", class_="graph-key"),
        id="graphs",
        hidden=True,
    )
    return element(
        "section", screen, seek, controls, graph if mode == "review" else None, class_="stage", aria_label="Clip"
    )


def _question(mode: Mode) -> Markup:
    """The question, and everything that is done with it."""
    progress = element("div", element("div", id="bar"), class_="progress", id="progress", role="progressbar")
    moves = element(
        "div",
        _button("back", "Back", "←"),
        _button("next", "Next", "→"),
        _button("open", "Next open", "J"),
        element("label", "Go to ", element("input", id="go", inputmode="numeric", size=5, autocomplete="off")),
        class_="moves",
    )
    keys = [(key, told) for key, told in KEYS.items() if mode == "review" or key not in _DECIDING]
    help_ = details(
        "Keys", element("ul", [element("li", element("kbd", key), " ", told) for key, told in keys], class_="keys")
    )
    download = element("button", "Download decisions", type="button", id="download", hidden=True, class_="primary")
    return element(
        "section",
        element("p", element("span", id="count"), element("span", id="saved", role="status"), class_="count"),
        progress,
        element("p", id="kicker", class_="kicker"),
        element("h1", id="stem", tabindex="-1"),
        element("div", id="panel"),
        moves,
        download,
        help_,
        class_="asked",
        aria_label="Question",
    )


def _button(id_: str, name: str, key: str, before: str = "", after: str = "") -> Markup:
    content: list[Child] = [before, element("span", name), after, " ", element("kbd", key)]
    return element("button", *content, type="button", id=id_)
