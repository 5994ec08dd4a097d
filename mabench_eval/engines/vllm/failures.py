"""vLLM's failures as errors that say what to do; and its log, where their causes are found.

The log goes to a file of its own, so that it does not run across the progress display.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from mabench_eval import errors
from mabench_eval.engines.local.hub import hub_page
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import ModelError

_MEMORY = re.compile(
    r"out of memory|OutOfMemory|no available memory|free memory|KV cache|gpu.memory.utilization|unable to allocate",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(r"maximum (?:model|context) length")
_TOKENS = re.compile(r"\(length (\d+)\)|prompt contains (?:at least )?(\d+)")
_LOGGED_ERROR = re.compile(r"(?:^|\) |ERROR )(?P<error>(?:\w+\.)*\w*(?:Error|Exception): .+)$", re.MULTILINE)
_SEE_OTHER = re.compile(r"root cause|initialization failed|See stack trace", re.IGNORECASE)
"""Errors that only refer to another."""


class Log:
    """The log of this process's vLLM, and of the processes that it starts."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.file = folder / "vllm.log" if folder else None
        """None: vLLM logs as the environment says."""

    def size(self) -> int:
        """Bytes written so far."""
        return self.file.stat().st_size if self.file and self.file.exists() else 0

    def cause(self, start: int = 0) -> str:
        """The first error logged after ``start`` bytes that names a cause; empty where there is none."""
        if self.file is None or not self.file.exists():
            return ""
        with self.file.open("rb") as stream:
            stream.seek(start)
            text = stream.read().decode(errors="replace")
        errors = (match["error"] for match in _LOGGED_ERROR.finditer(text))
        return next((error for error in errors if not _SEE_OTHER.search(error)), "")

    def keep(self) -> None:
        """Leave the file where it is when this process ends."""
        self._folder = None

    def discard(self) -> None:
        """Remove the file, unless it is kept."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


@cache
def open_log() -> Log:
    """The log of this process; call it before vLLM is imported for the first time.

    Logging that the user has set up, in the environment or by importing vLLM before, is left as it is.
    """
    if "VLLM_LOGGING_CONFIG_PATH" in os.environ or "VLLM_CONFIGURE_LOGGING" in os.environ or "vllm" in sys.modules:
        return Log(None)
    folder = Path(tempfile.mkdtemp(prefix="mabench-vllm-"))
    log = Log(folder)
    level = os.environ.get("VLLM_LOGGING_LEVEL", "INFO").upper()
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(asctime)s (%(processName)s) %(levelname)s %(message)s"}},
        "handlers": {"file": {"class": "logging.FileHandler", "filename": str(log.file), "formatter": "plain"}},
        "loggers": {"vllm": {"handlers": ["file"], "level": level, "propagate": False}},
    }
    (folder / "logging.json").write_text(json.dumps(config), encoding="utf-8")
    os.environ["VLLM_LOGGING_CONFIG_PATH"] = str(folder / "logging.json")  # read by every process that vLLM starts
    atexit.register(log.discard)
    return log


def start_failed(settings: LocalSettings, error: BaseException, log: Log, log_start: int) -> ModelError:
    """VLLM did not start. The cause is often only in its log, after ``log_start`` bytes."""
    cause = log.cause(log_start) or error_line(error)
    return ModelError(f"vllm cannot run {settings.repo}: {cause}", hint=_start_hint(settings, cause, log))


def engine_died(settings: LocalSettings, log: Log, log_start: int) -> ModelError:
    """VLLM's process has ended, and with it all requests in flight."""
    log.keep()
    cause = log.cause(log_start)
    if _MEMORY.search(cause):
        hint = _memory_hint(settings)
    else:
        where = f" Its log: {log.file}." if log.file else ""
        hint = (
            f"All answers so far are safe: run the same command again.{where} If no error stands there, the system may "
            "have ended it for want of main memory."
        )
    return ModelError("vllm's process has ended" + (f": {cause}" if cause else ""), hint=hint)


def too_long(error: BaseException) -> int | None:
    """Tokens of a prompt that did not fit into the context; None for another error."""
    tokens = _TOKENS.search(str(error)) if _TOO_LONG.search(str(error)) else None
    return int(tokens[1] or tokens[2]) if tokens else None


def context_too_small(settings: LocalSettings, context: int, prompt: int, answer: int) -> ModelError:
    """The ``context`` that vLLM was started with does not hold a question's prompt and answer (all in tokens)."""
    if settings.context is not None and prompt + answer > settings.context:
        hint = "The model reads no more. Take fewer frames (--frames), or shorter answers (max_tokens in --prompts)."
    else:
        hint = f"Take --max-model-len {-(-(prompt + answer) // 1024) * 1024}, or fewer frames (--frames)."
    needed = f"{prompt:,} tokens of prompt and {answer:,} of answer"
    return ModelError(f"vllm was started for {context:,} tokens; a question of this run needs {needed}", hint=hint)


def error_line(error: BaseException) -> str:
    """Type and message of an error in one line, or its type and place; of its cause where it only wraps that."""
    while error.__cause__ is not None and type(error).__name__ == "EngineGenerateError":
        error = error.__cause__
    return errors.error_line(error)


def _start_hint(settings: LocalSettings, cause: str, log: Log) -> str:
    text = cause.casefold()
    if settings.vllm and re.match(r"TypeError|ValueError|ValidationError|AttributeError|KeyError", cause):
        given = ", ".join(f"vllm.{name}" for name in settings.vllm)
        return f"Of its arguments these are given by --set or the card: {given}. Leave them out, or correct them."
    if "gated" in text or re.search(r"\b40[13]\b", text):
        return f"Accept its licence at {hub_page(settings.repo)}, then: hf auth login"
    if "max_model_len" in text and "derived" in text:
        return "The model reads fewer tokens than that: take a smaller --max-model-len, or fewer frames (--frames)."
    if _MEMORY.search(cause):
        return _memory_hint(settings)
    if "trust_remote_code" in text:
        return "Its repository brings code of its own: --trust-remote-code lets it run."
    if "lora" in text or "architectures" in text:
        other = "Take --engine transformers" if "transformers" in settings.engines else "Take another model"
        return f"{other}: vllm cannot run this one."
    log.keep()
    where = f"vllm's log: {log.file}. " if log.file else ""
    return (
        f"{where}A script that calls evaluate() must do so under `if __name__ == '__main__':`, since vllm starts "
        "processes that import it."
    )


def _memory_hint(settings: LocalSettings) -> str:
    share = f"--gpu-memory (now {settings.gpu_memory:g})"
    return (
        f"Memory is short. Lower --max-model-len, raise {share} where nothing else uses the GPU or lower it where "
        "something does, spread the model over more GPUs (--tensor-parallel N), or take a larger GPU."
    )
