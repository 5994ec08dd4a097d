"""HTTP: one POST for one chat completion, on connections that are kept open.

Directly on aiohttp. The ``openai`` package would spend five times the CPU time on each request (``benchmarks/api.py``
measures it), and nothing of what it adds is used here: retries, failures and answers are handled by the modules beside
this one.
"""

from __future__ import annotations

import base64
import json
import ssl
import urllib.request
from types import TracebackType
from typing import Any

import aiohttp
import certifi
from yarl import URL

from mabench_eval.engines.openai.failures import NoAnswerError, StatusError
from mabench_eval.engines.openai.messages import Body

LARGE_BODY_BYTES = 1 << 16
"""Above this, the pieces of a body are sent as they are: one system call each costs less than copying them together."""


class Endpoint:
    """The chat completions of one base URL; an async context manager, used within one event loop."""

    def __init__(self, base_url: str, key: str | None, timeout: float) -> None:
        """``key``: None where the endpoint asks for none. ``timeout``: seconds for one request from start to end."""
        self._url = URL(base_url.rstrip("/") + "/chat/completions")
        self._key = key
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def __aenter__(self) -> Endpoint:
        """Open the connection pool; connections are made as requests go out."""
        self._proxy, self._proxy_login = _proxy(self._url)
        self._session = aiohttp.ClientSession(
            # no limit here: the request pool has one
            connector=aiohttp.TCPConnector(limit=0, ssl=_certificates()),
            timeout=self._timeout,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._session.close()

    async def complete(self, body: Body) -> Any:
        """The JSON of the endpoint's answer.

        Raises StatusError for any status but 200, NoAnswerError for a body that is no JSON, and what aiohttp raises
        when there is no connection or no answer in time: ``failures.classify`` tells them apart.
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
            content = await response.read()
            if response.status != 200:
                raise StatusError(response.status, response.headers, self._without_key(content))
        try:
            return json.loads(content)
        except ValueError as error:  # also of bytes that are no text
            raise NoAnswerError(self._without_key(content)[:100].decode(errors="replace")) from error

    def _without_key(self, content: bytes) -> bytes:
        """Content without the key: some endpoints repeat it in their errors, and it must not reach a log."""
        return content.replace(self._key.encode(), b"[key]") if self._key else content


def _certificates() -> ssl.SSLContext:
    """The system's certificates and Mozilla's: some installations of Python come without any."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _proxy(url: URL) -> tuple[URL | None, dict[str, str]]:
    """The environment's proxy for an address (HTTPS_PROXY, NO_PROXY, ...), and its login if it has one.

    aiohttp's ``trust_env`` would also take logins from .netrc, in place of the key.
    """
    proxies = urllib.request.getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or urllib.request.proxy_bypass(url.host or ""):
        return None, {}
    proxy = URL(address if "://" in address else f"http://{address}")
    if proxy.user is None:
        return proxy, {}
    login = base64.b64encode(f"{proxy.user}:{proxy.password or ''}".encode()).decode()
    return proxy.with_user(None), {"Authorization": f"Basic {login}"}  # aiohttp adds the Proxy-
