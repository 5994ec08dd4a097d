"""Fields of a session's records, for those who follow a run from elsewhere (see :mod:`mabench_eval.runs.status`)."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from mabench_eval.journal.costs import Price
from mabench_eval.journal.kinds import FORM
from mabench_eval.types import Outcome, Sample


def answering_session(model: str, total: int, price: Price | None, name: str | None = None) -> dict[str, Any]:
    """Fields of a session that asks a model. ``total``: its distinct requests, answered ones included.

    ``name``: what the run is called, where it is not as the model.
    """
    return {"model": model, **({"name": name} if name else {}), "total": total, "price": _prices(price)}


def judging_session(judges: Mapping[str, Price | None], answers: int) -> dict[str, Any]:
    """Fields of a session that judges ``answers`` open answers: the most judgments there can be, and where it runs.

    ``judges``: name -> price.
    """
    return {
        "form": FORM,
        "judgments": len(judges) * answers,
        "judges": {name: _prices(price) for name, price in judges.items()},
        "host": platform.node(),
    }


def session_end(samples: Sequence[Sample], *, judged: bool) -> dict[str, Any]:
    """Fields of the end of a session. ``left``: samples without a response, or (``judged``) without a judge's score."""
    return {"left": sum(s.outcome is Outcome.ERROR or (judged and s.error is not None) for s in samples)}


def _prices(price: Price | None) -> list[float] | None:
    return None if price is None else list(astuple(price))
