"""How far runs are, from their journals alone: no lock is taken, nothing is written, a run under way is not disturbed.

What is in a journal counts, whoever is writing it: a torn last line is one that is being written.
"""

from __future__ import annotations

import platform
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from mabench_eval.errors import InputError, JournalError
from mabench_eval.journal import FILE, MODEL, Price, Records, is_written, read_batches, read_journal
from mabench_eval.runfiles import is_build, refuse_build

State = Literal["running", "done", "ended", "stopped"]
RECENT_SECONDS = 300
"""The rate is that of so many last seconds ..."""
RECENT_ANSWERS = 100
"""... or of so many last answers, where they took longer: slow models answer in bursts, all questions of a clip."""
WAYS = ("", "*/", "*/*/", "*/*/*/")
"""From a folder to the runs below it."""
STALE_SECONDS = 300
"""Without a record for so long a run is taken for stopped, where its lock cannot be seen."""


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """A batch under way at a provider."""

    batch: str | None
    """The provider's name for it; None: it is not known to exist yet."""
    role: str
    """The judge whose calls it holds; empty: the model under test."""
    endpoint: str
    state: str
    """As the provider said last."""
    total: int
    """Requests, as are the next two."""
    answered: int
    failed: int
    made: float
    """Seconds since 1970, as is the next."""
    seen: float | None
    """When there was news of it last; None: none yet."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """How far one run is."""

    folder: Path
    model: str
    """As the run says, or in a journal of an older version the folder's name."""
    name: str | None
    """As ``--name`` said; None: it was not given."""
    run_id: str
    state: State
    """``running``: its lock is held; ``done``: every question has a response, every open answer its scores; ``ended``:
    it came to its end, and an older version does not say whether anything is missing; ``stopped``: cut off, or ended
    with something missing. The same command goes on."""
    answered: int
    """Distinct requests with an answer."""
    total: int | None
    """Distinct requests; None: a journal of an older version."""
    judged: int
    """Scores by the judges of the last session. Equal answers are scored once, and what is 0 by rule never."""
    judgments: int | None
    """The most that there can be: open answers times judges; None: a journal of an older version."""
    errors: int
    """Requests and judgments whose last try failed."""
    retries: int
    """Tries of requests that failed and were made again."""
    rate: float | None
    """Answers a minute: of the last 5 minutes or the last 100 answers, whichever is longer, of the last session, and up
    to now while it runs; None with fewer than two answers."""
    seconds_left: float | None
    """Until all is answered at this rate, judging not counted; None unless it runs and answers come."""
    cost_usd: float | None
    """US dollars of all answers and scores whose price is known; None where none is."""
    last_activity: float | None
    """Time of the last record, seconds since 1970; None for an empty journal."""
    dropped: int
    """Damaged lines of its journal: what only they held counts as missing, and the run's command asks it again."""
    batches: tuple[BatchStatus, ...] = ()
    """Under way at a provider, the oldest first, as the run saw them last."""
    batch_problem: str | None = None
    """Why its batches cannot be read; None: they can."""


@dataclass(frozen=True, slots=True)
class _Summary:
    """What a journal says, whatever the time."""

    announced: Mapping[str, Any]
    end: Mapping[str, Any] | None
    answered: int
    judged: int
    errors: int
    retries: int
    times: tuple[float, ...]
    """Of the answers of the last session, ascending."""
    cost: float | None
    last: float | None
    dropped: int


def read_status(folder: Path | str, *, now: float | None = None) -> list[RunStatus]:
    """The runs below a folder: ``<folder>/<model>/<run id>``, or one level more, or of one model, or one run.

    ``now``: seconds since 1970; None: the clock's. Raises InputError for a folder that does not exist, that may not
    be read, or that is a benchmark under construction; those below it are left out (``builds_below``).
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", hint="Name the folder that runs write to: --output, or results.")
    refuse_build(folder)
    now = time.time() if now is None else now
    runs = [(place, _summary(place)) for place in _journals_below(folder) if not is_build(place)]
    return [_status(run, summary, now) for run, summary in runs if summary is not None]


def builds_below(folder: Path | str) -> list[Path]:
    """The benchmarks under construction where ``read_status`` looks for runs: they have a journal, and are none."""
    return [place for place in _journals_below(Path(folder)) if is_build(place)]


def _journals_below(folder: Path) -> list[Path]:
    """Folders with a journal: the folder itself, a model's runs, all results, or where several of these lie."""
    return [path.parent for way in WAYS for path in sorted(folder.glob(f"{way}{FILE}"))]


def _summary(folder: Path) -> _Summary | None:
    """None when the journal has gone meanwhile, or is not a run's."""
    try:
        file = (folder / FILE).stat()
        return _summarise(folder.absolute(), file.st_size, file.st_mtime_ns)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{folder / FILE} cannot be read: {error.strerror or error}") from error
    except JournalError as error:
        raise InputError(error.message) from error


@lru_cache(maxsize=1024)
def _summarise(folder: Path, size: int, written: int) -> _Summary | None:
    """Read a journal again only when it has changed (``size`` in bytes, ``written`` in ns): who watches, asks often."""
    records = read_journal(folder)
    if records.blinds and not records.sessions:  # a person's answers: runs are made of them
        return None
    session = records.sessions[-1][0] if records.sessions else 0.0
    judges, most = records.announced.get("judges"), records.announced.get("judgments")
    times, judged, cost = [], 0, _Cost(records)
    retries = sum(error.get("retries", 0) for error in records.errors.values())

    for answer in records.answers.values():  # from the file, each once
        cost.add(answer)
        retries += answer.get("retries", 0)
        if "copied_from" not in answer and answer["at"] >= session:
            times.append(answer["at"])
    for judgment in records.judgments.values():
        cost.add(judgment)
        judged += judges is None or judgment.get("judge") in judges
    return _Summary(
        records.announced,
        end=records.end,
        answered=len(records.answers),
        judged=judged if most is None else min(judged, most),  # those of a wider run are copied with its answers
        errors=len(records.errors),
        retries=retries,
        times=tuple(sorted(times)),
        cost=cost.total,
        last=max((end for _, end in records.sessions), default=None),
        dropped=records.dropped - records.torn,
    )


class _Cost:
    """As ``run.json`` counts: answers by the model's price, scores by their judge's, and what failed by either."""

    def __init__(self, records: Records) -> None:
        prices = {MODEL: records.announced.get("price"), **(records.announced.get("judges") or {})}
        self._prices = {name: Price(*price) for name, price in prices.items() if price}
        self.total: float | None = 0.0 if self._prices else None
        """US dollars; None where no price is known."""
        for failed in records.failed.values():
            self.add(failed)

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one record; nothing where its price is not known."""
        price = self._prices.get(record.get("judge", MODEL))
        if price and self.total is not None:
            self.total += price.of(record)


def _status(folder: Path, summary: _Summary, now: float) -> RunStatus:
    state, announced = _state(folder, summary, now), summary.announced
    total = announced.get("total")
    rate = _rate(summary.times, now if state == "running" else None)
    remaining = None if total is None else total - summary.answered
    return RunStatus(
        folder,
        str(announced.get("model", folder.resolve().parent.name)),
        announced.get("name") or None,
        folder.resolve().name,
        state,
        summary.answered,
        total,
        summary.judged,
        announced.get("judgments"),
        summary.errors,
        summary.retries,
        rate,
        60 * remaining / rate if remaining and rate and state == "running" else None,
        summary.cost,
        summary.last,
        summary.dropped,
        *_batches(folder),
    )


def _batches(folder: Path) -> tuple[tuple[BatchStatus, ...], str | None]:
    """The batches of a run that are under way; and why they cannot be read."""
    try:
        records = [record for record in read_batches(folder) if not record.over]
    except JournalError as error:
        return (), error.message
    names = [field.name for field in fields(BatchStatus)]
    return tuple(BatchStatus(**{name: getattr(record, name) for name in names}) for record in records), None


def _state(folder: Path, summary: _Summary, now: float) -> State:
    held = is_written(folder)
    if held is False and summary.announced.get("host") not in (None, platform.node()):
        held = None  # on a shared disk, the lock of another machine
    if held is None:
        held = summary.end is None and summary.last is not None and now - summary.last < STALE_SECONDS
    if held:
        return "running"
    if summary.end is None:
        return "stopped"
    if "left" not in summary.end:
        return "ended"
    return "stopped" if summary.end["left"] else "done"


def _rate(times: Sequence[float], now: float | None) -> float | None:
    """Answers a minute: those after the first of the window, over the time since. ``now`` None: up to the last."""
    if len(times) < 2:
        return None
    end = times[-1] if now is None else max(now, times[-1])
    start = max(times[0], min(end - RECENT_SECONDS, times[-RECENT_ANSWERS - 1 :][0]))
    seconds = end - start
    return 60 * (len(times) - bisect_right(times, start)) / seconds if seconds > 0 else None
