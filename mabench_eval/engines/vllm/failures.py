"""What can go wrong with vLLM, as one error with the way on."""

from __future__ import annotations

import re

from mabench_eval.engines.local.hub import page
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm.logs import Log
from mabench_eval.errors import ModelError

_MEMORY = re.compile(
    r"out of memory|OutOfMemory|no available memory|free memory|KV cache|gpu.memory.utilization|unable to allocate",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(r"maximum (?:model|context) length")
_TOKENS = re.compile(r"\(length (\d+)\)|prompt contains (?:at least )?(\d+)")


def start_failed(settings: LocalSettings, error: BaseException, log: Log, since: int) -> ModelError:
    """The engine did not start: the cause, which is often told in the log alone."""
    cause = log.cause(since) or line(error)
    return ModelError(f"vllm cannot run {settings.repo}: {cause}", hint=_way_on(settings, cause, log))


def engine_ended(settings: LocalSettings, log: Log, since: int) -> ModelError:
    """The engine's process is gone, and with it all that was under way."""
    log.keep()
    cause = log.cause(since)
    if _MEMORY.search(cause):
        hint = _memory(settings)
    else:
        told = f" Its log: {log.file}." if log.file else ""
        hint = (
            f"All answers so far are safe: run the same command again.{told} If no error stands there, the system may "
            "have ended it for want of main memory."
        )
    return ModelError("vllm's process has ended" + (f": {cause}" if cause else ""), hint=hint)


def too_long(error: BaseException) -> int | None:
    """Tokens of a prompt that did not fit into the context; None for another error."""
    found = _TOKENS.search(str(error)) if _TOO_LONG.search(str(error)) else None
    return int(found[1] or found[2]) if found else None


def context_too_small(settings: LocalSettings, have: int, prompt: int, answer: int) -> ModelError:
    """The context does not hold a question's prompt and answer."""
    if settings.context is not None and prompt + answer > settings.context:
        hint = "The model reads no more. Take fewer frames (--frames), or shorter answers (max_tokens in --prompts)."
    else:
        hint = f"Take --max-model-len {-(-(prompt + answer) // 1024) * 1024}, or fewer frames (--frames)."
    needed = f"{prompt:,} tokens of prompt and {answer:,} of answer"
    return ModelError(f"vllm was started for {have:,} tokens; a question of this run needs {needed}", hint=hint)


def line(error: BaseException) -> str:
    """An error in one line, its cause where it says nothing itself."""
    while error.__cause__ is not None and type(error).__name__ == "EngineGenerateError":
        error = error.__cause__
    return " ".join(f"{type(error).__name__}: {error}".split())[:400]


def _way_on(settings: LocalSettings, cause: str, log: Log) -> str:
    text = cause.casefold()
    if "gated" in text or re.search(r"\b40[13]\b", text):
        return f"Accept its licence at {page(settings.repo)}, then: hf auth login"
    if "max_model_len" in text and "derived" in text:
        return "The model reads fewer tokens than that: take a smaller --max-model-len, or fewer frames (--frames)."
    if _MEMORY.search(cause):
        return _memory(settings)
    if "trust_remote_code" in text:
        return "Its repository brings code of its own: --trust-remote-code lets it run."
    if "lora" in text or "architectures" in text:
        other = "Take --engine transformers" if "transformers" in settings.engines else "Take another model"
        return f"{other}: this one vllm cannot run so."
    log.keep()
    told = f"vllm's log: {log.file}. " if log.file else ""
    return (
        f"{told}A script that calls evaluate() must do so under `if __name__ == '__main__':`, since vllm starts "
        "processes that import it."
    )


def _memory(settings: LocalSettings) -> str:
    share = f"--gpu-memory (now {settings.gpu_memory:g})"
    return (
        f"Memory is short. Lower --max-model-len, raise {share} where nothing else uses the GPU or lower it where "
        "something does, spread the model over more GPUs (--tensor-parallel N), or take a larger GPU."
    )
