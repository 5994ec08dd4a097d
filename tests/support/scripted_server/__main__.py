"""The endpoint in a process of its own."""

from __future__ import annotations

import argparse
import json
import pkgutil
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.support.scripted_server import ScriptedServer


def _write(path: Path, text: str) -> None:
    """Write a file at once, so that no reader sees half of it."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _write_counts(server: ScriptedServer, path: Path) -> None:
    most = max(server.served.values(), default=0)
    _write(path, json.dumps({"received": server.received, "distinct": len(server.served), "most_repeated": most}))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the counts are written every second and at the end."""
    parser = argparse.ArgumentParser(description="An endpoint for benchmarks.")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds from a request's body to its answer")
    parser.add_argument("--port-file", type=Path, required=True, help="where to write the port")
    parser.add_argument("--counts", type=Path, help="where to write received, distinct and most_repeated as JSON")
    parser.add_argument("--script", metavar="MODULE:NAME", help="a Script to import; without it bodies are not parsed")
    chosen = parser.parse_args(arguments)
    script = pkgutil.resolve_name(chosen.script) if chosen.script else None
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with ScriptedServer(script, latency=chosen.latency, parse=script is not None) as server:
        _write(chosen.port_file, server.base_url.split(":")[-1].removesuffix("/v1"))
        stopped = False
        while not stopped:
            stopped = stop.wait(1.0)
            if chosen.counts:
                _write_counts(server, chosen.counts)


if __name__ == "__main__":
    main()
