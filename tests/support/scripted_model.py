"""A model behind the scripted endpoint: what it answers, and a run of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mabench_eval import evaluate
from mabench_eval.runs.writing import Result
from tests.support.scripted_server import Reply, ScriptedServer


def answer(body: dict[str, Any], before: int) -> Reply:
    """B to a choice, Yes to a question about a head, else a sentence."""
    text = body["messages"][-1]["content"][-1]["text"]
    return Reply("B" if "\nA. " in text else "Yes" if "does the head" in text else "The head moves down, then up.")


def run(
    server: ScriptedServer, data: Path, output: Path, *, settings: dict[str, Any] | None = None, **choices: Any
) -> Result:
    """Evaluate the model `m` of a server."""
    given = {"base_url": server.base_url, "model_id": "m", **(settings or {})}
    result: Result = evaluate(
        "m", data=str(data), engine="openai", settings=given, output=output, judge="none", **choices
    )
    return result
