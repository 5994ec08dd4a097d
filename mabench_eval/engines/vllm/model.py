"""A checkpoint run by vLLM: started with the first clip, when it is known how long prompts are."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm import failures, versions
from mabench_eval.engines.vllm.arguments import engine_settings
from mabench_eval.engines.vllm.in_flight import Asker
from mabench_eval.engines.vllm.inputs import Prompts
from mabench_eval.engines.vllm.logs import open_log
from mabench_eval.engines.vllm.lora import find_adapter
from mabench_eval.engines.vllm.server import Server
from mabench_eval.errors import ModelError
from mabench_eval.types import ClipWork, Response


@dataclass(frozen=True, slots=True)
class _Ended:
    """Nothing more comes."""

    error: BaseException | None


class LoadedModel:
    """A model ready to answer."""

    def __init__(self, settings: LocalSettings, seed: int, note: Callable[[str], None]) -> None:
        self._settings, self._seed, self._note = settings, seed, note
        self._log = open_log()
        self._server: Server | None = None
        self._asker: Asker | None = None

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Ask in vLLM's loop; responses cross over in a queue. Raises ModelError when nothing can go on."""
        clips = iter(work)
        drawn = [clip for clip in [next(clips, None)] if clip is not None]
        if not drawn:
            return
        if self._server is None or self._asker is None:
            self._server, self._asker = self._start(drawn[0])
        coming: queue.SimpleQueue[Response | _Ended] = queue.SimpleQueue()
        with ThreadPoolExecutor(1, thread_name_prefix="prepare") as pool:
            # `drawn` gives the first clip away, so that nothing here holds its frames
            asking = self._asker.all(lambda: drawn.pop() if drawn else next(clips, None), pool, coming.put)
            cut_off = self._server.begin(asking, lambda error: coming.put(_Ended(error)))
            try:
                while isinstance(item := coming.get(), Response):
                    yield item
            except BaseException:  # the caller stops: what is under way is cut off
                cut_off()
                while isinstance(coming.get(), Response):
                    pass
                raise
        if item.error is not None:
            raise item.error

    def _start(self, first: ClipWork) -> tuple[Server, Asker]:
        """Raises ModelError."""
        since = self._log.place()
        told = f"; its log: {self._log.file}" if self._log.file else ""
        try:
            self._note(f"vllm {versions.version()} starts {self._settings.repo}{told}")
            return self._started(first, since)
        except ModelError:
            raise
        except Exception as error:
            raise failures.start_failed(self._settings, error, self._log, since) from error

    def _started(self, first: ClipWork, since: int) -> tuple[Server, Asker]:
        import transformers

        settings = self._settings
        common: dict[str, Any] = {"revision": settings.revision, "trust_remote_code": settings.remote_code}
        config = transformers.AutoConfig.from_pretrained(settings.repo, **common)
        try:
            processor = transformers.AutoProcessor.from_pretrained(settings.repo, **common)
        except (OSError, ValueError, ImportError):  # a repository without one
            processor = transformers.AutoTokenizer.from_pretrained(settings.repo, **common)
        prompts = Prompts(processor, settings, config.model_type)
        adapter = find_adapter(settings, config.model_type)
        reads = getattr(config.get_text_config(), "max_position_embeddings", None)
        arguments = engine_settings(settings, self._seed, first, reads, prompts.processor_settings(), adapter)
        server = Server(arguments)
        more = {"lora_request": versions.lora_request(str(adapter.folder))} if adapter else {}
        return server, Asker(server.engine, prompts, settings, self._seed, self._log, more)
