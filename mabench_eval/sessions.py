"""What the records of a session tell those who follow its run from elsewhere (see :mod:`mabench_eval.status`)."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from mabench_eval.costs import Price
from mabench_eval.judging import Judge
from mabench_eval.types import Outcome, Sample


def answering(model: str, total: int, price: Price | None) -> dict[str, Any]:
    """Fields of a session that asks a model: how many distinct requests there are, answered ones included."""
    return {"model": model, "total": total, "price": _prices(price)}


def judging(judges: Sequence[Judge], answers: int) -> dict[str, Any]:
    """Fields of a session that judges: the most judgments that there can be, and where it runs."""
    return {
        "judgments": len(judges) * answers,
        "judges": {judge.name: _prices(judge.price) for judge in judges},
        "host": platform.node(),
    }


def left(samples: Sequence[Sample], judges: Sequence[Judge]) -> dict[str, Any]:
    """Fields of the end of a session: samples that lack their response, or the score of a judge."""
    return {"left": sum(s.outcome is Outcome.ERROR or (bool(judges) and s.error is not None) for s in samples)}


def _prices(price: Price | None) -> list[float] | None:
    return None if price is None else list(astuple(price))
