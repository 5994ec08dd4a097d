"""Settings of a model behind an OpenAI-compatible endpoint, from its card and the command line."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from mabench_eval.journal import Price
from mabench_eval.types import Json

OPENAI = "https://api.openai.com/v1"
SendMode = Literal["images", "frames", "clip"]
"""How a clip travels: its frames as ``images``, its ``frames`` as one video, or the ``clip``'s own file, of which the
endpoint takes frames by a rule of its own."""
Count = Annotated[int, Meta(ge=1)]
Dollars = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """How an endpoint takes batches: a file of requests that it answers within a day, for less. None is of a key."""

    form: Literal["openai"] = "openai"
    """``openai``: files and batches as OpenAI's Batch API has them. No other form is known here."""
    price_factor: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """What a token costs, as a share of its price."""
    requests: Count = 50_000
    """Most requests a file."""
    megabytes: Annotated[float, Meta(gt=0)] = 200.0
    """Most megabytes (1,000,000 bytes) a file."""
    url: str = "/v1/chat/completions"
    """What the requests of a file are for, in the provider's words."""
    window: str = "24h"
    """Time that the provider is given, in its words."""
    poll: Annotated[float, Meta(gt=0)] = 60.0
    """Most seconds between two looks at a batch."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Settings of an endpoint. The first group is part of the model's identity: answers depend on it."""

    model_id: str
    """The name of the model at the endpoint."""
    base_url: str = OPENAI
    """``http`` or ``https``, host, path; no login and no query: keys are read from the environment alone."""
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 - a count
    """The parameter that limits the answer's tokens."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of each request, e.g. ``{reasoning_effort: none}``."""
    temperature: float | None = 0.0
    """None: not sent (some reasoning models refuse it)."""
    send_seed: bool = False
    """Whether the run's seed is sent, plus the repeat; not every endpoint takes one."""
    jpeg_quality: Annotated[int, Meta(ge=1, le=100)] = 95
    max_side: Count | None = None
    """Frames whose longer side has more pixels are scaled down to it; None: never."""
    send: SendMode = "images"
    frame_times: bool | None = None
    """Whether the model is told when each frame is: before an image as text, with a video beside it. None: with a
    video, as an engine on this machine gives it; not with images."""

    key_env: str | None = None
    """Environment variable with the key. None: OPENAI_API_KEY, which a server other than OpenAI's may do without. A
    value with a space in it is sent as it is: ``Basic dXNlcjpwYXNz``."""
    max_images: Annotated[int, Meta(ge=0)] | None = None
    """Most images a request may hold; 0: the model reads text alone; None: not known."""
    image_tokens: Annotated[int, Meta(ge=0)] | None = None
    """Tokens of one frame of a MA-Bench clip, for estimates and under ``--max-cost``; with ``send: clip``, of all that
    the endpoint takes of a clip. None: not known."""
    price_input: Dollars | None = None
    """US dollars per million prompt tokens; None: not known."""
    price_cached: Dollars | None = None
    """The same for prompt tokens served from the provider's cache; None: as the others."""
    price_output: Dollars | None = None
    """US dollars per million answer tokens, reasoning included."""
    batch: BatchTerms | None = None
    """The endpoint's batches; None: it has none, or none are known of."""
    state: Literal["current", "deprecated", "retired"] = "current"
    state_note: str = ""
    """Since or until when, and what replaces it. Dates ahead are the earliest: providers put them off."""
    state_source: str = ""
    """Where that was read, and when."""
    json_schema: bool = True
    """Whether answers that have a JSON schema are asked for by it; given up when the endpoint refuses."""
    concurrency: Count | None = None
    """Requests in flight; None: adaptive, up to ``most_in_flight``: at once at a server of one's own; elsewhere from 8
    on, since a limit is likely."""
    most_in_flight: Count = 64
    max_retries: Annotated[int, Meta(ge=0)] = 8
    """Retries of a request whose failure may pass: about a minute in all."""
    request_timeout: Annotated[float, Meta(gt=0)] = 120.0
    """Seconds."""

    def __post_init__(self) -> None:
        """Raises ValueError for an address or a name that holds a secret: both are written into a run's files."""
        if problem := _address_problem(self.base_url):
            raise ValueError(f"base_url: {problem}")
        if self.key_env is not None and not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", self.key_env):
            raise ValueError("key_env: expected the name of an environment variable (--api-key-env VAR), not a key")
        if self.send == "clip" and (self.frame_times is not None or self.jpeg_quality != 95 or self.max_side):
            raise ValueError(
                "send: clip sends the file as it is, with its own times and pictures: leave out frame_times, "
                "jpeg_quality and max_side (--frame-times, --jpeg-quality, --max-side)"
            )

    @property
    def tells_times(self) -> bool:
        """Whether the model is told when each frame is."""
        return self.send == "frames" if self.frame_times is None else self.frame_times

    @property
    def sending(self) -> str:
        """How a clip travels, in words."""
        if self.send == "clip":
            return "the clip's own file, of which the endpoint takes frames by its own rule"
        if self.send == "frames":
            return f"one video of the frames, {'with their times' if self.tells_times else 'without times'}"
        return f"images{', each after its time' if self.tells_times else ''}"

    @property
    def state_words(self) -> str:
        """The state, its note, and where that was read."""
        source = f" (read in {self.state_source})" if self.state_source else ""
        return f"{self.state}: {self.state_note}{source}"

    @property
    def price(self) -> Price | None:
        """Price per million tokens, where both are known."""
        if self.price_input is None or self.price_output is None:
            return None
        cached = self.price_input if self.price_cached is None else self.price_cached
        return Price(self.price_input, cached, self.price_output)

    @property
    def batch_terms(self) -> BatchTerms | None:
        """The endpoint's batches; OpenAI's own need no card."""
        return self.batch or (BatchTerms() if self.base_url.rstrip("/") == OPENAI else None)


IDENTITY = ("model_id", "token_limit", "extra_body", "temperature", "send_seed", "jpeg_quality", "max_side")
"""Fields that an answer depends on. The address is not among them: a local server may have another port after a
restart, and its answers must not be asked again. To compare two servers of one model, give them two names."""


def sending_identity(settings: ApiSettings) -> Json:
    """What of the way of sending an answer depends on: nothing for images without times, as they always were sent."""
    if settings.send == "clip":
        return {"send": "clip"}
    given = {} if settings.send == "images" else {"send": settings.send}
    return {**given, "frame_times": settings.tells_times} if given or settings.tells_times else {}


ENDINGS = ("/chat/completions", "/completions")
"""Of addresses as the documentation of endpoints has them, with what is asked there."""


def _address_problem(url: str) -> str | None:
    """Why requests cannot go to an address. The message does not repeat it: it may hold a password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "it is no address"
    if parts.scheme not in ("http", "https") or not host:
        begins = "" if url.startswith(("http://", "https://")) else ", with http:// or https:// in front"
        return f"expected an address such as http://localhost:8000/v1{begins}"
    if "@" in parts.netloc:
        return (
            "it holds a login, which would be written into the run's files: set an environment variable to "
            "'Basic ' and the base64 of USER:PASSWORD, and name it by --api-key-env VAR"
        )
    if parts.query or parts.fragment:
        return (
            "it holds a query (behind ? or #), which would be written into the run's files: a key goes into an "
            "environment variable, named by --api-key-env VAR, other fields into the setting extra_body"
        )
    if ending := next((end for end in ENDINGS if parts.path.rstrip("/").endswith(end)), None):
        return f"it ends in {ending}, which is added to it: leave that out"
    return None


def path_hint(url: str) -> str:
    """What is likely wrong with an address without a path; empty for one that has one."""
    bare = url.rstrip("/")
    return "" if urlsplit(url).path.strip("/") else f"most servers answer below /v1: {bare}/v1"


def is_own_server(url: str) -> bool:
    """Whether an address is of this machine or its network: such a server queues what it is sent, and refuses none."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
