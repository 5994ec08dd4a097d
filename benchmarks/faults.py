"""A run against an endpoint that fails: 30 % of the requests in seven ways, beside the same run without a fault.

Run: python -m benchmarks.faults
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from mabench_eval import evaluate
from mabench_eval.runs import Result
from tests.support.scripted_server import TRANSIENT, Reply, Script, ScriptedServer, with_faults

LATENCY = 0.1
TIMEOUT = 1.0
"""Seconds for one request: what a hang costs."""


def run(script: Script, output: Path) -> tuple[float, Result, ScriptedServer]:
    """Seconds, result and server of a run over the demo."""
    with ScriptedServer(script, latency=LATENCY) as server:
        settings = {"base_url": server.base_url, "request_timeout": TIMEOUT, "model_id": "m"}
        start = time.perf_counter()
        result = evaluate("m", data="demo", engine="openai", settings=settings, output=output, judge="none")
        return time.perf_counter() - start, result, server


def main() -> None:
    """Print the table."""

    def reply(body: object, before: int) -> Reply:
        return Reply("B")

    kinds = (*TRANSIENT, "hang")
    with tempfile.TemporaryDirectory() as folder:
        run(reply, Path(folder) / "warm")
        clean, whole, _ = run(reply, Path(folder) / "clean")
        faulty, mended, server = run(with_faults(reply, share=0.3, seed=0, kinds=kinds), Path(folder) / "faulty")
    same = [a.response for a in whole.samples] == [b.response for b in mended.samples]
    print(f"{'':18} {'seconds':>8} {'requests':>9} {'complete':>9}")
    print(f"{'no fault':18} {clean:8.2f} {len(whole.samples):9} {whole.complete!s:>9}")
    print(f"{'30 % fail':18} {faulty:8.2f} {server.received:9} {mended.complete!s:>9}")
    print(
        f"ratio {faulty / clean:.2f} (target 3); answers equal: {same}; most tries of one request: "
        f"{max(server.served.values())}; ways: {', '.join(kinds)}"
    )


if __name__ == "__main__":
    main()
