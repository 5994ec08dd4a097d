"""The engine of models behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import final

from mabench_eval.catalogue import ModelCard, settings_of
from mabench_eval.engines.asynchronous import Draw, Emit, EventLoopThread
from mabench_eval.engines.base import GREEDY, Engine
from mabench_eval.engines.code_identity import with_protocol
from mabench_eval.engines.openai.batch import BatchFile, BatchModel, batch_line, request_id
from mabench_eval.engines.openai.media import MOST_FRAMES, NO_IMAGES, EncodedFrames
from mabench_eval.engines.openai.messages import Bodies, Body, request_body
from mabench_eval.engines.openai.settings import IDENTITY, OPENAI, ApiSettings, path_hint, sending_identity
from mabench_eval.engines.openai.spending import Spending, most_tokens
from mabench_eval.engines.packages import package_problems
from mabench_eval.journal import Batches, BatchRequest, Budget
from mabench_eval.types import Clip, ClipWork, Frames, Json, Request, Response


@final
class OpenAIEngine(Engine):
    """One model of one endpoint."""

    remote = True

    def __init__(self, card: ModelCard, seed: int) -> None:
        super().__init__(card, seed)
        self._settings = settings_of(ApiSettings, card.settings, f"model {card.name!r}")
        self.max_images, self.image_tokens = self._settings.max_images, self._settings.image_tokens
        self.price, terms = self._settings.price, self._settings.batch_terms
        self.batch_price = terms.price_factor if terms else None
        self.send, self.sending = self._settings.send, self._settings.sending
        if self.send == "frames" and not self._settings.tells_times:  # vLLM's server then reads no more
            self.max_images = min(self.max_images or MOST_FRAMES, MOST_FRAMES)
        self.shows_examples = self.send == "images"  # a request has one video: servers take the times of no more

    @property
    def identity(self) -> Json:
        """Endpoint, model id, and what else of the settings an answer depends on: the way of sending among it."""
        settings = {name: getattr(self._settings, name) for name in IDENTITY}
        card = {"name": self._card.name, "engine": "openai", "version": self._card.version}
        return with_protocol({**card, **settings, **sending_identity(self._settings)}, self.protocol)

    def problems(self) -> list[str]:
        """The library and the key."""
        problems = self.missing_packages()
        needs_key, key = self._settings.key_env is not None or self._settings.base_url == OPENAI, self._key()
        if needs_key and key is None:
            problems.append(
                f"no key for {self._settings.base_url}: set {self._key_name}, or name another variable: "
                "--api-key-env VAR"
            )
        if key and not (key.isascii() and key.isprintable()):
            problems.append(
                f"{self._key_name} holds characters that no key has: a line end, or a letter with an accent"
            )
        return problems

    def probe_problems(self, frames: int, clip: Clip) -> list[str]:
        """Whether the endpoint takes frames as one video, or the clip's file; images are taken by every endpoint."""
        if self.send == "images" or self.missing_packages():
            return []
        from mabench_eval.engines.openai.probe import probe

        return probe(self._settings, self._key(), self._seed, frames, clip if self.send == "clip" else None)

    def missing_packages(self) -> list[str]:
        """aiohttp, or what comes with it."""
        return package_problems("openai")

    def budget_problems(self, *, looks: bool) -> list[str]:
        """Price, and tokens of a frame, must be known."""
        problems = []
        if self.price is None:
            problems.append(
                "the price of this model is not known: --set price_input=USD --set price_output=USD, per million "
                "tokens; 0 where it costs nothing"
            )
        elif looks and self.image_tokens is None and self._settings.price_input:
            problems.append("how many tokens a frame takes is not known: --set image_tokens=N, the most that it can be")
        return problems

    def most_usd(self, request: Request, frames: int) -> float:
        """From the request's own bytes, ``image_tokens`` a frame, and its token limit."""
        body = self._body(request, EncodedFrames(count=frames))
        return Spending(self._settings, self.budget).most(most_tokens(body, request, self._settings))

    def repeat_problems(self) -> list[str]:
        """Greedy decoding, or one seed for all; ``extra_body`` overrides both settings."""
        extra = self._settings.extra_body
        problems = []
        if extra.get("temperature", self._settings.temperature) == 0:
            ours = "temperature" not in extra
            problems.append(GREEDY if ours else "its extra_body sends temperature 0: leave that out")
        if "seed" in extra:
            problems.append("its extra_body sends one seed with every request: leave that out")
        return problems

    def warnings(self) -> list[str]:
        """A model that is no longer served, or will not be for long; an address that is likely to lack a part."""
        current = self._settings.state == "current"
        warnings = [] if current else [f"model {self._card.name!r} is {self._settings.state_words}"]
        if hint := path_hint(self._settings.base_url):
            warnings.append(f"{self._settings.base_url} has no path, and {hint}")
        return warnings

    def batch_files(self, requests: Iterable[Request], shown: ClipWork | None) -> int:
        """By number and bytes; examples with frames are taken to be as large as the clip."""
        terms, files = self._settings.batch_terms, 0
        if terms is None:
            return 0
        file = BatchFile(terms)
        images = Bodies(self._settings, self._seed, _no_examples).encode(shown) if shown else NO_IMAGES
        for request in requests:
            body = self._body(request, images)
            line = batch_line(request, body, BatchRequest(request_id(request), request.key), terms)
            if not file.takes(line):
                files, file = files + 1, BatchFile(terms)
            file.add(line)
        return files + bool(file.lines)

    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> ApiModel | BatchModel:
        """The model; connections are made as requests go out."""
        bodies, key = Bodies(self._settings, self._seed, decode), self._key()
        one_by_one = ApiModel(self._settings, bodies, key, note, self.budget)
        if (place := self.batches) is None:
            return one_by_one
        place = replace(place, submit=place.submit and self.batch_price is not None)
        if not place.submit and not any(Batches(place.folder, place.role)):
            return one_by_one
        return BatchModel(self._settings, bodies, key, note, self.budget, place, one_by_one)

    def _body(self, request: Request, images: EncodedFrames) -> Body:
        """What would be sent, examples with the same frames, for estimates."""
        examples = {shot.clip.name: images for shot in request.shots if shot.clip}
        return request_body(request, images, examples, self._settings, self._seed)

    def _key(self) -> str | None:
        """From the environment, without a line end that a file left there. A server of one's own may do without."""
        return os.environ.get(self._key_name, "").strip() or None

    @property
    def _key_name(self) -> str:
        return self._settings.key_env or "OPENAI_API_KEY"


class ApiModel:
    """Answers from an endpoint, as they come."""

    def __init__(
        self, settings: ApiSettings, bodies: Bodies, key: str | None, note: Callable[[str], None], budget: Budget
    ) -> None:
        self._settings, self._bodies, self._key, self._note, self._budget = settings, bodies, key, note, budget

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Ask from an event loop on a thread of its own, which ends with the work."""
        with closing(EventLoopThread("openai")) as loop:
            yield from loop.stream(self._ask_all, work)

    async def _ask_all(self, draw: Draw, emit: Emit) -> None:
        # aiohttp takes a third of a second to import, and is an extra.
        from mabench_eval.engines.openai.endpoint import Endpoint
        from mabench_eval.engines.openai.request_pool import RequestPool

        settings = self._settings
        async with Endpoint(settings.base_url, self._key, settings.request_timeout) as endpoint:
            pool = RequestPool(endpoint, settings, self._bodies, self._note, self._budget)
            await pool.ask_all(draw, emit)


def _no_examples(clip: Clip) -> Frames:
    raise AssertionError("no examples are shown")
