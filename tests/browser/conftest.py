"""A browser that may not reach anything but the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tested with playwright")
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium, or CHROMIUM=FILE")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """Opens pages, and keeps their messages and requests."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._contexts: list[Any] = []
        self.messages: list[str] = []
        """Messages of the console, errors, dialogs."""
        self.requests: list[str] = []
        """Addresses that were requested, other than the page's own."""

    def visit(self, address: str, *, width: int = 1280, height: int = 900, scheme: str = "light") -> Any:
        """The page at an address of this machine; what it requests from there is its own."""
        return self._open(address, address, width, height, scheme)

    def open(self, file: Path, hash_: str = "", *, width: int = 1280, height: int = 900, scheme: str = "light") -> Any:
        """The page of a file in a window of its own; ``hash_``: the end of its address, from #."""
        return self._open(f"{file.as_uri()}{hash_}", file.as_uri(), width, height, scheme)

    def _open(self, address: str, own: str, width: int, height: int, scheme: str) -> Any:
        context = self._browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self._note(request.url, own))
        page.goto(address)
        return page

    def _dismiss(self, dialog: Any) -> None:
        self.messages.append(dialog.message)
        dialog.dismiss()

    def _note(self, address: str, own: str) -> None:
        if not address.startswith((own, "data:")):
            self.requests.append(address)

    def close(self) -> None:
        """Close all windows."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Watched]:
    """A browser; at the end no page has written to its console or requested anything."""
    watched = Watched(chromium)
    yield watched
    watched.close()
    assert watched.messages == []
    assert watched.requests == []
