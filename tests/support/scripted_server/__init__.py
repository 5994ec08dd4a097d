"""A scripted OpenAI-compatible endpoint on 127.0.0.1: real sockets, no network, answers and faults as a test wants.

    with ScriptedServer(lambda body, before: Fault("server_error") if before == 0 else Reply("A")) as server:
        client = AsyncOpenAI(base_url=server.base_url, api_key="any")

It runs an event loop of its own in a daemon thread. Bodies are read straight into a buffer of their length and parsed
only on wish, so that it serves speed benchmarks too. In another process: ``python -m tests.support.scripted_server``.
"""

from tests.support.scripted_server.batches import BatchFate
from tests.support.scripted_server.script import TRANSIENT, Fault, Kind, Raw, Reply, Script, with_faults
from tests.support.scripted_server.server import ScriptedServer
from tests.support.scripted_server.wire import completion, raw

__all__ = [
    "TRANSIENT",
    "BatchFate",
    "Fault",
    "Kind",
    "Raw",
    "Reply",
    "Script",
    "ScriptedServer",
    "completion",
    "raw",
    "with_faults",
]
