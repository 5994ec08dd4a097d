"""Shards joined: the journals of runs with ``--shard i/n`` become that of the run without, and nothing is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mabench_eval._version import __version__
from mabench_eval.answers import read_samples
from mabench_eval.errors import InputError
from mabench_eval.journal import (
    FILE,
    Journal,
    Records,
    answering_session,
    canonical_json,
    judging_session,
    read_journal,
    session_end,
)
from mabench_eval.judging import with_judgments
from mabench_eval.planning import Run, RunConfig, clips_in_scope, open_questions, prepare, run_id, shots_identity
from mabench_eval.runfiles import RECORD, read_record
from mabench_eval.runs.reading import config_of
from mabench_eval.runs.writing import Result, write_results
from mabench_eval.types import Json

CHOICES = ("judge", "flags")
"""Choices that stand outside the identity of a run, and in its scores."""
LONGEST_VALUE = 40
"""Characters of a value that a message prints; of longer ones it says that they differ."""
HINT = "Shards of one run have the same command, but for --shard I/N."


@dataclass(frozen=True, slots=True)
class _Shard:
    """One part of a run; or a whole one, before it is looked at."""

    folder: Path
    config: RunConfig
    identity: Json
    """As in ``run.json``."""


def merge_runs(
    folders: Sequence[Path],
    *,
    output: Path | None = None,
    data: str | None = None,
    clips: Path | None = None,
    include: Sequence[Path] = (),
) -> tuple[Result, list[str]]:
    """Join shards into the run that one process without ``--shard`` would have made; and lines that a user should see.

    A shard that was cut off before its results (a journal alone) is taken as far as it went; what is missing is
    "not asked yet", and the run's own command asks it. The joined run itself, made before, may be among the folders.
    Raises InputError for folders that do not belong together.
    """
    folders = list({folder.resolve(): folder for folder in folders}.values())  # the same one twice is one
    runs = [_read(folder) for folder in folders if (folder / RECORD).exists()]
    if not runs:
        problems = [f"{folder / RECORD}: No such file" for folder in folders]
        raise InputError("none of these folders is that of a finished run", problems=problems)
    finished = [run for run in runs if run.config.shard]
    wholes = [run.folder for run in runs if not run.config.shard]
    if not finished:
        raise _no_shard(wholes[0])
    _belong_together(finished)

    # The run that they are shards of is prepared as its own command would, so that it finds the joined journal.
    first = finished[0].config
    run = prepare(
        replace(
            first,
            shard=None,
            output=output or first.output,
            data=data or first.data,
            clips=clips or first.clips,
            include=tuple(dict.fromkeys([*first.include, *include])),
        ),
        asks=False,
    )
    for whole in wholes:
        if whole.resolve() != run.folder.resolve():  # else joined before, and found again by its name
            raise _no_shard(whole)
        folders.remove(whole)

    parts = _parts(run, finished[0])
    for shard in finished:
        _is_part(run, shard, parts)
    numbers = {shard.folder: _number(shard) for shard in finished}
    numbers |= {folder: _unfinished(run, folder, parts) for folder in folders if folder not in numbers}
    return _join(run, numbers), _missing(run, set(numbers.values()), parts)


def _read(folder: Path) -> _Shard:
    record = read_record(folder)
    config = config_of(folder, record)
    if config.input == "other-clip":  # each shard draws them from its own clips
        raise InputError(f"{folder}: --input other-clip shows clips of the same shard; shards make no whole run")
    return _Shard(folder, config, record.identity)


def _no_shard(folder: Path) -> InputError:
    return InputError(f"{folder} is no shard: it was run without --shard", hint=HINT)


def _belong_together(shards: Sequence[_Shard]) -> None:
    """Raise InputError that names all that differs."""
    first = shards[0]
    problems = [
        f"{shard.folder}: {line}, not as {first.folder}"
        for shard in shards[1:]
        for line in _differences(_common(first), _common(shard))
    ]
    if problems:
        raise InputError("these runs are no shards of one run; nothing was joined", problems=problems, hint=HINT)


def _common(shard: _Shard) -> dict[str, Any]:
    """All that shards of one run have in common. Few-shot examples are told by their part's own keys."""
    same = {name: value for name, value in shard.identity.items() if name not in ("shard", "shots")}
    chosen = {name: str(getattr(shard.config, name)) for name in CHOICES}
    examples = {"shots": [shard.config.shots, str(shard.config.shots_data)]} if shard.config.shots else {}
    return {**same, "parts": shard.config.shard and shard.config.shard[1], **chosen, **examples}


def _differences(expected: Json, actual: Json, path: str = "") -> Iterator[str]:
    """What differs in ``actual``, a line each: ``model.name is 'constant'``."""
    for name in dict.fromkeys([*expected, *actual]):
        one, other, here = expected.get(name), actual.get(name), f"{path}{name}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{here}.")
        elif canonical_json(one) != canonical_json(other):
            value = json.dumps(other)
            yield f"{here} is {value}" if len(value) <= LONGEST_VALUE else f"{here} differs"


def _parts(run: Run, shard: _Shard) -> dict[tuple[int, int], dict[str, Any]]:
    """(i, n) -> identity of that shard of the run."""
    count = _number(shard)[1]
    names = clips_in_scope(run.benchmark.clip_names, run.config.limit, None)
    parts = {}
    for number in range(1, count + 1):
        clips = set(clips_in_scope(names, None, (number, count)))
        same = {name: value for name, value in run.identity.items() if name != "shots"}
        parts[number, count] = {**same, "shard": (number, count), **shots_identity(run.plan.asked_on(clips))}
    return parts


def _number(shard: _Shard) -> tuple[int, int]:
    assert shard.config.shard, "_read sees to it"
    return shard.config.shard


def _is_part(run: Run, shard: _Shard, parts: Mapping[tuple[int, int], Json]) -> None:
    """Raise InputError when the shard is none of the run that its command makes now: something was edited since."""
    changes = list(_differences(shard.identity, parts[_number(shard)]))
    if changes:
        raise InputError(
            f"the run of {shard.folder} cannot be made here any more; nothing was joined",
            problems=[f"now {line}" for line in changes],
            hint="Data, prompts, cards and code must be those that the shards were run with.",
        )


def _unfinished(run: Run, folder: Path, parts: Mapping[tuple[int, int], Json]) -> tuple[int, int]:
    """Which shard a folder without results holds: its name tells."""
    ids = {run_id(run.benchmark, identity): number for number, identity in parts.items()}
    if folder.resolve().name not in ids or not (folder / FILE).exists():
        raise InputError(f"{folder} is no folder of a shard of the run {run.folder.name}", hint=HINT)
    return ids[folder.resolve().name]


def _join(run: Run, shards: Mapping[Path, tuple[int, int]]) -> Result:
    with Journal(run.folder) as journal:
        for folder in sorted(shards, key=lambda folder: shards[folder]):
            _copy(run, read_journal(folder), journal, folder.resolve().name)
        samples = read_samples(run.plan.questions, run.plan.keys, journal.records, run.tasks)
        judged = with_judgments(samples, run.plan.questions, run.judging, journal.records)
        # What is missing is said at the time at which the last shard ended, and the same is not said twice.
        end, sessions = session_end(judged, judged=bool(run.judging.judges)), journal.records.sessions
        if sessions and (journal.records.end is None or not end.items() <= journal.records.end.items()):
            journal.append("end", at=sessions[-1][1], **end)
        return write_results(run, judged, journal.records)


def _copy(run: Run, shard: Records, journal: Journal, name: str) -> None:
    """What the shard knows and the journal does not: times, answers, judgments, and why others are missing."""
    known = journal.records
    announced = {
        **answering_session(run.card.name, len(run.plan.requests), run.engine.price),
        **judging_session(run.judging.prices, len(open_questions(run))),
    }
    for start, end in shard.sessions:
        if (start, end) not in known.sessions:  # else joined before
            journal.append("session", at=start, version=__version__, **announced)
            journal.append("end", at=end)

    wanted = {request.key for request in run.plan.requests}
    answers = [record for key, record in shard.answers.items() if key in wanted and key not in known.answers]
    judgments = [record for key, record in shard.judgments.items() if key not in known.judgments]
    errors = [
        record
        for key, record in shard.errors.items()
        if key not in known.answers and key not in known.judgments and known.errors.get(key, {}).get("error") is None
    ]
    for record in [*answers, *judgments, *errors]:
        journal.append(**{"copied_from": name, **record})


def _missing(run: Run, present: set[tuple[int, int]], parts: Mapping[tuple[int, int], Json]) -> list[str]:
    """A line for each shard that is not there."""
    lines = []
    for number, count in sorted(parts.keys() - present):
        names = set(clips_in_scope(run.benchmark.clip_names, run.config.limit, (number, count)))
        clips = sum(planned.clip.name in names for planned in run.plan.clips)
        if clips:  # a part of a small benchmark can be empty
            lines.append(f"shard {number}/{count} is missing, with {clips} clips")
    return lines
