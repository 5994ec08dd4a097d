"""Errors of loading a checkpoint in this process, as one message with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mabench_eval.engines.local.hub import hub_page, repos_of
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.local.stdout import stdout_taken
from mabench_eval.errors import MabenchError, ModelError, place_of, printed_before, trace_of


@contextmanager
def explained_load_errors(settings: LocalSettings) -> Iterator[None]:
    """Load a checkpoint within, its prints taken away. Raises ModelError for any error: its code may raise anything."""
    try:
        with stdout_taken():
            yield
    except MabenchError:
        raise
    except Exception as error:  # torch, transformers and a repository's code have no error in common
        words = " ".join(str(error).split())[:300] or type(error).__name__
        line = f"{words}{place_of(error)}{printed_before(error)}"
        if type(error).__name__ == "OutOfMemoryError":
            raise ModelError(
                f"{settings.repo} does not fit into memory: {line}",
                hint="Use a larger GPU, several (--set device=auto places layers on all), or --set dtype=bfloat16.",
            ) from error
        raise ModelError(
            f"{settings.repo} cannot be loaded: {line}", hint=_hint(settings, error), trace=trace_of(error)
        ) from error


def _hint(settings: LocalSettings, error: Exception) -> str:
    text = str(error).casefold()
    if "gated" in text or "401" in text or "403" in text:
        named = (needed.name for needed in repos_of(settings) if needed.name.casefold() in text)
        return f"Accept its licence at {hub_page(next(named, settings.repo))}, then: hf auth login"
    if "trust_remote_code" in text:
        return "Its repository brings code of its own: --trust-remote-code lets it run."
    if isinstance(error, ImportError | AttributeError | TypeError):
        return "--env auto runs it with the packages that its card names; or install what is named above."
    return f"mabench-eval doctor hf:{settings.repo} looks for what is missing."
