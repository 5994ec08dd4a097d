"""What a call can cost and what it has cost; under a budget none goes out that could pass the limit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from mabench_eval.engines.openai.messages import Body
from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.journal import COSTS, Budget, usage_of
from mabench_eval.types import Request, Response

CHECK_INTERVAL_S = 0.05
"""Between looks at whether calls in flight, which may be another model's, have left enough."""


@dataclass(frozen=True, slots=True)
class MostTokens:
    """Upper bounds of one call."""

    prompt: int
    output: int


def most_tokens(body: Body, request: Request, settings: ApiSettings) -> MostTokens:
    """The most tokens that a call can take.

    A token is at least a byte, so the bytes of the JSON without its images are more than the prompt's tokens, those
    that a chat template adds included. An image takes ``image_tokens``.
    """
    # extra_body has the last word in a request, and may raise the limit.
    given = (settings.extra_body.get(name) for name in ("max_tokens", "max_completion_tokens"))
    output = max([request.max_tokens, *(value for value in given if isinstance(value, int))])
    return MostTokens(body.length - body.image_bytes + body.images * (settings.image_tokens or 0), output)


class Spending:
    """The calls of one model, charged to a budget; free where no price is known."""

    def __init__(self, settings: ApiSettings, budget: Budget) -> None:
        self._price, self._budget = settings.price, budget
        self._factor = 1.0
        """By which the bounds proved too low: an endpoint may put words of its own before a prompt, and a frame may
        take more than ``image_tokens``."""

    def most(self, tokens: MostTokens) -> float:
        """US dollars that a call can cost."""
        return self._factor * self._price.untold({}, tokens.prompt, tokens.output) if self._price else 0.0

    def can_reserve(self, most: float) -> bool:
        """Reserve as much for a call where the budget has it left now."""
        return self._budget.reserve(most)

    def spend(self, cost: float) -> None:
        """Charge a call for which nothing was reserved: it was made before this process began."""
        self._budget.spend(cost)

    async def reserve(self, most: float) -> bool:
        """Wait until the budget has as much left for a call; False once nothing in flight can leave it so much."""
        while not self._budget.reserve(most):
            if self._budget.reached:
                return False
            await asyncio.sleep(CHECK_INTERVAL_S)
        return True

    def settle(self, most: float, cost: float) -> None:
        """The call has ended."""
        self._budget.settle(most, cost)

    def priced(self, response: Response, tokens: MostTokens) -> tuple[Response, float]:
        """The response with what it cost where it does not tell its tokens, and what it cost in all, in US dollars."""
        if self._price is None:
            return response, 0.0
        record = usage_of(response)
        untold = self._factor * self._price.untold(record, tokens.prompt, tokens.output)
        cost, most = self._price.of(record) + untold, self.most(tokens)
        if cost > most > 0:
            self._factor *= cost / most
        return replace(response, unmetered_usd=untold or None), cost

    def batched(self, response: Response, most: float, share: float) -> tuple[Response, float]:
        """The same of a request of a batch, which costs a share of the price; ``most``: what it could cost at most."""
        response = replace(response, price_factor=share)
        if self._price is None:
            return response, 0.0
        if response.prompt_tokens is None or response.output_tokens is None:
            response = replace(response, unmetered_usd=most or None)
        cost = self._price.of({name: getattr(response, name) for name in (*COSTS, "price_factor")})
        if cost > most > 0:
            self._factor *= cost / most
        return response, cost

    def refusal(self, request: Request) -> Response:
        """The response of a request for which nothing is left."""
        return Response(request.key, error=f"not asked: {self._budget}")
