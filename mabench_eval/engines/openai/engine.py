"""The engine of models behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator

from mabench_eval.catalogue import ModelCard, settings_of
from mabench_eval.engines.asynchronous import Draw, Emit, stream
from mabench_eval.engines.base import GREEDY
from mabench_eval.engines.code_identity import with_protocol
from mabench_eval.engines.openai.settings import IDENTITY, OPENAI, ApiSettings
from mabench_eval.journal import Price
from mabench_eval.types import Clip, ClipWork, Frames, Json, Response


class OpenAIEngine:
    """One model of one endpoint."""

    protocol = 1

    def __init__(self, card: ModelCard, seed: int) -> None:
        self._card, self._seed = card, seed
        self._settings = settings_of(ApiSettings, card.settings, f"model {card.name!r}")

    @property
    def identity(self) -> Json:
        """Endpoint, model id, and what else of the settings an answer depends on."""
        settings = {name: getattr(self._settings, name) for name in IDENTITY}
        card = {"name": self._card.name, "engine": "openai", "version": self._card.version}
        return with_protocol({**card, **settings}, self.protocol)

    @property
    def facts(self) -> Json:
        """None: each answer tells what served it."""
        return {}

    @property
    def shows_examples(self) -> bool:
        """In turns of their own."""
        return True

    @property
    def remote(self) -> bool:
        """Behind an endpoint."""
        return True

    @property
    def price(self) -> Price | None:
        """US dollars per million tokens, where the card or the command line says."""
        return self._settings.price

    @property
    def image_tokens(self) -> int | None:
        """Tokens of a frame, for estimates."""
        return self._settings.image_tokens

    @property
    def max_images(self) -> int | None:
        """Most frames a request may hold, where known."""
        return self._settings.max_images

    def warnings(self) -> list[str]:
        """A model that is gone or going."""
        state, note = self._settings.state, self._settings.state_note
        return [] if state == "current" else [f"model {self._card.name!r} is {state}: {note}"]

    def problems(self) -> list[str]:
        """The library and the key."""
        found = []
        if importlib.util.find_spec("aiohttp") is None:
            found.append("engine openai needs the aiohttp package: pip install 'mabench_eval[openai]'")
        if self._key() is None and not self._without_key:
            name = self._settings.key_env or "OPENAI_API_KEY"
            found.append(
                f"no key for {self._settings.base_url}: set {name}, or name another variable: --api-key-env VAR"
            )
        return found

    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> ApiModel:
        """Connect nothing yet: connections are made as requests go out."""
        return ApiModel(self._settings, self._seed, self._key(), note, decode)

    def repeat_problems(self) -> list[str]:
        """Greedy decoding, or one seed for all; ``extra_body`` has the last word on both."""
        more = self._settings.extra_body
        found = []
        if more.get("temperature", self._settings.temperature) == 0:
            found.append(GREEDY if "temperature" not in more else "its extra_body sends temperature 0: leave that out")
        if "seed" in more:
            found.append("its extra_body sends one seed with every request: leave that out")
        return found

    def _key(self) -> str | None:
        """From the environment."""
        return os.environ.get(self._settings.key_env or "OPENAI_API_KEY") or None

    @property
    def _without_key(self) -> bool:
        """A server of one's own may do without."""
        return self._settings.key_env is None and self._settings.base_url != OPENAI


class ApiModel:
    """Answers from an endpoint, as they come."""

    def __init__(
        self,
        settings: ApiSettings,
        seed: int,
        key: str | None,
        note: Callable[[str], None],
        decode: Callable[[Clip], Frames],
    ) -> None:
        self._settings, self._seed, self._key, self._note, self._decode = settings, seed, key, note, decode

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Ask from an event loop on a thread of its own."""
        return stream(self._ask_all, work, "openai")

    async def _ask_all(self, draw: Draw, emit: Emit) -> None:
        # aiohttp takes a third of a second to import, and is an extra
        from mabench_eval.engines.openai.endpoint import Endpoint
        from mabench_eval.engines.openai.in_flight import Asker

        settings = self._settings
        async with Endpoint(settings.base_url, self._key, settings.request_timeout) as endpoint:
            await Asker(endpoint, settings, self._seed, emit, self._note, self._decode).all(draw)
