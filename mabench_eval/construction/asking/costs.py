"""What the models of a build have cost, by their roles, from the journal alone; and a limit that counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mabench_eval.journal import Budget, Records


@dataclass(frozen=True, slots=True)
class RoleCost:
    """What a role's model has taken so far, whichever model it was."""

    replies: int = 0
    prompt_tokens: int = 0
    """Of replies, and of calls that failed as far as they told, as are the next three."""
    cached_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None
    """US dollars at the prices of the day; None: no price was known."""


def role_costs(records: Records) -> Mapping[str, RoleCost]:
    """Role -> what it has taken, for all roles that have asked something."""
    costs: dict[str, RoleCost] = {}
    for record in records.answers.values():
        if role := record.get("role"):
            costs[role] = _with(costs.get(role, RoleCost()), record, replies=1)
    for role, record in records.failed.items():
        costs[role] = _with(costs.get(role, RoleCost()), record, replies=0)
    return costs


def open_budget(limit: float | None, roles: tuple[str, ...], records: Records) -> Budget:
    """A limit for all that these roles cost in this build, what they have cost so far included.

    ``limit``: US dollars; None: none. Raises InputError for one that is no amount of money.
    """
    budget = Budget(limit)
    if limit is not None:
        spent = role_costs(records)
        budget.spend(sum(spent[role].usd or 0.0 for role in roles if role in spent))
    return budget


def _with(cost: RoleCost, record: Mapping[str, Any], *, replies: int) -> RoleCost:
    names = ("prompt_tokens", "cached_tokens", "output_tokens")
    tokens = {name: getattr(cost, name) + (record.get(name) or 0) for name in names}
    usd = cost.usd if record.get("usd") is None else (cost.usd or 0.0) + record["usd"]
    return replace(cost, replies=cost.replies + replies, usd=usd, **tokens)
