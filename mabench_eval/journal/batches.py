"""Batches that are under way at a provider: which requests each holds, so that none is paid for twice.

Each has two small files in the run's folder, named by a token of its own: ``batches/TOKEN.requests.json``, written
once, and ``batches/TOKEN.json``, written anew as the provider tells more. Both are there before anything is sent.
What answered a request is in the journal; here stands alone where it was sent.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from mabench_eval.errors import InputError, JournalError
from mabench_eval.journal.costs import MODEL
from mabench_eval.journal.files import copy_file, write_json, write_remedy
from mabench_eval.journal.kinds import Count, Key, Time
from mabench_eval.journal.lock import is_written
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import Dollars, from_json, to_json

FOLDER = "batches"
"""In the folder of a run."""
SCHEMA = 1
REQUESTS = ".requests.json"
NOT_SENT = "not sent"
"""State before anything of it is known to have arrived."""
TOKEN = re.compile("[0-9a-f]{16}")
MEND = "Its questions may be with the provider and paid for: mend the file, or remove it to have them asked again."
Name = Annotated[str, Meta(max_length=500)]
PROVIDER_ID = "[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,199}"
"""A provider's name for a file or a batch: it becomes part of an address, and never of a path."""
ProviderId = Annotated[str, Meta(pattern=rf"\A{PROVIDER_ID}\Z")]


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One request in a batch."""

    id: Key
    """Names it in the provider's files (``custom_id``)."""
    key: Key
    """Of its answer."""
    frames: tuple[Count, ...] | None = None
    """Numbers of the frames that are sent with it."""
    decoder: Name | None = None
    """As in ``Frames``."""
    most_usd: Dollars = 0.0
    """US dollars that it can cost at most."""
    by_schema: bool = False
    """Whether its answer is asked for by a JSON schema."""


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """What is known of one batch."""

    schema: Annotated[int, Meta(ge=1, le=SCHEMA)]
    """Number of the form of both files."""
    token: Key
    """Our name for it, and what the provider is given as ``metadata``: by it a batch is found whose id was lost."""
    endpoint: str
    """Base URL of where it is."""
    model_id: str
    made: Time
    """Seconds since 1970."""
    total: Count
    """Requests in it."""
    role: str = MODEL
    """Whose requests: a judge's name, or that of the model under test, which is empty."""
    file: ProviderId | None = None
    """The provider's name for the file of requests; None: it is not known to have arrived."""
    batch: ProviderId | None = None
    """The provider's name for it; None: it is not known to exist."""
    state: Name = NOT_SENT
    """As the provider said last."""
    answered: Count = 0
    """By the provider's count, as is the next."""
    failed: Count = 0
    seen: Time | None = None
    """When the provider was asked last; seconds since 1970."""
    over: bool = False
    """Whether all that it will ever answer has been read."""
    unanswered: tuple[Key, ...] = ()
    """Requests that it turned out not to answer, by their ids: they are no longer with it."""


class Batches:
    """The batches of one role of a run. One process writes: the one that holds the journal's lock."""

    def __init__(self, run_folder: Path, role: str) -> None:
        """Read what is there. Raises JournalError for a file that is damaged: what it held may be paid for."""
        self._folder, self._role = run_folder / FOLDER, role
        self._records = {record.token: record for record in read_batches(run_folder) if record.role == role}

    def __iter__(self) -> Iterator[BatchRecord]:
        """Newest first."""
        return iter(sorted(self._records.values(), key=lambda record: (-record.made, record.token)))

    def requests(self, token: str) -> tuple[BatchRequest, ...]:
        """What a batch holds. Raises JournalError."""
        return read_requests(self._folder.parent, token)

    def begin(self, endpoint: str, model_id: str, made: float, requests: Sequence[BatchRequest]) -> BatchRecord:
        """Note a batch before anything of it is sent; gives its record. Raises JournalError."""
        token = secrets.token_hex(8)
        record = BatchRecord(SCHEMA, token, endpoint, model_id, made, len(requests), self._role)
        if self._folder.is_symlink():
            raise JournalError(f"{self._folder} is a link, and is not written through", hint="Remove it.")
        try:
            self._folder.mkdir(exist_ok=True)
            write_json(self._folder / f"{token}{REQUESTS}", to_json(requests))
        except OSError as error:
            raise _failure(self._folder, error) from error
        self.put(record)
        return record

    def put(self, record: BatchRecord) -> None:
        """Note what is known of a batch now. Raises JournalError."""
        self._records[record.token] = record
        try:
            write_json(self._folder / f"{record.token}.json", to_json(record))
        except OSError as error:
            raise _failure(self._folder, error) from error

    def discard(self, token: str) -> None:
        """Forget a batch of which nothing was sent."""
        del self._records[token]
        for ending in (".json", REQUESTS):
            (self._folder / f"{token}{ending}").unlink(missing_ok=True)


def read_batches(run_folder: Path, name: str = FOLDER) -> list[BatchRecord]:
    """The batches of a run, the oldest first; ``name``: of the folder that they are in.

    Raises JournalError for a file that is damaged, or a newer version's.
    """
    records = []
    for path in sorted((run_folder / name).glob("*.json")):
        if TOKEN.fullmatch(path.stem):
            try:
                record = from_json(BatchRecord, read_json(path), str(path), MEND)
            except FileNotFoundError:  # discarded meanwhile
                continue
            except (InputError, OSError) as error:
                raise _unreadable(path, error) from error
            if record.token != path.stem:
                raise JournalError(f"{path}: it is the file of another batch, {record.token}", hint=MEND)
            records.append(record)
    return sorted(records, key=lambda record: (record.made, record.token))


def read_requests(run_folder: Path, token: str) -> tuple[BatchRequest, ...]:
    """What a batch of a run holds. Raises JournalError."""
    path = run_folder / FOLDER / f"{token}{REQUESTS}"
    try:
        rows = read_json(path)
        if not isinstance(rows, list):
            raise InputError(f"{path}: expected a list")
        return tuple(from_json(BatchRequest, row, f"{path}: request {number}") for number, row in enumerate(rows, 1))
    except (InputError, OSError) as error:
        raise _unreadable(path, error) from error


def adopt_batches(source: Path, target: Path, wanted: Collection[str]) -> int:
    """Let a run wait for the batches of another that hold requests of its own: ``wanted``, keys of answers.

    Gives the number of such requests. A batch that the other run is about to make is left to it. Raises JournalError.
    """
    known = {record.token for record in read_batches(target)}
    found: set[str] = set()
    for record in read_batches(source):
        is_made = record.batch is not None or (record.file is not None and is_written(source) is False)
        if record.over or record.token in known or not is_made:
            continue
        shared = {request.key for request in read_requests(source, record.token)} & set(wanted)
        if not shared:
            continue
        found |= shared
        try:
            (target / FOLDER).mkdir(exist_ok=True)
            for name in (f"{record.token}{REQUESTS}", f"{record.token}.json"):
                copy_file(source / FOLDER / name, target / FOLDER / name)
        except OSError as error:
            raise _failure(target / FOLDER, error) from error
    return len(found)


def set_batches_aside(run_folder: Path) -> Path | None:
    """Rename the folder of a run's batches to ``batches.N``, where everything is asked anew; gives the new place."""
    folder = run_folder / FOLDER
    if not folder.is_dir():
        return None
    names = (run_folder / f"{FOLDER}.{number}" for number in itertools.count(1))
    return folder.rename(next(name for name in names if not name.exists()))


def _unreadable(path: Path, error: InputError | OSError) -> JournalError:
    if isinstance(error, InputError):
        return JournalError(error.message, problems=error.problems, hint=MEND)
    return JournalError(f"{path} cannot be read: {error.strerror or error}", hint=MEND)


def _failure(folder: Path, error: OSError) -> JournalError:
    return JournalError(
        f"cannot write {folder}: {error.strerror or error}",
        hint=f"All earlier answers are safe. {write_remedy(error)}, then run the same command again to go on.",
    )
