"""Files and batches as OpenAI's Batch API has them: a file comes in, is checked as strictly as there, and answered.

What becomes of a batch, a test says by ``BatchFate``; what answers a line, the script of chat completions.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Literal

from tests.support.scripted_server.wire import Answer, response, without_images

State = Literal["completed", "failed", "expired", "cancelled"]


@dataclass(frozen=True)
class BatchFate:
    """What becomes of a batch."""

    end: State = "completed"
    looks: int = 1  # times that it is looked at before its end is told
    answered: int | None = None  # lines that are answered before an expired or cancelled one ends; None: all
    rows: dict[int, Any] = field(default_factory=dict)  # number of a line -> its row, or None for no row
    code: str = "invalid_request"  # of a failed one
    message: str = "The batch is not as it should be."
    extra: bytes = b""  # that the file of answers begins with


Fate = Callable[[int], BatchFate]
"""Number of a batch, from 0 -> what becomes of it."""


class ScriptedBatches:
    """The files and batches of a server. ``limit_bytes``, ``limit_requests``: of a file."""

    def __init__(self, answer_line: Callable[[dict[str, Any]], tuple[int, Any]]) -> None:
        self.fate: Fate = lambda number: BatchFate()
        self.limit_bytes, self.limit_requests = 200_000_000, 50_000
        self.page = 20  # batches of a page of their list, whatever is asked for
        self.files: dict[str, bytes] = {}
        self.sizes: list[int] = []  # bytes of each file that came, in order
        self.batches: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []  # method and path of what came, in order
        self.sent: list[list[dict[str, Any]]] = []  # lines of each batch that began, images as their sha256
        self.answered = 0  # lines: what is paid for
        self.lose: set[str] = set()  # "POST /v1/batches": it is done once, and the connection cut before the reply
        self.cut: set[str] = set()  # routes whose reply breaks off in the middle, once
        self.late: Counter[str] = Counter()  # name of a file of answers -> times that it is not found at first
        self._answer_line = answer_line
        self._looks: dict[str, int] = {}

    def handle(self, route: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """The answer to a request; None for one that is of no file and no batch."""
        method, path = route.split(" ", 1)
        parts = path.removeprefix("/v1/").split("/")
        if parts[0] not in ("files", "batches"):
            return None
        self.requests.append(route)
        try:
            value = self._do(method, parts, headers, body)
        except _RefusedError as refused:
            error = {"message": refused.message, "type": "invalid_request_error", "code": None, "param": None}
            return Answer(response(refused.status, {"error": error}))
        if route in self.lose:
            self.lose.discard(route)
            return Answer(b"", last=True)
        reply = value if isinstance(value, bytes) else response(200, value)
        if route in self.cut:
            self.cut.discard(route)
            return Answer(reply[: 2 * len(reply) // 3], last=True)
        return Answer(reply)

    def cancel(self, batch: str) -> None:
        """As a user does in the provider's console."""
        self._end(self.batches[batch], BatchFate("cancelled", answered=0))

    def _do(self, method: str, parts: list[str], headers: dict[str, str], body: bytes) -> Any:
        if not headers.get("authorization", "").startswith("Bearer "):
            raise _RefusedError(401, "You didn't provide an API key.")
        match method, parts:
            case "POST", ["files"]:
                return self._take_file(headers, body)
            case "GET", ["files", name, "content"] if self.late[name] > 0:
                self.late[name] -= 1
                raise _RefusedError(404, "Not yet.")
            case "GET", ["files", name, "content"]:
                return _content(self._found(self.files, name))
            case "DELETE", ["files", name]:
                self._found(self.files, name)
                del self.files[name]
                return {"id": name, "object": "file", "deleted": True}
            case "POST", ["batches"]:
                return self._begin(json.loads(body))
            case "GET", ["batches", name]:
                return self._look(self._found(self.batches, name))
            case "GET", ["batches"]:
                return self._listed(headers.get(":query", ""))
        raise _RefusedError(404, "There is nothing here.")

    def _take_file(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + body)
        fields = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        assert set(fields) == {"purpose", "file"}, fields
        assert fields["purpose"].get_content().strip() == "batch"
        content = fields["file"].get_payload(decode=True)
        assert isinstance(content, bytes)
        if len(content) > self.limit_bytes:
            raise _RefusedError(413, "The file is too large.")
        name = f"file-{len(self.sizes)}"
        self.files[name] = content
        self.sizes.append(len(content))
        return {"id": name, "object": "file", "bytes": len(content), "purpose": "batch", "filename": "../../evil"}

    def _begin(self, asked: dict[str, Any]) -> dict[str, Any]:
        content = self._found(self.files, asked["input_file_id"])
        assert (asked["endpoint"], asked["completion_window"]) == ("/v1/chat/completions", "24h")
        lines = [json.loads(line) for line in content.splitlines()]
        name = f"batch_{len(self.batches)}"
        batch = {
            "id": name,
            "object": "batch",
            "endpoint": asked["endpoint"],
            "errors": None,
            "input_file_id": asked["input_file_id"],
            "completion_window": "24h",
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(time.time()),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": asked.get("metadata"),
        }
        self.batches[name] = batch
        fate = self.fate(len(self.batches) - 1)
        if problem := self._problem(lines):
            fate = BatchFate("failed", 0, message=problem)
        self._looks[name] = fate.looks
        batch["_fate"], batch["_lines"] = fate, lines
        if fate.end != "failed":
            self.sent.append([without_images(line, Counter()) for line in lines])
        return _told(batch)

    def _problem(self, lines: list[dict[str, Any]]) -> str | None:
        if len(lines) > self.limit_requests:
            return "The file has too many requests."
        if len({line["custom_id"] for line in lines}) < len(lines):
            return "A custom_id stands twice."
        if len({line["body"]["model"] for line in lines}) > 1:
            return "The requests are of several models."
        if any((line["method"], line["url"]) != ("POST", "/v1/chat/completions") for line in lines):
            return "A line is of another endpoint."
        return None

    def _look(self, batch: dict[str, Any]) -> dict[str, Any]:
        if batch["status"] in ("validating", "in_progress"):
            self._looks[batch["id"]] -= 1
            batch["status"] = "in_progress"
            if self._looks[batch["id"]] <= 0:
                self._end(batch, batch["_fate"])
        return _told(batch)

    def _end(self, batch: dict[str, Any], fate: BatchFate) -> None:
        lines: list[dict[str, Any]] = batch["_lines"]
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        batch["status"] = fate.end
        if fate.end == "failed":
            batch["errors"] = {"object": "list", "data": [{"code": fate.code, "message": fate.message, "line": None}]}
            return
        for number, line in enumerate(lines):
            row: dict[str, Any] = {"id": f"batch_req_{number}", "custom_id": line["custom_id"]}
            if number in fate.rows:
                if fate.rows[number] is not None:
                    row.update(fate.rows[number])
                    (good if (row.get("response") or {}).get("status_code") == 200 else bad).append(row)
            elif fate.answered is None or number < fate.answered:
                self.answered += 1
                status, content = self._answer_line(line["body"])
                row.update(response={"status_code": status, "request_id": "r", "body": content}, error=None)
                (good if status == 200 else bad).append(row)
            elif fate.end == "expired":
                message = "This request could not be executed before the completion window expired."
                row.update(response=None, error={"code": "batch_expired", "message": message})
                bad.append(row)
        batch["request_counts"] = {"total": len(lines), "completed": len(good), "failed": len(bad)}
        for kind, rows in (("output_file_id", good[::-1]), ("error_file_id", bad)):  # in another order than asked
            if rows:
                batch[kind] = f"{kind[:-8]}-{batch['id']}"
                content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
                self.files[batch[kind]] = (fate.extra if kind == "output_file_id" else b"") + content

    def _listed(self, query: str) -> dict[str, Any]:
        after = next((part.removeprefix("after=") for part in query.split("&") if part.startswith("after=")), None)
        names = list(reversed(self.batches))
        start = names.index(after) + 1 if after else 0
        page = names[start : start + self.page]
        more = start + self.page < len(names)
        return {"object": "list", "data": [_told(self.batches[name]) for name in page], "has_more": more}

    def _found(self, table: dict[str, Any], name: str) -> Any:
        if name not in table:
            raise _RefusedError(404, f"No such object: {name}")
        return table[name]


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def _told(batch: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if not name.startswith("_")}


def _content(content: bytes) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nETag: {digest}\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
