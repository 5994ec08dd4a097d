"""The runs below a folder beside each other: what they are called, how far they are, in what they differ, their scores.

Nothing is locked or written, and a run that cannot be read is listed with what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mabench_eval.errors import InputError
from mabench_eval.runfiles import RECORD, RunFiles, RunScores, read_run_files
from mabench_eval.runs.choices import OPTIONAL, choices_of, grouped, letter, variants
from mabench_eval.runs.status import WAYS, RunStatus, read_status
from mabench_eval.taxonomy import task_order

PROMPTS = "prompts"
SHOWN_TASKS = 3
"""Tasks that are named; more are counted."""
DETAILS = "model's "
"""Begins the name of a setting of a model: it is compared with those of the same model alone."""
HIDDEN = frozenset({"name", "answers"})
"""Of a model's identity: said otherwise."""


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run."""

    folder: Path
    label: str
    """Its name, else its model."""
    model: str
    state: str
    """As in ``RunStatus``; of a folder without a journal ``done`` or ``stopped``, by what it says of itself. Of a run
    that went on without clips, how many it lacks."""
    answered: int
    total: int | None
    """Requests; None: not known."""
    settings: Mapping[str, Any]
    """Name -> value, of all that its scores depend on; empty for a run without results."""
    scores: RunScores | None
    """None: no results were written yet."""
    problem: str | None
    """Why its results cannot be read."""


def list_runs(folder: Path | str) -> list[ListedRun]:
    """The runs below a folder, as ``read_status`` finds them, and results without a journal. By folder.

    Raises InputError for a folder that is none, or whose journals cannot be read.
    """
    folder = Path(folder)
    status = {each.folder: each for each in read_status(folder)}
    results = [path.parent for way in WAYS for path in folder.glob(f"{way}{RECORD}")]
    return [_listed(place, status.get(place)) for place in sorted({*status, *results})]


def differing(runs: Sequence[ListedRun]) -> list[dict[str, str]]:
    """For each run its settings that are not the same in all, as words: name -> value, or a letter for a long one.

    A model's settings are compared with those of other runs of that model. Runs without results have none.
    """
    words: list[dict[str, str]] = [{} for _ in runs]
    for name in dict.fromkeys(name for run in runs for name in run.settings if name != PROMPTS):
        by_model: dict[str, list[int]] = {}
        for place, run in enumerate(runs):
            if name in run.settings:
                by_model.setdefault(run.model if name.startswith(DETAILS) else "", []).append(place)
        for places in by_model.values():
            values = [runs[place].settings[name] for place in places]
            if len(grouped(values)) > 1:
                for place, word in zip(places, variants(values), strict=True):
                    words[place][name.removeprefix(DETAILS)] = word
    for tasks, letters in _prompt_letters(runs).items():
        for place, which in letters.items():
            words[place][tasks] = which
    return words


def _prompt_letters(runs: Sequence[ListedRun]) -> dict[str, dict[int, str]]:
    """``prompts of CMAR, SAD`` -> place of a run that asked them -> a letter for its wording.

    Tasks whose wordings differ between the same runs stand together.
    """
    prompts = {place: run.settings[PROMPTS] for place, run in enumerate(runs) if run.settings}
    alike: dict[tuple[tuple[int, str], ...], list[str]] = {}
    for task in sorted({task for asked in prompts.values() for task in asked}, key=task_order):
        places = [place for place, asked in prompts.items() if task in asked]
        groups = grouped([prompts[place][task] for place in places])
        if len(groups) > 1:
            letters = {places[at]: letter(number) for number, (_, of) in enumerate(groups) for at in of}
            alike.setdefault(tuple(sorted(letters.items())), []).append(task)
    return {
        f"prompts of {', '.join(tasks) if len(tasks) <= SHOWN_TASKS else f'{len(tasks)} tasks'}"
        + (f" ({number})" if len(tasks) > SHOWN_TASKS and number > 1 else ""): dict(letters)
        for number, (letters, tasks) in enumerate(alike.items(), start=1)
    }


def _listed(folder: Path, status: RunStatus | None) -> ListedRun:
    files, problem = None, None
    if (folder / RECORD).exists():
        try:
            files = read_run_files(folder)
            settings = _settings(files)
        except InputError as error:
            files, problem = None, error.message
    if files is None:
        name = folder.resolve().parent.name
        return ListedRun(
            folder,
            label=(status.name or status.model) if status else name,
            model=status.model if status else name,
            state=status.state if status else "unreadable",
            answered=status.answered if status else 0,
            total=status.total if status else None,
            settings={},
            scores=None,
            problem=problem,
        )
    done = "done" if files.scores.complete else "stopped"
    state = status.state if status and status.state != "ended" else done
    if state == "stopped" and (clips := files.scores.left_out_clips):
        state = f"lacks {clips} clip{'' if clips == 1 else 's'}"
    return ListedRun(
        folder,
        files.scores.label,
        files.scores.model,
        state=state,
        answered=status.answered if status else files.record.totals.answers,
        total=status.total if status else None,
        settings=settings,
        scores=files.scores,
        problem=None,
    )


def _settings(run: RunFiles) -> dict[str, Any]:
    """All that the scores of a finished run depend on, by the names of their options where there are some."""
    identity, choices, scores = run.record.identity, choices_of(run), run.scores
    model = identity.get("model")
    details = dict(model) if isinstance(model, Mapping) else {}
    nested = details.pop("settings", None)
    details |= nested if isinstance(nested, Mapping) else {}
    frames = choices.values["frames"] or {}
    sampling = {"input": scores.input, **{"sampling" if name == "rule" else name: frames[name] for name in frames}}
    rest = {
        name: value
        for name, value in choices.values.items()
        if name not in ("data", "frames") and not (name in OPTIONAL and value is None)
    }
    return {
        "model": scores.model,
        "data": f"{scores.benchmark.name} {scores.benchmark.sha256[:8]}",
        "tasks": list(run.record.prompts),
        **sampling,
        **rest,
        PROMPTS: choices.prompts,
        **{name: identity.get(name) for name in ("seed", "limit")},
        "shard": "/".join(map(str, identity.get("shard") or ())) or None,
        "circular": identity.get("circular", False),
        **{DETAILS + str(name): value for name, value in details.items() if name not in HIDDEN},
    }
