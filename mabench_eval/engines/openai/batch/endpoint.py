"""HTTP of batches: a file goes up, a batch is made of it and looked at, the files of answers come down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
from yarl import URL

from mabench_eval.engines.openai.batch.files import BatchFile, UploadForm
from mabench_eval.engines.openai.batch.replies import BatchState, read_batch, read_id
from mabench_eval.engines.openai.endpoint import LARGEST_REPLY, Endpoint
from mabench_eval.engines.openai.failures import NoAnswerError, UnfitReplyError
from mabench_eval.engines.openai.settings import BatchTerms

TRANSFER_S = 3600.0
"""Longest time for a file to go up or to come down."""
LABEL = "mabench_eval"
"""Under which a batch's ``metadata`` has our name for it."""
PAGES = 50
"""Most pages of a list of batches that are looked through."""


class BatchEndpoint(Endpoint):
    """The batches of one base URL. What is raised, ``failures.classify`` tells apart, as for chat completions."""

    async def upload(self, file: BatchFile, name: str) -> str:
        """Send a file of requests; gives the provider's name for it. It costs nothing yet."""
        form = UploadForm(file, name)
        async with self._session.post(
            URL(self._base + "/files"),
            data=form,
            headers=form.headers,
            timeout=aiohttp.ClientTimeout(total=TRANSFER_S),
            proxy=self._proxy,
            proxy_headers=self._proxy_login,
            allow_redirects=False,
        ) as response:
            return read_id(await self._content(response), "a file")

    async def delete(self, file: str) -> None:
        """Have a file of requests forgotten: it holds the frames of clips. Nothing happens where that fails."""
        with suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError):
            async with self._session.delete(
                URL(f"{self._base}/files/{file}"),
                proxy=self._proxy,
                proxy_headers=self._proxy_login,
                allow_redirects=False,
            ):
                pass

    async def create(self, file: str, terms: BatchTerms, token: str) -> BatchState:
        """Have the requests of a file answered. From here on it costs."""
        asked = {
            "input_file_id": file,
            "endpoint": terms.url,
            "completion_window": terms.window,
            "metadata": {LABEL: token},
        }
        async with self._session.post(
            URL(self._base + "/batches"),
            data=json.dumps(asked).encode(),
            proxy=self._proxy,
            proxy_headers=self._proxy_login,
            allow_redirects=False,
        ) as response:
            return read_batch(await self._content(response))

    async def look(self, batch: str) -> BatchState:
        """How far a batch is."""
        return read_batch(await self._get(f"/batches/{batch}"))

    async def find(self, token: str, file: str, since: float) -> BatchState | None:
        """The batch of ours that was made of a file, where its id was lost; None: there is none.

        ``since``: seconds since 1970; lists begin with the newest, and are looked through as far as that. Batches that
        failed before they began are passed over.
        """
        query = {"limit": "100"}
        for _ in range(PAGES):
            page = await self._get("/batches", **query)
            rows = page.get("data") if isinstance(page, dict) else None
            if not isinstance(rows, list):
                raise UnfitReplyError("it is no list of batches")
            states = [read_batch(row) for row in rows]
            for state in states:
                ours = (state.metadata or {}).get(LABEL) == token or state.input_file_id == file
                if ours and not state.failed:
                    return state
            if not states or not page.get("has_more") or (states[-1].created_at or since) < since:
                return None
            query["after"] = states[-1].id
        return None

    async def rows(self, file: str) -> AsyncIterator[Any]:
        """The lines of a file of answers, as JSON; None for one that is none. The whole file is never in memory."""
        async with self._session.get(
            URL(f"{self._base}/files/{file}/content"),
            timeout=aiohttp.ClientTimeout(total=TRANSFER_S, sock_read=self._timeout.total),
            proxy=self._proxy,
            proxy_headers=self._proxy_login,
            allow_redirects=False,
        ) as response:
            if response.status != 200 or response.headers.get("Content-Encoding", "identity") != "identity":
                await self._content(response)  # which raises what the status says
                raise NoAnswerError("it is packed, which was not asked for")
            async for line in _lines(response.content.iter_any()):
                yield self._row(line)

    def _row(self, line: bytes | None) -> Any:
        try:
            return None if line is None else self._json(line)
        except (NoAnswerError, UnfitReplyError):
            return None


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes | None]:
    """Lines that are not empty; None in place of one of more than ``LARGEST_REPLY``."""
    pending, skipping = bytearray(), False
    async for chunk in chunks:
        pending += chunk
        *whole, rest = pending.split(b"\n") if b"\n" in chunk else [pending]
        for line in whole:
            if not skipping and line.strip():
                yield bytes(line)
            skipping = False
        pending = rest
        if len(pending) > LARGEST_REPLY:
            if not skipping:
                yield None
            pending, skipping = bytearray(), True
    if pending.strip() and not skipping:
        yield bytes(pending)
