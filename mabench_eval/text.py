"""Text from elsewhere (models, endpoints, files, file names), made harmless to show and to quote; and cut."""

from __future__ import annotations

import re

HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab and line ends
    "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # no width; turn the direction
    "\u2028\u2029"  # line ends to some readers and not to others
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # halves of characters, and none at all
    "\U000e0000-\U000e007f"  # tags: a whole message can stand in them unseen
    "]|\r(?!\n)"  # alone, it lets a line be written over
)
"""What moves a terminal's cursor, is no character of XML 1.0, or lets a text look like another. The joiners of emoji
and of Persian (U+200C, U+200D) stay."""


def visible(text: str) -> str:
    """The text with what cannot be seen spelled out, as ``⟨U+202E⟩``; tabs and line ends stay."""
    return HIDDEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def visible_line(text: str) -> str:
    """The same in one line: line ends are spelled out too, so that no name can begin a line of its own."""
    return visible(text).replace("\r\n", "⟨U+000D⟩⟨U+000A⟩").replace("\n", "⟨U+000A⟩")


def cut(text: str, most: int) -> str:
    """At most about so many characters of a text: its beginning and its end, and how much was left out between."""
    if len(text) <= most:
        return text
    head, tail = most * 2 // 3, most // 3
    return f"{text[:head]} ... ({len(text) - head - tail:,} characters left out) ... {text[len(text) - tail :]}"


def decimals(value: float, places: int = 2, *, signed: bool = False) -> str:
    """A figure to so many decimals, a plus before a gain where ``signed``; what rounds to nothing has no sign."""
    rounded = f"{value:z.{places}f}"  # "z": never -0.00
    return f"+{rounded}" if signed and value > 0 and float(rounded) else rounded


def fenced(what: str, text: str) -> str:
    """A text as data in a prompt, between two marks that hold its own hash: no text can close its fence early."""
    import hashlib  # which takes longer to import than all of this

    mark = f"{what.upper()} {hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:16]}"
    return f"<<<<< {mark}\n{text}\n>>>>> {mark}"
