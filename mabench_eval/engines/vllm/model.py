"""A checkpoint run by vLLM: started with the first clip, when it is known how long prompts are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from mabench_eval.engines.family_prompts import conversation_writer
from mabench_eval.engines.local.processor import context_of, load_processor
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.local.stdout import stdout_taken
from mabench_eval.engines.vllm import versions
from mabench_eval.engines.vllm.arguments import engine_settings
from mabench_eval.engines.vllm.failures import open_log, start_failed
from mabench_eval.engines.vllm.inputs import Prompts
from mabench_eval.engines.vllm.lora import find_lora
from mabench_eval.engines.vllm.request_pool import RequestPool
from mabench_eval.engines.vllm.server import Server
from mabench_eval.errors import ModelError
from mabench_eval.types import ClipWork, Response


class VllmModel:
    """A model ready to answer."""

    def __init__(
        self, settings: LocalSettings, seed: int, note: Callable[[str], None], facts: dict[str, Any] | None = None
    ) -> None:
        """``facts``: where the model writes what its engine made of its arguments, once it has started."""
        self._settings, self._seed, self._note = settings, seed, note
        self._facts = {} if facts is None else facts
        self._log = open_log()
        self._server: Server | None = None
        self._pool: RequestPool | None = None

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Ask in vLLM's event loop. Raises ModelError when nothing can go on."""
        clips = iter(work)
        first = list(islice(clips, 1))
        if not first:
            return
        if self._server is None or self._pool is None:
            self._server, self._pool = self._start(first[0])

        def all_clips() -> Iterator[ClipWork]:
            yield first.pop()  # so that nothing here keeps its frames
            yield from clips

        yield from self._server.loop.stream(self._pool.ask_all, all_clips())
        usage = self._pool.usage()
        self._facts |= usage
        self._note(usage_line(usage))

    def _start(self, first: ClipWork) -> tuple[Server, RequestPool]:
        """Raises ModelError, with the cause that vLLM has logged where there is one."""
        log_start = self._log.size()
        where = f"; its log: {self._log.file}" if self._log.file else ""
        try:
            self._note(f"vllm {versions.version()} starts {self._settings.repo}{where}")
            return self._start_unchecked(first)
        except ModelError:
            raise
        except Exception as error:  # vllm raises whatever its start ran into; told with its log
            raise start_failed(self._settings, error, self._log, log_start) from error

    def _start_unchecked(self, first: ClipWork) -> tuple[Server, RequestPool]:
        settings = self._settings
        with stdout_taken():  # a repository's code may print
            config, processor = load_processor(settings, or_tokenizer=True)
            conversation = conversation_writer(config, settings.repo, settings.revision)

        prompts = Prompts(processor, settings, config.model_type, conversation)
        prompts.check(first.frames)
        lora = find_lora(settings, config.model_type)
        arguments = engine_settings(settings, self._seed, first, context_of(config), prompts.processor_settings(), lora)
        server = Server(arguments)
        self._facts |= versions.resolved(server.engine)

        options = {"lora_request": versions.lora_request(str(lora.folder))} if lora else {}
        return server, RequestPool(server.engine, prompts, settings, self._seed, self._log, options)


def usage_line(usage: Mapping[str, Any]) -> str:
    """How busy vLLM was, and what preparing the frames took, in one line; see ``RequestPool.usage``."""
    line = f"vllm had nothing to do in {usage['idle_share']:.0%} of {usage['seconds']:,.0f} s"
    if spent := usage["preprocessing_seconds"]:
        threads = "1 thread" if usage["preprocessing_threads"] == 1 else f"{usage['preprocessing_threads']} threads"
        each = spent / usage["clips"]
        line += f"; preparing the frames took {spent:,.1f} s of processor time on {threads}, {each:.2f} s a clip"
    return line
