"""Settings of a model behind an OpenAI-compatible endpoint, from its card and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mabench_eval.journal import Price

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Settings of an endpoint. The first group is part of the model's identity: answers depend on it."""

    model_id: str
    """The name of the model at the endpoint."""
    base_url: str = OPENAI
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 - a count
    """The parameter that limits the answer's tokens."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of each request, e.g. ``{reasoning_effort: none}``."""
    temperature: float | None = 0.0
    """None: not sent (some reasoning models refuse it)."""
    send_seed: bool = False
    """Whether the run's seed is sent, plus the repeat; not every endpoint takes one."""
    jpeg_quality: int = 95
    """1-100."""
    max_side: int | None = None
    """Frames whose longer side has more pixels are scaled down to it; None: never."""

    key_env: str | None = None
    """Environment variable with the key. None: OPENAI_API_KEY, which a server other than OpenAI's may do without."""
    max_images: int | None = None
    """Most images a request may hold; None: not known."""
    image_tokens: int | None = None
    """Tokens of one frame of a MA-Bench clip, for estimates; None: not known."""
    price_input: float | None = None
    """US dollars per million prompt tokens; None: not known."""
    price_cached: float | None = None
    """The same for prompt tokens served from the provider's cache; None: as the others."""
    price_output: float | None = None
    """US dollars per million answer tokens, reasoning included."""
    state: Literal["current", "deprecated", "retired"] = "current"
    state_note: str = ""
    """Since or until when, and what replaces it."""
    json_schema: bool = True
    """Whether answers that have a JSON schema are asked for by it; given up when the endpoint refuses."""
    concurrency: int | None = None
    """Requests in flight; None: adaptive, starting at 8, up to ``most_in_flight``."""
    most_in_flight: int = 64
    max_retries: int = 8
    """Retries of a request whose failure may pass: about a minute in all."""
    request_timeout: float = 120.0
    """Seconds."""

    @property
    def price(self) -> Price | None:
        """Price per million tokens, where both are known."""
        if self.price_input is None or self.price_output is None:
            return None
        cached = self.price_input if self.price_cached is None else self.price_cached
        return Price(self.price_input, cached, self.price_output)


IDENTITY = ("model_id", "token_limit", "extra_body", "temperature", "send_seed", "jpeg_quality", "max_side")
"""Fields that an answer depends on. The address is not among them: a local server may have another port after a
restart, and its answers must not be asked again. To compare two servers of one model, give them two names."""
