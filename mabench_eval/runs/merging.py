"""Shards joined: the journals of runs with ``--shard i/n`` become that of the run without, and nothing is asked.

All is taken from the shards' folders: questions, words, rubrics, clips' hashes, and the identities of model and judges,
whose code is not needed and not loaded. With these the keys of the answers are worked out as a run does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mabench_eval._version import __version__
from mabench_eval.answers import read_samples
from mabench_eval.benchmark import expand_variants, load_benchmark, read_clips, usable_clips
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import (
    FILE,
    MODEL,
    Journal,
    Price,
    Records,
    answering_session,
    canonical_json,
    judging_session,
    read_journal,
    session_end,
)
from mabench_eval.judging import JudgePlan, RecordedJudge, with_judgments
from mabench_eval.planning import (
    NO_KEY,
    NO_SHOTS,
    Examples,
    Plan,
    RunConfig,
    answer_basis,
    choose_shots,
    clips_in_scope,
    folder_name,
    make_plan,
    run_id,
    run_identity,
    shots_identity,
)
from mabench_eval.runfiles import RECORD, RunFiles, read_run_files, refuse_build, to_json
from mabench_eval.runs.material import SETUP, Material, read_material
from mabench_eval.runs.reading import asked_tasks, config_of, looks, material_of
from mabench_eval.runs.record import choices_record, judging_record, totals
from mabench_eval.runs.writing import Result, run_scores, write_files
from mabench_eval.types import Clip, Json, Sample

LONGEST_VALUE = 40
"""Characters of a value that a message prints; of longer ones it says that they differ."""
HINT = "Shards of one run have the same command, but for --shard I/N."


@dataclass(frozen=True, slots=True)
class _Shard:
    """One part of a run, finished; or a whole one, before it is looked at."""

    files: RunFiles
    config: RunConfig

    @property
    def folder(self) -> Path:
        return self.files.folder

    @property
    def identity(self) -> Json:
        """As in ``run.json``."""
        return self.files.record.identity

    @property
    def number(self) -> tuple[int, int]:
        """(i, n)."""
        assert self.config.shard, "merge_runs sees to it"
        return self.config.shard


@dataclass(frozen=True, slots=True)
class _JoinedRun:
    """The run that shards are parts of, as far as the shards that are there tell it."""

    folder: Path
    first: RunFiles
    """Those of one of the shards, for what all have in common."""
    config: RunConfig
    identity: Json
    material: Material
    """With the clips of the shards that are there."""
    tasks: tuple[TaskCard, ...]
    plan: Plan
    """Of all its questions; those on clips of shards that are missing have no key."""
    left_out: tuple[str, ...]
    """What was wrong with each clip that the shards went on without."""
    judging: JudgePlan
    price: Price | None
    """Of the model."""


def merge_runs(
    folders: Sequence[Path],
    *,
    output: Path | None = None,
    data: str | None = None,
    clips: Path | None = None,
    include: Sequence[Path] = (),
) -> tuple[Result, list[str]]:
    """Join shards into the run that one process without ``--shard`` would have made; and lines that a user should see.

    A shard that was cut off before its results (a journal, and the questions) is taken as far as it went; what is
    missing is "not asked yet", and the run's own command asks it. The joined run itself, made before, may be among the
    folders. It lies beside the first shard, or where ``output`` says. ``data``, ``clips`` and ``include`` are those of
    ``read_run``, for shards of an early version; clips are known by their bytes.
    Raises InputError for folders that do not belong together.
    """
    folders = list({folder.resolve(): folder for folder in folders}.values())  # the same one twice is one
    for folder in folders:
        refuse_build(folder)
    runs = [_read(folder) for folder in folders if (folder / RECORD).exists()]
    if not runs:
        problems = [f"{folder / RECORD}: No such file" for folder in folders]
        raise InputError("none of these folders is that of a finished run", problems=problems)
    finished = [run for run in runs if run.config.shard]
    wholes = [run.folder for run in runs if not run.config.shard]
    if not finished:
        raise _no_shard(wholes[0])
    _belong_together(finished)

    cut_off = [folder for folder in folders if not (folder / RECORD).exists()]
    material = _material(finished, cut_off, data, clips, include)
    journals = {folder: read_journal(folder) for folder in [*(shard.folder for shard in finished), *cut_off]}
    left_out = tuple(line for shard in finished for line in shard.files.record.left_out)
    run = _joined(finished[0], material, journals[finished[0].folder], output, left_out)
    for whole in wholes:
        if whole.resolve() != run.folder.resolve():  # else joined before, and found again by its name
            raise _no_shard(whole)

    parts = _parts(run, finished[0].number[1])
    for shard in finished:
        _is_part(shard, parts)
    numbers = {shard.folder: shard.number for shard in finished}
    numbers |= {folder: _number(run, folder, parts) for folder in cut_off}
    result, damage = _join(run, numbers, journals)
    return result, damage + _missing(run, set(numbers.values()), parts)


def _read(folder: Path) -> _Shard:
    files = read_run_files(folder)
    config = config_of(folder, files.record)
    if config.input == "other-clip":  # each shard draws them from its own clips
        raise InputError(f"{folder}: --input other-clip shows clips of the same shard; shards make no whole run")
    try:
        canonical_json([files.record.identity, *(judge.identity for judge in files.scores.judges)])
    except ValueError as error:
        raise InputError(f"{folder}: identity of the run or of a judge: {error}", hint=HINT) from error
    return _Shard(files, config)


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
    scores, config = shard.files.scores, shard.config
    same = {name: value for name, value in shard.identity.items() if name not in ("shard", "shots")}
    return {
        **same,
        "parts": shard.number[1],
        "model's name": shard.files.record.model,
        "judge": config.judge,
        "judges": [judge.sha256 for judge in scores.judges],
        "flags": scores.flags and scores.flags.sha256,
        **({"shots": config.shots} if config.shots else {}),
    }


def _differences(expected: Json, actual: Json, path: str = "") -> Iterator[str]:
    """What differs in ``actual``, a line each: ``model.name is 'constant'``."""
    for name in dict.fromkeys([*expected, *actual]):
        one, other, here = expected.get(name), actual.get(name), f"{path}{name}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{here}.")
        elif canonical_json(one) != canonical_json(other):
            value = json.dumps(other)
            yield f"{here} is {value}" if len(value) <= LONGEST_VALUE else f"{here} differs"


def _material(
    finished: Sequence[_Shard],
    cut_off: Sequence[Path],
    data: str | None,
    folder: Path | None,
    include: Sequence[Path],
) -> Material:
    """What the whole run is made of: the first shard's material, with the clips of all that are there."""
    materials = [material_of(shard.files, shard.config, data=data, include=include) for shard in finished]
    first, one = finished[0], materials[0]
    for shard, other in zip(finished[1:], materials[1:], strict=True):
        if other.without_clips() != one.without_clips():
            raise InputError(
                f"{shard.folder} has other tasks, rubrics, examples or flags than {first.folder}; nothing was joined",
                hint=HINT,
            )
    if first.files.scores.flags and not one.flags:
        raise InputError(f"{first.folder}: its file of flags is gone, without which its shards cannot be joined")

    # The clips of each part: as its run has them on record; of one of an early version from the files.
    benchmark = one.benchmark
    names = clips_in_scope(benchmark.clip_names, first.config.limit, None)
    known: dict[str, Clip] = {}
    if looks(first.files.record):
        unknown = [
            name
            for shard, each in zip(finished, materials, strict=True)
            for name in (clips_in_scope(names, None, shard.number) if each.clips is None else ())
        ]
        place = folder or benchmark.clip_folder
        known |= _read_clips(unknown, place)
        for each in materials:
            known |= each.clips or {}
        for path in cut_off:
            if (path / SETUP).exists():
                known |= read_material(path, benchmark.name, benchmark.sha256, None).clips or {}
            elif place.is_dir():
                known |= usable_clips([name for name in names if name not in known], place)[0]
    return replace(
        one,
        clips={name: replace(known[name], path=None) for name in names if name in known},
        examples=_early_examples(first.config, one) if one.examples is None else one.examples,
    )


def _read_clips(names: Iterable[str], folder: Path) -> dict[str, Clip]:
    """Name -> clip, by its file. Raises InputError for one that cannot be read."""
    return read_clips(list(dict.fromkeys(names)), folder)


def _early_examples(config: RunConfig, material: Material) -> Examples:
    """The few-shot examples of a run of an early version: from the file that it names, as data. Raises InputError."""
    if not config.shots or config.shots_data is None:
        return NO_SHOTS
    if config.shots_data != "demo" and not Path(config.shots_data).exists():  # nothing is fetched from a hub
        raise InputError(f"--shots-data {config.shots_data}, which the shards took their examples from, is not there")
    labelled = load_benchmark(config.shots_data, material.tasks, config.clips)
    asked = {name for name, task in material.tasks.items() if name in {q.task for q in labelled.questions}}
    return choose_shots(labelled, config.shots, config.seed, asked, frames=config.shots_frames)


def _joined(
    shard: _Shard, material: Material, records: Records, output: Path | None, left_out: tuple[str, ...]
) -> _JoinedRun:
    """The run without ``--shard``, planned as its own command would, so that it finds the joined journal."""
    record, scores = shard.files.record, shard.files.scores
    config = replace(shard.config, shard=None, output=output or shard.config.output)
    tasks = asked_tasks(shard.files, material)
    asked = {task.name for task in tasks}
    names = clips_in_scope(material.benchmark.clip_names, config.limit, None)
    scope = set(names)
    questions = expand_variants(
        (question for question in material.benchmark.questions if question.task in asked and question.clip in scope),
        config.repeats,
        circular=config.circular,
    )

    # Of clips that are in none of the shards no key can be known; a model that does not look knows them by name.
    known, by_bytes = material.clips or {}, looks(record)
    clips = {name: known.get(name, Clip(name)) for name in names if name in known or not by_bytes}
    base = answer_basis(shard.identity, config, material.benchmark, tasks)
    plan = make_plan(questions, tasks, clips, base, material.examples or NO_SHOTS)
    if material.examples and material.examples.count and NO_KEY in plan.keys.values():
        raise InputError(
            "with few-shot examples shards are joined when all are there: the name of the whole run rests on all clips"
        )
    identity = {**run_identity(config, material.benchmark, tasks, base), **shots_identity(plan.requests)}
    if "examples" not in shard.identity:  # shards of an early version do not say how many there were
        identity.pop("examples", None)
    name = run_id(material.benchmark, identity)

    prices = records.announced.get("judges")
    judges = [
        RecordedJudge(judge.name, judge.official, judge.identity, _price(prices, judge.name)) for judge in scores.judges
    ]
    return _JoinedRun(
        output / folder_name(record.model) / name if output else shard.folder.parent / name,
        shard.files,
        config,
        identity,
        material,
        tasks,
        plan,
        left_out,
        JudgePlan(judges, tasks, material.rubrics),
        _price(records.announced, "price"),
    )


def _price(prices: Any, name: str) -> Price | None:
    """The price under a name that a session has announced."""
    price = prices.get(name) if isinstance(prices, Mapping) else None
    if not isinstance(price, list) or [type(each) in (int, float) for each in price] != [True] * 3:
        return None
    return Price(*price)


def _parts(run: _JoinedRun, count: int) -> dict[tuple[int, int], dict[str, Any]]:
    """(i, n) -> identity of that shard of the run."""
    parts = {}
    for number in range(1, count + 1):
        clips = set(_clips_of(run, (number, count)))
        same = {name: value for name, value in run.identity.items() if name != "shots"}
        parts[number, count] = {**same, "shard": (number, count), **shots_identity(run.plan.asked_on(clips))}
    return parts


def _clips_of(run: _JoinedRun, part: tuple[int, int]) -> tuple[str, ...]:
    """The clips that a part of the run was asked on."""
    return clips_in_scope(run.material.benchmark.clip_names, run.config.limit, part)


def _is_part(shard: _Shard, parts: Mapping[tuple[int, int], Json]) -> None:
    """Raise InputError when a shard's identity is not what its own questions, words and clips give."""
    changes = list(_differences(shard.identity, parts[shard.number]))
    if changes:
        raise InputError(
            f"the identity of {shard.folder} is not that of what it was made of; nothing was joined",
            problems=[f"by its files {line}" for line in changes],
            hint="A file of it was edited, or --data, --clips or --include name others than it was run with.",
        )


def _number(run: _JoinedRun, folder: Path, parts: Mapping[tuple[int, int], Json]) -> tuple[int, int]:
    """Which shard a folder without results holds: its name tells."""
    ids = {run_id(run.material.benchmark, identity): number for number, identity in parts.items()}
    if folder.resolve().name not in ids or not (folder / FILE).exists():
        raise InputError(f"{folder} is no folder of a shard of the run {run.folder.name}", hint=HINT)
    return ids[folder.resolve().name]


def _join(
    run: _JoinedRun, shards: Mapping[Path, tuple[int, int]], journals: Mapping[Path, Records]
) -> tuple[Result, list[str]]:
    """The joined run, and a line for what could not be read of the journals."""
    with Journal(run.folder) as journal:
        damage = journal.records.warnings
        for folder in sorted(shards, key=lambda folder: shards[folder]):
            damage += journals[folder].warnings
            _copy(run, journals[folder], journal, folder.resolve().name)
        samples = read_samples(run.plan.questions, run.plan.keys, journal.records, run.tasks)
        judged = with_judgments(samples, run.plan.questions, run.judging, journal.records)
        # What is missing is said at the time at which the last shard ended, and the same is not said twice.
        end, sessions = session_end(judged, judged=bool(run.judging.judges)), journal.records.sessions
        if sessions and (journal.records.end is None or not end.items() <= journal.records.end.items()):
            journal.append("end", at=sessions[-1][1], **end)
        return _write(run, judged, journal.records), damage


def _write(run: _JoinedRun, samples: Sequence[Sample], records: Records) -> Result:
    """The files of the whole run. What a run says of machine, packages and engine are the first shard's."""
    first = run.first
    scores = run_scores(
        first.scores.model,
        run.judging,
        run.material.benchmark,
        run.plan.questions,
        run.tasks,
        samples,
        frames=first.scores.frames,
        answers=first.scores.answers,
        shown=run.config.input,
        flags=run.material.flags,
        trained_clips=run.identity.get("trained_clips", 0),
        left_out_clips=len(run.left_out),
        name=run.config.name,
    )
    files = run.material.files()
    used = (records.answers[key] for key in dict.fromkeys(run.plan.keys.values()) if key in records.answers)
    record = replace(
        first.record,
        run_id=run.folder.name,
        complete=scores.complete,
        **choices_record(run.config),
        identity=run.identity,
        benchmark={**first.record.benchmark, **to_json(scores.benchmark), "clips": first.record.benchmark.get("clips")},
        left_out=run.left_out,
        totals=totals(used, run.price, records.failed.get(MODEL, {})),
        **judging_record(run.judging, records),
        material=files.hashes,
    )
    files.write(run.folder)
    return write_files(run.folder, scores, samples, run.tasks, record)


def _copy(run: _JoinedRun, shard: Records, journal: Journal, name: str) -> None:
    """What the shard knows and the journal does not: times, answers, judgments, and why others are missing."""
    known = journal.records
    unknown = sum(key == NO_KEY for key in run.plan.keys.values())
    judged = sum(
        question.task in run.judging.rubrics and question.answer is not None for question in run.plan.questions
    )
    announced = {
        **answering_session(run.first.record.model, len(run.plan.requests) + unknown, run.price, run.config.name),
        **judging_session(run.judging.prices, judged),
    }
    for start, end in shard.sessions:
        if (start, end) not in known.sessions:  # else joined before
            journal.append("session", at=start, version=__version__, **announced)
            journal.append("end", at=end)

    wanted = {request.key for request in run.plan.requests}
    for key, answer in shard.answers.items():
        if key in wanted and key not in known.answers:
            journal.append(**{"copied_from": name, **answer})
    for key, judgment in shard.judgments.items():
        if key not in known.judgments:
            journal.append(**{"copied_from": name, **judgment})
    for key, failure in shard.errors.items():
        if key not in known.answers and key not in known.judgments and key not in known.errors:
            journal.append(**{"copied_from": name, **failure})


def _missing(run: _JoinedRun, present: set[tuple[int, int]], parts: Mapping[tuple[int, int], Json]) -> list[str]:
    """A line for each shard that is not there."""
    lines = []
    asked = {question.clip for question in run.plan.questions}
    for number, count in sorted(parts.keys() - present):
        clips = len(asked.intersection(_clips_of(run, (number, count))))
        if clips:  # a part of a small benchmark can be empty
            lines.append(f"shard {number}/{count} is missing, with {clips} clips")
    return lines
