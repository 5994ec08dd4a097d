"""``evaluate``: what the command ``run`` does, in Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Unpack, overload

from mabench_eval.api.data import data_source
from mabench_eval.api.models import model_name
from mabench_eval.api.options import Names, Options, Where, run_config
from mabench_eval.api.result import Result
from mabench_eval.errors import InputError
from mabench_eval.evaluator import execute
from mabench_eval.journal import Progress, Silent
from mabench_eval.planning import RunConfig, prepare

Model = str | Callable[..., Any] | object
Data = Where | Sequence[Mapping[str, Any]] | object


@overload
def evaluate(
    model: Model,
    tasks: Names = "all",
    data: Data = "demo",
    *,
    frames: int = 8,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Result: ...


@overload
def evaluate(
    model: Model,
    tasks: Names = "all",
    data: Data = "demo",
    *,
    frames: Sequence[int],
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> dict[int, Result]: ...


def evaluate(
    model: Model,
    tasks: Names = "all",
    data: Data = "demo",
    *,
    frames: int | Sequence[int] = 8,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Result | dict[int, Result]:
    """Evaluate a model and return its scores. The same call again asks only what is missing.

    Args:
        model: A name as for ``--model``; a function ``f(frames, prompt) -> str``; an object that is called so, or has
            ``generate(work)``. An object is known by its code and by what it holds.
        tasks: Names, or a group of them.
        data: As for ``--data``; or rows of questions, a list of mappings, a ``datasets.Dataset``, a DataFrame, whose
            clips are in the folder ``clips``.
        frames: Frames a clip; several are a run each, and the return value is a result for each number.
        progress: Who is told how far it is. None: a bar in a notebook, else nobody.
        options: The options of the command line, by their names (``base_url=...``, ``judge=None``, ``limit=20``).

    Raises:
        InputError: Something is missing, or of another form, before the start.
        ModelError: The model cannot go on.
        JournalError: Nothing can be written.

    A question that fails does not raise: see ``Result.complete``.
    """
    output = options.get("output", RunConfig.__dataclass_fields__["output"].default)
    name, source = model_name(model), data_source(data, Path(str(output)))
    counts = [frames] if isinstance(frames, int) else list(frames)
    if not counts:
        raise InputError("evaluate(): frames: a number, or several of them, found none")
    prepared = {count: prepare(run_config(name, tasks, source, count, options)) for count in counts}

    results = {}
    for count, run in prepared.items():  # nothing runs before all can
        shown = _listener(progress)
        with shown as listener:
            results[count] = Result.of(execute(run, listener))
    return results[frames] if isinstance(frames, int) else results


def _listener(progress: Progress | None) -> AbstractContextManager[Progress]:
    """Who is told of the progress, for as long as a run takes."""
    if progress is not None:
        return nullcontext(progress)
    if not in_notebook():
        return nullcontext(Silent())
    from mabench_eval.cli import notebook_progress

    return notebook_progress()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
