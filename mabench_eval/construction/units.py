"""Units of work: what a stage does for one clip, done once, recorded in the journal, and never done again for nothing.

A unit's key is made of all that its files depend on: the stage, code, settings, inputs. Its record in the journal names
the files and their digests: a unit is done where its record is there and its files are what the record says. Files are
written first, whole or not at all, the record after them: whenever the process is killed, the next one finds a unit
done or does it again, and the files end up the same to the byte.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mabench_eval.construction.pool import Workers
from mabench_eval.journal import Journal, Progress, Records, file_digest, fingerprint, write_bytes


@dataclass(frozen=True, slots=True)
class Unit:
    """What a stage has to do for one clip, or for all of them at once."""

    stage: str
    clip: str
    """Empty: all."""
    depends: Mapping[str, Any]
    """All that its files depend on, as JSON; the clip's name and the stage besides."""
    file: str
    """That it makes, below the build's folder."""
    task: Any
    """Handed to the stage's work, which gives the file's content, ``bytes``."""

    @property
    def key(self) -> str:
        """Names its record in the journal."""
        return fingerprint({"stage": self.stage, "clip": self.clip, **self.depends})


@dataclass(frozen=True, slots=True)
class Tally:
    """Where a stage stands."""

    stage: str
    total: int
    done: int
    errors: Mapping[str, str]
    """Clip -> why its last try failed."""
    seconds: float | None
    """That a unit took a worker, on average; None where none is done."""

    @property
    def left(self) -> int:
        """Units that are not done."""
        return self.total - self.done

    def of(self, total: int) -> Tally:
        """The same, where ``total`` clips are to get there: those that an earlier stage lacks have no unit yet."""
        return replace(self, total=total)


def take_tally(stage: str, units: Sequence[Unit], folder: Path, records: Records) -> Tally:
    """Where a stage stands by the journal and by the files themselves, each of which is read."""
    return _tally(stage, units, open_units(units, folder, records), records)


def _tally(stage: str, units: Sequence[Unit], left: Sequence[Unit], records: Records) -> Tally:
    """The same, where it is known what is left."""
    keys = {unit.key: unit for unit in units}
    open_keys = {unit.key for unit in left}
    errors = {unit.clip: str(records.errors[key].get("error")) for key, unit in keys.items() if key in records.errors}
    took = [float(records.units[key].get("seconds", 0)) for key in keys.keys() - open_keys]
    return Tally(stage, len(units), len(units) - len(open_keys), errors, sum(took) / len(took) if took else None)


def open_units(units: Sequence[Unit], folder: Path, records: Records) -> list[Unit]:
    """Those that are not done."""
    return [unit for unit in units if not is_done(unit, folder, records)]


def is_done(unit: Unit, folder: Path, records: Records) -> bool:
    """Whether its record is there, and its file is what the record says."""
    record = records.units.get(unit.key)
    if record is None:
        return False
    try:
        return file_digest(folder / unit.file) == record.get("sha256")
    except OSError:
        return False


def do_alone(unit: Unit, folder: Path, journal: Journal, write: Callable[[], None]) -> None:
    """Do a unit of all clips in this process. ``write``: writes its file, whole or not at all.

    Raises JournalError, and what ``write`` raises.
    """
    began = time.monotonic()
    write()
    seconds = round(time.monotonic() - began, 3)
    about = {"stage": unit.stage, "clip": unit.clip, "seconds": seconds}
    journal.append("unit", unit.key, **about, file=unit.file, sha256=file_digest(folder / unit.file))


def do_units(
    units: Sequence[Unit],
    folder: Path,
    journal: Journal,
    pool: Workers,
    progress: Progress,
    name: str,
) -> Tally:
    """Do what is open of a stage. ``name``: what the user sees the stage called while it is at work.

    Only this process writes: workers give back what a file is to hold. Raises ModelError and JournalError.
    """
    waiting = open_units(units, folder, journal.records)
    failed = []
    progress.stage(name, len(units), len(units) - len(waiting))
    with closing(pool.run([unit.task for unit in waiting])) as outcomes:
        for outcome in outcomes:
            unit = waiting[outcome.task]
            if outcome.error is None:
                finish_unit(unit, outcome.result, outcome.seconds, folder, journal)
            else:
                about = {"stage": unit.stage, "clip": unit.clip, "seconds": round(outcome.seconds, 3)}
                journal.append("error", unit.key, **about, error=outcome.error)
                failed.append(unit)
            progress.advance(name, outcome.error and f"{unit.clip}: {outcome.error}")
    return _tally(units[0].stage if units else name, units, failed, journal.records)


def finish_unit(unit: Unit, content: bytes, seconds: float, folder: Path, journal: Journal) -> None:
    """Write a unit's file, then its record. ``seconds``: that it took. Raises OSError and JournalError."""
    (folder / unit.file).parent.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / unit.file, content)
    about = {"stage": unit.stage, "clip": unit.clip, "seconds": round(seconds, 3)}
    journal.append("unit", unit.key, **about, file=unit.file, sha256=hashlib.sha256(content).hexdigest())
