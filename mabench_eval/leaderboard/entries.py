"""Entries: one run each, cut down to what a row of the leaderboard shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from mabench_eval.errors import InputError
from mabench_eval.journal import write_text
from mabench_eval.leaderboard.samples import Samples, kept_rows, read_figures, samples_file, text_of
from mabench_eval.scoring import QuestionScores

Entry = Mapping[str, Any]
"""``name``, ``date``, ``model``, ``judges``, ``rubrics``, ``benchmark``, ``frames``, ``answers``, ``scores``,
``run``: what a row shows; ``intervals``, which old ones lack; ``flags``, clean and hard accuracies
where the run had them; ``repeats``, where every question was asked more than
once."""

_TASK_KEYS = ("accuracy", "levels", "judged", "n", "total", "coverage")
_SCORE_KEYS = ("n", "total", "coverage", "tasks", "closed_avg", "open_avg", "final")
_RUN_KEYS = ("model", "judges", "rubrics", "benchmark", "frames", "answers", "intervals", "flags")
_JUDGE_KEYS = ("name", "official", "sha256", "model_id")

_Kinds = tuple[type, ...]
_ENTRY: Mapping[str, _Kinds] = {
    "name": (str,),
    "date": (str, NoneType),
    "model": (str,),
    "judges": (list,),
    "rubrics": (dict,),
    "benchmark": (dict,),
    "frames": (dict, NoneType),
    "answers": (str,),
    "scores": (dict,),
    "run": (str,),
}
_BENCHMARK: Mapping[str, _Kinds] = {
    "name": (str,),
    "sha256": (str,),
    "clips": (int,),
    "questions": (int,),
    "official": (bool,),
}
_JUDGE: Mapping[str, _Kinds] = {"name": (str,), "official": (bool,), "sha256": (str,)}
_RUBRIC: Mapping[str, _Kinds] = {"version": (str,), "sha256": (str,)}
_FRAMES: Mapping[str, _Kinds] = {"count": (int,), "sampling": (str,)}
_COUNTS: Mapping[str, _Kinds] = {"n": (int,), "total": (int,)}
_INTERVAL: Mapping[str, _Kinds] = {"clips": (int,), "method": (str, NoneType)}

_REDO = "Run the command that made the run once more: it asks nothing again and writes the files anew."


@dataclass(frozen=True, slots=True)
class Loaded:
    """Entries with their samples."""

    entries: tuple[Entry, ...]
    samples: Samples


def entry_from_run(folder: Path) -> dict[str, Any]:
    """The entry of a run.

    Args:
        folder: A run's folder, with ``run.json`` and ``scores.json``. The date is that of the end of the last
            session, the run id the recorded one.

    Raises:
        InputError: A file is missing or is not what a run writes.
    """
    scores = _read(folder / "scores.json", f"{folder}: no finished run (no scores.json).")
    if scores.get("input", "video") != "video":
        raise InputError(f"{folder}: a run with --input {scores['input']} is no row of a leaderboard")
    run = _read(folder / "run.json", f"{folder}: no run (no run.json).")
    entry = {
        "name": scores.get("model"),
        "date": _date(run),
        **_only(scores, _RUN_KEYS),
        **_judges(scores),
        "scores": _compact(scores),
        **_repeats(run),
        "run": run.get("run_id", folder.resolve().name),
    }
    if problems := list(_problems(entry)):
        raise InputError(f"{folder}: scores.json is not what a run writes.", problems=problems, hint=_REDO)
    return entry


def add_entry(folder: Path, leaderboard_dir: Path) -> Path:
    """Write the entry of a run to ``entries/`` of the leaderboard's folder; the same run replaces its entry.

    Beside NAME.json stands NAME.samples.jsonl, the run's samples cut down to what its scores are made of.

    Raises:
        InputError: The run is unfinished, damaged, or has no figure to show.
    """
    entry = entry_from_run(folder)
    if all(figure is None for task in entry["scores"]["tasks"].values() for figure in _task_figures(task)):
        raise InputError(
            f"{folder}: the run has no scores.",
            hint="A benchmark without answers gives predictions alone; score them where the answers are.",
        )
    rows = kept_rows(folder / "samples.jsonl")
    path = leaderboard_dir / "entries" / f"{_slug(entry['model'], 60)}-{_slug(entry['run'], 16)}.json"
    if rows is None:
        samples_file(path).unlink(missing_ok=True)
    else:
        write_file(samples_file(path), text_of(rows))
    write_file(path, json.dumps(entry, indent=2, ensure_ascii=False) + "\n")
    return path


def load_entries(leaderboard_dir: Path, runs: Sequence[Path]) -> Loaded:
    """The committed entries and those of ``runs``; a run that is also committed counts once, as it is now.

    Samples are read from beside an entry and from a run's folder; without them an entry has no ranks.

    Raises:
        InputError: With all problems of all entries and runs.
    """
    found: dict[str, tuple[Entry, QuestionScores | None]] = {}
    problems: list[str] = []
    for path in sorted((leaderboard_dir / "entries").glob("*.json")):
        try:
            entry = _read(path, f"{path}: missing.")
            problems += [f"{path}: {problem}" for problem in _problems(entry)]
            found[str(entry.get("run"))] = entry, read_figures(samples_file(path))
        except InputError as error:
            problems.append(error.message)
    for folder in runs:
        try:
            entry = entry_from_run(folder)
            found[entry["run"]] = entry, read_figures(folder / "samples.jsonl")
        except InputError as error:
            problems.append(" ".join([error.message, *error.problems]))
    if problems:
        raise InputError("The leaderboard cannot be made from these entries and runs.", problems=problems, hint=_REDO)
    samples = {run: figures for run, (_, figures) in found.items() if figures}
    return Loaded(tuple(entry for entry, _ in found.values()), samples)


def write_file(path: Path, text: str) -> None:
    """Write a file of the leaderboard whole or not at all, making its folder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}.") from error


def _read(path: Path, missing: str) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(missing, hint=_REDO) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}.", hint=_REDO) from error
    if not isinstance(data, dict):
        raise InputError(f"{path}: not a JSON object.", hint=_REDO)
    return data


def _date(run: Mapping[str, Any]) -> str | None:
    """Day (UTC) on which the run's last session ended, as YYYY-MM-DD."""
    match run.get("sessions"):
        case [*_, [_, str(end)]]:
            return end[:10]
    return None


def _repeats(run: Mapping[str, Any]) -> dict[str, Any]:
    """How often every question was asked, where it is more than once."""
    match run.get("identity"):
        case {"repeats": int(repeats)} if repeats > 1:
            return {"repeats": repeats}
    return {}


def repeats_of(entry: Entry) -> int:
    """How often every question was asked, 1 or more; ``n`` and ``total`` count each time."""
    return int(entry.get("repeats", 1))


def _only(data: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: data[key] for key in keys if key in data}


def _judges(scores: Mapping[str, Any]) -> dict[str, Any]:
    judges = scores.get("judges")
    if not isinstance(judges, list):
        return {}
    return {"judges": [_only(judge, _JUDGE_KEYS) if isinstance(judge, dict) else judge for judge in judges]}


def _compact(scores: Mapping[str, Any]) -> dict[str, Any]:
    compact = _only(scores, _SCORE_KEYS)
    tasks = compact.get("tasks")
    if isinstance(tasks, dict):
        compact["tasks"] = {n: _only(t, _TASK_KEYS) if isinstance(t, dict) else t for n, t in tasks.items()}
    return compact


def _task_figures(task: Mapping[str, Any]) -> list[float | None]:
    return [task["accuracy"]] if "accuracy" in task else list(task["levels"].values())


def _slug(text: str, longest: int) -> str:
    """A safe part of a file name: the text comes from elsewhere."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:longest].strip("-.") or "run"


def _problems(entry: Mapping[str, Any]) -> Iterator[str]:
    """What keeps an entry from being shown."""
    wrong = [*_wrong(entry, _ENTRY, "")]
    yield from wrong
    if wrong:
        return
    yield from _wrong(entry["benchmark"], _BENCHMARK, "benchmark.")
    for number, judge in enumerate(entry["judges"]):
        yield from _wrong(judge if isinstance(judge, dict) else {}, _JUDGE, f"judges[{number}].")
    for task, rubric in entry["rubrics"].items():
        yield from _wrong(rubric if isinstance(rubric, dict) else {}, _RUBRIC, f"rubrics.{task}.")
    if entry["frames"] is not None:
        yield from _wrong(entry["frames"], _FRAMES, "frames.")
    if type(entry.get("repeats", 1)) is not int or entry.get("repeats", 1) < 1:
        yield f"repeats: {entry['repeats']!r:.40} is no int from 1"
    yield from _interval_problems(entry.get("intervals", {}))
    yield from _score_problems(entry["scores"])


def _interval_problems(intervals: object) -> Iterator[str]:
    if not isinstance(intervals, dict):
        yield f"intervals: {intervals!r:.40} is no dict"
        return
    for name, interval in intervals.items():
        where = f"intervals.{name}."
        known = interval if isinstance(interval, dict) else {}
        yield from _wrong(known, _INTERVAL, where)
        yield from _out_of_range(known, "value", 100, where, optional=False)
        for key in ("se", "low", "high"):
            yield from _out_of_range(known, key, 100, where)


def _score_problems(scores: Mapping[str, Any]) -> Iterator[str]:
    yield from _wrong(scores, {**_COUNTS, "tasks": (dict,)}, "")
    for name, top in {"closed_avg": 100, "open_avg": 5, "final": 100}.items():
        yield from _out_of_range(scores, name, top, "")
    yield from _out_of_range(scores, "coverage", 100, "", optional=False)
    tasks = scores.get("tasks")
    for name, task in tasks.items() if isinstance(tasks, dict) else ():
        if isinstance(task, dict):
            yield from _task_problems(task, f"tasks.{name}.")
        else:
            yield f"tasks.{name}: not an object"


def _task_problems(task: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _wrong(task, _COUNTS, where)
    yield from _out_of_range(task, "coverage", 100, where, optional=False)
    if "levels" not in task:
        yield from _out_of_range(task, "accuracy", 100, where)
        return
    yield from _wrong(task, {"levels": (dict,), "judged": (int,)}, where)
    for level in task["levels"] if isinstance(task["levels"], dict) else ():
        yield from _out_of_range(task["levels"], level, 5, f"{where}levels.")


def _wrong(data: Mapping[str, Any], shape: Mapping[str, _Kinds], where: str) -> Iterator[str]:
    """Keys that are missing or hold something else than they should."""
    for key, kinds in shape.items():
        if key not in data:
            yield f"{where}{key}: missing"
        elif not isinstance(data[key], kinds) or (isinstance(data[key], bool) and bool not in kinds):
            yield f"{where}{key}: {data[key]!r:.40} is no {' or '.join(kind.__name__ for kind in kinds)}"


def _out_of_range(data: Mapping[str, Any], key: str, top: float, where: str, *, optional: bool = True) -> Iterator[str]:
    """A figure that is missing, no number, or outside 0 to ``top`` (NaN is outside)."""
    value = data.get(key)
    if key not in data:
        yield f"{where}{key}: missing"
    elif value is None and optional:
        return
    elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= top:
        yield f"{where}{key}: {value!r:.40} is no number from 0 to {top}"
