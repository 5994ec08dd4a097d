"""Keys and logins never leave the wire: what an endpoint sends is cleared of them where it enters, and nowhere else.

Whatever comes from an endpoint (bodies and headers of every status, texts of exceptions) is given on by ``Endpoint``
alone, and by it through a ``Redaction``. So no journal, file or terminal needs to know of keys.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

SHORTEST = 8
"""Characters from which on a secret is taken out; fewer stand in many a word."""
LONGEST_WORD = 20
"""Characters from which on one of letters alone is taken out too; shorter ones (``anything``) may be a word."""
MARK = "[key]"
"""What stands in place of a secret."""


class Redaction:
    """Takes secrets out of texts: as they are, and as they look in addresses, JSON, HTML and base64.

    A secret of fewer than ``SHORTEST`` characters, or of letters alone and fewer than ``LONGEST_WORD``, is none: local
    servers are given words such as ``EMPTY``, ``none`` or ``x``, and answers that hold such a word must stay whole.
    """

    def __init__(self, secrets: Iterable[str | None]) -> None:
        """``secrets``: keys, logins, passwords; None and empty ones are passed over."""
        forms = {form for secret in secrets if secret and _is_secret(secret) for form in _forms(secret)}
        # The longest first: a short form may be a part of a longer one.
        self._pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None

    def text(self, text: str) -> str:
        """The text without any secret."""
        return self._pattern.sub(MARK, text) if self._pattern else text

    def value(self, value: Any) -> Any:
        """A JSON value without any secret in its texts and keys; as deep as the JSON reader lets pass."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        return value


def login_parts(authorization: str) -> Iterator[str]:
    """The secrets in the value of an Authorization header: all of it, what follows the scheme, a Basic password."""
    yield authorization
    scheme, _, token = authorization.partition(" ")
    yield token
    if scheme.casefold() == "basic":
        try:
            login = base64.b64decode(token, validate=True).decode()
        except ValueError:
            return
        yield login
        yield login.partition(":")[2]


def _is_secret(text: str) -> bool:
    return len(text) >= (LONGEST_WORD if text.isalpha() else SHORTEST)


def _forms(secret: str) -> Iterator[str]:
    """The ways in which a secret is written."""
    yield secret
    in_address, in_json = quote(secret, safe=""), json.dumps(secret)[1:-1]
    yield in_address
    yield re.sub("%..", lambda code: code[0].lower(), in_address)
    yield in_json
    yield in_json.replace("/", r"\/")
    yield html.escape(secret)

    # In base64 a text looks otherwise at each of three places. The characters that depend on its neighbours are left
    # out, so that it is found within a longer text too: the password in `user:password`.
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode()
        inner = encoded[(0, 2, 3)[before] : (before + len(secret.encode())) * 8 // 6]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
