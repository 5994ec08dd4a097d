"""Asking an endpoint which models it serves: whether it is there and takes the key. It costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from mabench_eval.engines.openai.settings import ApiSettings

TIMEOUT_S = 10.0
"""For the whole answer."""


@dataclass(frozen=True, slots=True)
class ModelListing:
    """What an endpoint says of itself."""

    models: tuple[str, ...] | None = None
    """What it calls its models; None: it gave no list."""
    status: int | None = None
    """Of the error that it answered with; None: a list, no answer, or one that is no list."""
    problem: str = ""
    """Why there is no list, in a line without the key."""

    def has(self, model_id: str) -> bool:
        """Whether a model is among them; some list ``models/NAME``."""
        return any(name in (model_id, f"models/{model_id}") for name in self.models or ())


AskModels = Callable[[ApiSettings, str | None], ModelListing]
"""Asks the endpoint of a model, with a key or without."""


def list_models(settings: ApiSettings, key: str | None) -> ModelListing:
    """Ask an endpoint for its models, for some seconds, without a retry. Needs the packages of the engine."""
    with ThreadPoolExecutor(1) as thread:  # asyncio.run has its own loop, and in a notebook there is one already
        return thread.submit(asyncio.run, _ask(settings, key)).result()


async def _ask(settings: ApiSettings, key: str | None) -> ModelListing:
    # aiohttp takes a third of a second to import, and is an extra
    from mabench_eval.engines.openai.endpoint import Endpoint
    from mabench_eval.engines.openai.failures import StatusError, classify

    async with Endpoint(settings.base_url, key, TIMEOUT_S) as endpoint:
        try:
            return ModelListing(await endpoint.models())
        except Exception as error:  # `classify` knows the expected ones; any other is raised again
            failure = classify(error, endpoint.redaction.text)
            if failure is None:
                raise
            told = ModelListing(problem=failure.message)
            return replace(told, status=error.status) if isinstance(error, StatusError) else told
