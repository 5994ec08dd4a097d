"""Clips prepared ahead: the next one's tensors are made on another thread while the model works on this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mabench_eval.types import ClipWork, Response

Prepared = TypeVar("Prepared")


def prepared_ahead(
    work: Iterable[ClipWork], prepare: Callable[[ClipWork], Prepared]
) -> Iterator[tuple[ClipWork, Prepared | Exception]]:
    """Each clip with what ``prepare`` makes of it, or with what it raised; clips are drawn on that thread too."""
    clips = iter(work)

    def following() -> tuple[ClipWork, Prepared | Exception] | None:
        clip = next(clips, None)
        if clip is None:
            return None
        try:
            return clip, prepare(clip)
        except Exception as error:  # noqa: BLE001 - processors raise what they like; the clip's questions are lost
            return clip, error

    with ThreadPoolExecutor(1, thread_name_prefix="prepare") as pool:
        coming = pool.submit(following)
        while (prepared := coming.result()) is not None:
            coming = pool.submit(following)
            yield prepared


def unprepared(work: ClipWork, error: Exception) -> Iterator[Response]:
    """The errors of a clip's questions when the clip could not be prepared."""
    line = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    for request in work.requests:
        yield Response(request.key, error=f"cannot be prepared: {line}")
