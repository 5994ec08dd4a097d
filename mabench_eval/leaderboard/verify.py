"""Whether an entry can be believed: all that it claims follows from its samples, its identity and its benchmark."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.leaderboard.entries import OwnRun, load_runs
from mabench_eval.leaderboard.entry import Entry, EntryClosedTask, EntryOpenTask
from mabench_eval.leaderboard.known import KnownBenchmark, ids_digest, known
from mabench_eval.leaderboard.marks import MARKS_FILE, read_marks, seal_of
from mabench_eval.leaderboard.rescore import levels_of, scores_from_samples
from mabench_eval.leaderboard.samples import KeptSample, kept_text, samples_file
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import from_json, to_json
from mabench_eval.stats import coverage, final_score, mean
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from mabench_eval.types import Json, Outcome

_CLOSE = 1e-9
"""What the order of a sum may do to a mean of thousands."""
_NOTHING = object()
"""A key that is not there."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at all entries found."""

    problems: tuple[str, ...]
    """Everything that does not follow, each with its file and key."""
    notes: tuple[str, ...]
    """What could not be checked, a line each."""


def check_entries(leaderboard_dir: Path) -> Checked:
    """Look at every committed entry. Raises InputError for an entry, samples or marks that cannot be read."""
    runs = load_runs(leaderboard_dir, ())
    problems = [problem for run in runs for problem in entry_problems(run)]
    return Checked(tuple(problems), tuple(_notes(leaderboard_dir, runs)))


def _notes(leaderboard_dir: Path, runs: Sequence[OwnRun]) -> Iterator[str]:
    without = [run.entry.run for run in runs if run.samples is None]
    if without:
        yield f"without samples, so that their scores were not recomputed: {', '.join(without)}"
    for name, sha256 in sorted({(run.entry.benchmark.name, run.entry.benchmark.sha256) for run in runs}):
        if not any(known().benchmark(run.entry.benchmark) for run in runs if run.entry.benchmark.sha256 == sha256):
            yield f"benchmark {name} {sha256[:12]} is not known: that its questions are all there was not checked"
    by_id = {run.entry.run: run for run in runs}
    for run_id in read_marks(leaderboard_dir):
        if run_id not in by_id:
            yield f"{MARKS_FILE}: {run_id}: there is no such entry"
        elif not by_id[run_id].mark:
            yield f"{MARKS_FILE}: {run_id}: the entry was changed since, so that it is not verified any more"
    unverified = [run.entry.run for run in runs if not run.mark]
    if unverified:
        yield f"not verified: {', '.join(unverified)}"


def entry_problems(run: OwnRun) -> list[str]:
    """All that an entry claims and that does not follow, a line each: file, key, what is wrong."""
    assert run.file, "an entry has a file"
    entry, samples = run.entry, run.samples
    claims = _layout(run.file, entry), _identity(entry), _benchmark(entry, samples), _judges(entry)
    figures = _without_samples(entry) if samples is None else _from_samples(entry, samples)
    problems = [f"{run.file}: {problem}" for claim in (*claims, figures, _seal(entry, samples)) for problem in claim]
    if samples is not None:
        file = samples_file(run.file)
        problems += [f"{file}: {problem}" for problem in _sample_problems(entry, samples, file)]
    return problems


def _layout(file: Path, entry: Entry) -> Iterator[str]:
    """Keys that no entry has: what is read over must not be there."""
    if entry.identity is not None:  # early versions had other keys
        for key in _unknown_keys(read_json(file, halves=True), to_json(entry)):
            yield f"{key}: no key of an entry"


def _unknown_keys(data: Any, known_keys: Any, path: str = "") -> Iterator[str]:
    if isinstance(data, dict) and isinstance(known_keys, dict):
        for key, value in data.items():
            if key in known_keys:
                yield from _unknown_keys(value, known_keys[key], f"{path}{key}.")
            else:
                yield f"{path}{key}"
    elif isinstance(data, list) and isinstance(known_keys, list):
        for place, (one, other) in enumerate(zip(data, known_keys, strict=True)):
            yield from _unknown_keys(one, other, f"{path.removesuffix('.')}[{place}].")


# -- identity and benchmark --------------------------------------------------------------------------------


Positive = Annotated[int, Meta(ge=1)]


@dataclass(frozen=True, slots=True)
class _TaskIdentity:
    version: int
    prompt: str


@dataclass(frozen=True, slots=True)
class _Identity:
    """What of an identity other keys of an entry say, too."""

    model: Json
    sampling: Json | None
    seed: int
    repeat: int
    benchmark: str
    tasks: Mapping[str, _TaskIdentity]
    limit: Positive | None
    shard: tuple[Positive, Positive] | None
    repeats: Positive = 1


def _identity_of(entry: Entry) -> _Identity:
    return from_json(_Identity, entry.identity, "identity")


def _identity(entry: Entry) -> Iterator[str]:
    """The settings: the run id is their fingerprint, and what is said twice is said alike."""
    if entry.identity is None:
        return
    try:
        identity = _identity_of(entry)
    except InputError as error:
        yield from error.problems or [error.message]
        return

    if entry.run.rpartition("-")[2] != fingerprint(entry.identity)[:12]:
        yield f"run: {entry.run} is not the fingerprint of identity, {fingerprint(entry.identity)[:12]}"
    sampling = identity.sampling or {}
    if "input" in sampling:
        yield f"identity.sampling.input: a run with --input {sampling['input']} is no row of a leaderboard"
    said = {
        "model": (entry.model, identity.model.get("name")),
        "answers": (entry.answers, identity.model.get("answers", "generate")),
        "frames.count": (entry.frames and entry.frames.count, sampling.get("frames")),
        "frames.sampling": (entry.frames and entry.frames.sampling, sampling.get("rule")),
        "repeats": (entry.repeats, identity.repeats),
        "benchmark.sha256": (entry.benchmark.sha256, identity.benchmark),
        "scores.tasks": (", ".join(sorted(entry.scores.tasks)), ", ".join(sorted(identity.tasks))),
    }
    for key, (claimed, recorded) in said.items():
        if claimed != recorded:
            yield f"{key}: the entry has {_shown(claimed)}, its identity {_shown(recorded)}"


def _benchmark(entry: Entry, samples: Sequence[KeptSample] | None) -> Iterator[str]:
    """The questions: as many, and the very ones, that the benchmark has."""
    record = entry.benchmark
    if samples is not None:
        yield from _compare("benchmark.questions", record.questions, len({sample.qid for sample in samples}), "samples")
        yield from _compare("benchmark.clips", record.clips, len({sample.clip for sample in samples}), "samples")
    digests = _digests(samples or ())
    if samples and not record.official and all(digests.get(t) == d for t, (_, d) in known().official.tasks.items()):
        yield "benchmark.official: the entry has false, its samples are of the 12,000 official questions"
    if (benchmark := known().benchmark(record)) is not None:
        yield from _known_benchmark(entry, benchmark, samples, digests)


def _known_benchmark(
    entry: Entry, benchmark: KnownBenchmark, samples: Sequence[KeptSample] | None, digests: Mapping[str, str]
) -> Iterator[str]:
    """Counts follow from the clips in scope, since every clip has as many questions as any other."""
    record, is_official = entry.benchmark, benchmark.sha256 is None
    if record.official and not is_official:
        yield f"benchmark.official: the entry has true, and its sha256 is that of the {benchmark.name}"
    yield from _compare("benchmark.labelled", record.labelled, True, "benchmark")
    clips = record.clips
    try:
        identity = _identity_of(entry) if entry.identity is not None else None
    except InputError:
        identity = None  # told already
    if identity:
        in_scope = range(benchmark.clips)[: identity.limit]
        clips = len(in_scope if identity.shard is None else in_scope[identity.shard[0] - 1 :: identity.shard[1]])
    if is_official and clips != benchmark.clips:
        yield "benchmark.official: the entry has true, and the run left clips out"
    yield from _compare("benchmark.clips", record.clips, clips, "benchmark")

    of_task = {name: clips * benchmark.on_each_clip(name) for name in entry.scores.tasks if name in benchmark.tasks}
    for name in entry.scores.tasks:
        if name not in benchmark.tasks:
            yield f"scores.tasks.{name}: the benchmark has no such task"
    yield from _compare("benchmark.questions", record.questions, sum(of_task.values()), "benchmark")
    for name, questions in of_task.items():
        total = entry.scores.tasks[name].total
        yield from _compare(f"scores.tasks.{name}.total", total, questions * entry.repeats, "benchmark")
        if samples is None:
            continue
        if clips == benchmark.clips:
            if digests.get(name) != benchmark.tasks[name][1]:
                yield f"scores.tasks.{name}: the samples are not the benchmark's questions of this task, or not all"
        else:
            on_clips = Counter(sample.clip for sample in samples if sample.task == name and sample.repeat == 0)
            if set(on_clips.values()) - {benchmark.on_each_clip(name)}:
                yield f"scores.tasks.{name}: not every clip has its {benchmark.on_each_clip(name)} questions"


def _digests(samples: Sequence[KeptSample]) -> dict[str, str]:
    """Task -> digest of its questions."""
    pairs: dict[str, set[tuple[str, str]]] = {}
    for sample in samples:
        pairs.setdefault(sample.task, set()).add((sample.qid, sample.clip))
    return {task: ids_digest(of_task) for task, of_task in pairs.items()}


def _judges(entry: Entry) -> Iterator[str]:
    """The paper's judge is known by the fingerprint of its identity."""
    for place, judge in enumerate(entry.judges):
        is_papers = judge.sha256 in known().judges.get(judge.name, ())
        if judge.official != is_papers:
            said = f"{'is' if is_papers else 'is not'} the paper's judge, by its name and sha256"
            yield f"judges[{place}].official: the entry has {_shown(judge.official)}, and it {said}"
    names = Counter(judge.name for judge in entry.judges)
    yield from (f"judges: {name} is there twice" for name, count in names.items() if count > 1)
    judged = any(isinstance(task, EntryOpenTask) and task.has_scores for task in entry.scores.tasks.values())
    if judged and not entry.judges:
        yield "judges: the entry has levels and no judge"


# -- figures -----------------------------------------------------------------------------------------------


def _from_samples(entry: Entry, samples: Sequence[KeptSample]) -> Iterator[str]:
    """Every count, accuracy, level and average is that of the samples."""
    recomputed = to_json(scores_from_samples(samples, levels_of(entry)))
    claimed = to_json(entry.scores)
    if entry.identity is None:  # early versions had no outcomes
        for task in recomputed["tasks"].values():
            del task["outcomes"]
    yield from _differences(claimed, recomputed, "scores")
    if entry.identity is not None and entry.intervals is not None:
        yield "intervals: they are worked out from the samples, and are not kept beside them"


def _differences(claimed: Any, recomputed: Any, path: str) -> Iterator[str]:
    """Every key whose value is not the recomputed one."""
    if isinstance(claimed, dict) and isinstance(recomputed, dict):
        for key in dict.fromkeys([*claimed, *recomputed]):
            yield from _differences(claimed.get(key, _NOTHING), recomputed.get(key, _NOTHING), f"{path}.{key}")
    else:
        yield from _compare(path, claimed, recomputed, "samples")


def _compare(key: str, claimed: Any, recomputed: Any, source: str) -> Iterator[str]:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (claimed, recomputed))
    if not (isclose(claimed, recomputed, rel_tol=_CLOSE, abs_tol=_CLOSE) if numbers else claimed == recomputed):
        verb = "give" if source == "samples" else "gives"
        yield f"{key}: the entry has {_shown(claimed)}, its {source} {verb} {_shown(recomputed)}"


def _shown(value: Any) -> str:
    if value is _NOTHING or value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value) if isinstance(value, bool) else str(value)[:80]


def _without_samples(entry: Entry) -> Iterator[str]:
    """What the figures say of one another, where they are all there is."""
    scores = entry.scores
    parts: dict[str, float | None] = {}
    for name, task in scores.tasks.items():
        key = f"scores.tasks.{name}"
        if task.n > task.total:
            yield f"{key}.n: {task.n} of {task.total}"
        yield from _compare(f"{key}.coverage", task.coverage, coverage(task.n, task.total), "counts")
        if task.outcomes is not None:
            yield from _compare(f"{key}.total", task.total, sum(task.outcomes.values()), "outcomes")
            errors = task.outcomes.get(Outcome.ERROR.value, 0)
            yield from _compare(f"{key}.n", task.n, task.total - errors, "outcomes")
        if isinstance(task, EntryClosedTask):
            parts[name] = task.accuracy
            if task.accuracy is not None and not _is_count(task.accuracy * task.n / 100):
                yield f"{key}.accuracy: {task.accuracy:.6g} is no share of {task.n} answers"
        elif isinstance(task, EntryOpenTask):
            parts |= {f"{name} {level}": value for level, value in task.levels.items()}
            if task.judged > task.n:
                yield f"{key}.judged: {task.judged} of {task.n}"
    for key in ("n", "total"):
        yield from _compare(
            f"scores.{key}", getattr(scores, key), sum(getattr(t, key) for t in scores.tasks.values()), "tasks"
        )
    yield from _compare("scores.coverage", scores.coverage, coverage(scores.n, scores.total), "counts")

    accuracies = [parts.get(task) for task in OFFICIAL_CLOSED]
    levels = [parts.get(f"{task} {level}") for task in OFFICIAL_OPEN for level in LEVELS]
    averages = {"closed_avg": mean(accuracies), "open_avg": mean(levels), "final": final_score(accuracies, levels)}
    for key, value in averages.items():
        yield from _compare(f"scores.{key}", getattr(scores, key), value, "tasks")
    parts |= {"closed AVG": scores.closed_avg, "open AVG": scores.open_avg, "final": scores.final}
    for name, interval in (entry.intervals or {}).items():
        yield from _compare(f"intervals.{name}.value", interval.value, parts.get(name), "scores")


def _is_count(number: float) -> bool:
    return abs(number - round(number)) < 1e-6


def _sample_problems(entry: Entry, samples: Sequence[KeptSample], file: Path) -> Iterator[str]:
    """What one line says against itself, and askings that are missing."""
    text = file.read_text(encoding="utf-8")
    if text != kept_text(samples):
        for number, (line, sample) in enumerate(zip(text.split("\n"), samples, strict=False), start=1):
            if line + "\n" != kept_text([sample]):
                yield f"line {number}: {sample.qid} holds more than a sample that is kept, or is not written as one"
                break
        else:
            yield "holds more lines than samples"

    levels = levels_of(entry)
    whole = len(entry.judges) == 1
    for sample in samples:
        if problem := _contradiction(sample, levels.get(sample.task, ()), whole=whole):
            yield f"{sample.qid}: {problem}"
    askings = Counter(sample.qid for sample in samples)
    for sample in samples:
        if sample.repeat >= entry.repeats or askings[sample.qid] != entry.repeats:
            yield f"{sample.qid}: asked {askings[sample.qid]} times, the run asked {entry.repeats} times"
            break
    places: dict[str, set[tuple[str, str]]] = {}
    for sample in samples:
        places.setdefault(sample.qid, set()).add((sample.task, sample.clip))
    yield from (f"{qid}: is of two tasks or clips" for qid, found in places.items() if len(found) > 1)


def _contradiction(sample: KeptSample, levels: Sequence[str], *, whole: bool) -> str | None:
    """What of a sample its outcome does not allow; ``whole``: one judge gives whole levels, a panel's are means."""
    given = sample.levels
    if sample.outcome is Outcome.ERROR:
        return "an error is no answer, and has no score" if sample.correct is not None or given is not None else None
    if not levels:
        if given is not None:
            return "levels of a closed task"
        if sample.correct is None:
            return f"{sample.outcome.value}, and neither right nor wrong"
        return (
            f"correct, and {sample.outcome.value}"
            if sample.correct and sample.outcome is not Outcome.ANSWERED
            else None
        )
    if sample.correct is not None:
        return "an open answer is neither right nor wrong"
    if sample.outcome is not Outcome.ANSWERED:
        return None if given == dict.fromkeys(levels, 0) else f"{sample.outcome.value}, and its levels are not all 0"
    if given is None:
        return None
    if set(given) != set(levels):
        return f"levels {', '.join(given)}; the task has {', '.join(levels)}"
    return "a level that is not whole, of one judge" if whole and any(v != int(v) for v in given.values()) else None


def _seal(entry: Entry, samples: Sequence[KeptSample] | None) -> Iterator[str]:
    """Last, what nothing else tells: whether anything was changed since the entry was written."""
    if entry.identity is not None and entry.seal != seal_of(entry, samples):
        yield "seal: the entry, or its samples, were changed since it was written"
