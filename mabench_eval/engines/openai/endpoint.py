"""HTTP: one POST for one chat completion, on connections that are kept open; a GET for the names of the models.

Directly on aiohttp. The ``openai`` package would spend five times the CPU time on each request (``benchmarks/api.py``
measures it), and nothing of what it adds is used here: retries, failures and answers are handled by the modules beside
this one.
"""

from __future__ import annotations

import base64
import json
import ssl
import urllib.request
import zlib
from codecs import BOM_UTF8
from functools import cache
from types import TracebackType
from typing import Any

import aiohttp
import certifi
from yarl import URL

from mabench_eval.engines.openai.failures import NoAnswerError, UnfitReplyError, status_error
from mabench_eval.engines.openai.messages import Body
from mabench_eval.engines.openai.redaction import Redaction, login_parts
from mabench_eval.parsing import ContentError, json_value

LARGE_BODY_BYTES = 1 << 16
"""Above this, the pieces of a body are sent as they are: one system call each costs less than copying them together."""
LARGEST_REPLY = 8 << 20
"""Bytes of a reply, unpacked: some two million tokens."""
LARGEST_ERROR = 1 << 16
"""Bytes that are read of the body of an error."""
HEADERS = ("Location", "Retry-After")
"""All that is read of the headers of an error; aiohttp itself limits their length and number."""


class Endpoint:
    """The chat completions of one base URL; an async context manager, used within one event loop."""

    def __init__(self, base_url: str, key: str | None, timeout: float) -> None:
        """``key``: None where the endpoint asks for none. ``timeout``: seconds for one request from start to end.

        A key with a space in it is the whole value of the header, its scheme included: ``Basic dXNlcjpwYXNz``.
        """
        self._base = base_url.rstrip("/")
        self._url = URL(self._base + "/chat/completions")
        authorization = (key if " " in key else f"Bearer {key}") if key else None
        self._headers = {
            "Content-Type": "application/json",
            # Replies are short. What is not packed cannot grow when it is unpacked.
            "Accept-Encoding": "identity",
        } | ({"Authorization": authorization} if authorization else {})
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._proxy, login = _proxy(self._url)
        self._proxy_login = {"Authorization": login} if login else {}  # aiohttp adds the Proxy-
        self.redaction = Redaction(part for header in (authorization, login) if header for part in login_parts(header))
        """Of key and proxy login, from all that comes from there."""

    async def __aenter__(self) -> Endpoint:
        """Open the connection pool; connections are made as requests go out."""
        self._session = aiohttp.ClientSession(
            # no limit here: the request pool has one
            connector=aiohttp.TCPConnector(limit=0, ssl=_certificates()),
            timeout=self._timeout,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # it has no limit in all versions
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._session.close()

    async def complete(self, body: Body) -> Any:
        """The JSON of the endpoint's answer, without any secret in it.

        Raises StatusError for any status but 200, NoAnswerError for a body that is no JSON, UnfitReplyError for JSON
        that is not taken and for a body of more than ``LARGEST_REPLY``, and what aiohttp raises when there is no
        connection or no answer in time: ``failures.classify`` tells them apart.
        """
        async with self._session.post(
            self._url,
            data=body if body.length > LARGE_BODY_BYTES else b"".join(body.pieces),
            headers={"Content-Length": str(body.length)},
            proxy=self._proxy,
            proxy_headers=self._proxy_login,
            # Following a redirect would repeat the request as a GET, perhaps on another host and with the key.
            allow_redirects=False,
        ) as response:
            return await self._content(response)

    async def models(self) -> tuple[str, ...]:
        """What the endpoint calls its models. It costs nothing. Raises as ``complete`` does."""
        listed = await self._get("/models")
        rows = listed.get("data") if isinstance(listed, dict) else listed
        names = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        if not isinstance(rows, list) or not all(isinstance(name, str) for name in names):
            raise UnfitReplyError("it is no list of models")
        return tuple(map(str, names))

    async def _get(self, path: str, **query: str) -> Any:
        """The JSON of what stands at a path below the base URL. Raises as ``complete`` does."""
        async with self._session.get(
            URL(self._base + path).with_query(query),
            proxy=self._proxy,
            proxy_headers=self._proxy_login,
            allow_redirects=False,
        ) as response:
            return await self._content(response)

    async def _content(self, response: aiohttp.ClientResponse) -> Any:
        """The JSON of a reply of status 200. Raises StatusError, NoAnswerError, UnfitReplyError."""
        if response.status == 200:
            content = await unpacked(response, LARGEST_REPLY)
            if len(content) > LARGEST_REPLY:
                raise UnfitReplyError(f"it has more than {LARGEST_REPLY >> 20} MB")
            return self._json(content)
        content = await unpacked(response, LARGEST_ERROR)
        headers = {name: self.redaction.text(response.headers.get(name, "")) for name in HEADERS}
        raise status_error(response.status, self._json_or_text(content), headers)

    def _json(self, content: bytes) -> Any:
        try:
            return self.redaction.value(
                json_value(content.removeprefix(BOM_UTF8).decode(errors="surrogatepass"), halves=True)
            )
        except UnicodeDecodeError as error:
            raise NoAnswerError(self._text(content)[:100]) from error
        except ContentError as error:
            if isinstance(error.__cause__, json.JSONDecodeError):
                raise NoAnswerError(self._text(content)[:100] or "it is empty") from error
            raise UnfitReplyError(self.redaction.text(str(error))) from error

    def _json_or_text(self, content: bytes) -> Any:
        """What an error's body holds; some are pages, and one that was cut off is no JSON any more."""
        try:
            return self._json(content)
        except (NoAnswerError, UnfitReplyError):
            return self._text(content)

    def _text(self, content: bytes) -> str:
        return self.redaction.text(content.decode(errors="replace"))


async def unpacked(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body of a reply without its Content-Encoding: all of it, or some bytes more than ``most`` where it is longer.

    The rest is neither read nor unpacked. Raises NoAnswerError for a body that cannot be unpacked.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().casefold()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise NoAnswerError(f"it is packed as {encoding!r}, which was not asked for")
    packed = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS) if encoding not in ("identity", "") else None
    content = bytearray()
    try:
        async for chunk in response.content.iter_any():
            content += packed.decompress(chunk, most + 1 - len(content)) if packed else chunk
            if len(content) > most:
                break
    except zlib.error as error:
        raise NoAnswerError(f"it cannot be unpacked: {error}") from error
    return bytes(content)


@cache
def _certificates() -> ssl.SSLContext:
    """The system's certificates and Mozilla's: some installations of Python come without any.

    Reading them takes 50 ms, and each model and each round of its batches has an endpoint of its own.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _proxy(url: URL) -> tuple[URL | None, str | None]:
    """The environment's proxy for an address (HTTPS_PROXY, NO_PROXY, ...), and the header of its login if it has one.

    aiohttp's ``trust_env`` would also take logins from .netrc, in place of the key.
    """
    proxies = urllib.request.getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or urllib.request.proxy_bypass(url.host or ""):
        return None, None
    proxy = URL(address if "://" in address else f"http://{address}")
    if proxy.user is None:
        return proxy, None
    login = base64.b64encode(f"{proxy.user}:{proxy.password or ''}".encode()).decode()
    return proxy.with_user(None), f"Basic {login}"
