"""A judge behind the scripted endpoint, and a model whose open answers it judges."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mabench_eval import evaluate
from mabench_eval.runs.writing import Result
from mabench_eval.types import ClipWork, Response
from tests.support.scripted_server import ScriptedServer

LEVELS = ("L1", "L2", "L3")
Body = dict[str, Any]


def verdict(l1: Any = 4, l2: Any = 3, l3: Any = 2) -> str:
    """The JSON of a verdict."""
    given = zip(LEVELS, (l1, l2, l3), strict=True)
    return json.dumps({level: {"reason": f"about {level}", "score": score} for level, score in given})


GOOD = verdict()


class Teller:
    """A model that tells something else about each clip; to the other questions it says B or Yes."""

    def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
        """Take nothing."""

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        for item in work:
            for request in item.requests:
                choice = "B" if "\nA. " in request.user_prompt else "Yes"
                open_ = "tell what you see" in request.user_prompt
                yield Response(request.key, text=f"On {item.clip.name} the head nods." if open_ else choice)


def run(data: Path, server: ScriptedServer, judge: str = "openai", **choices: Any) -> Result:
    """Evaluate the teller with the judge of a scripted endpoint."""
    settings = {"base_url": server.base_url, "model_id": "j"} if "openai" in judge else {}
    given = {"output": data.parent.parent / "results", "judge_settings": settings, **choices}
    result: Result = evaluate("teller", data=str(data), judge=judge, **given)
    return result


def asked_about(body: Body) -> str:
    """The answer under judgment in a request to the judge."""
    first = next(m for m in body["messages"] if m["role"] == "user")["content"][-1]["text"]
    found = re.search(r"<<<<< ANSWER (\w+)\n(.*)\n>>>>> ANSWER \1", first, re.DOTALL)
    assert found
    return found[2]
