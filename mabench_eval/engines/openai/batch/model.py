"""A model behind an endpoint whose answers come by batches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing

from mabench_eval.engines.asynchronous import Draw, Emit, EventLoopThread
from mabench_eval.engines.base import Model
from mabench_eval.engines.batched import BatchPlace, Seen
from mabench_eval.engines.openai.batch.files import request_id
from mabench_eval.engines.openai.batch.job import BatchJob
from mabench_eval.engines.openai.messages import Bodies
from mabench_eval.engines.openai.settings import ApiSettings, BatchTerms
from mabench_eval.engines.openai.spending import Spending
from mabench_eval.errors import ModelError
from mabench_eval.journal import Batches, BatchRequest, Budget
from mabench_eval.types import ClipWork, Request, Response


class BatchModel:
    """Asks by batches, or one by one while it waits for what earlier batches hold; see ``BatchedModel``."""

    def __init__(
        self,
        settings: ApiSettings,
        bodies: Bodies,
        key: str | None,
        note: Callable[[str], None],
        budget: Budget,
        place: BatchPlace,
        one_by_one: Model,
    ) -> None:
        """``one_by_one`` answers what no batch holds, where there are to be no new ones. Raises JournalError."""
        batches = Batches(place.folder, place.role)
        for record in list(batches):
            if record.file is None and record.batch is None:  # it never arrived, and costs nothing
                batches.discard(record.token)
        terms, spending = settings.batch_terms or BatchTerms(), Spending(settings, budget)
        self._job = BatchJob(settings, terms, bodies, batches, spending, note, place.submit, settings.json_schema)
        self._key, self._one_by_one = key, one_by_one
        self._held: dict[str, list[BatchRequest]] = {}
        """Token of a batch -> its requests that the next ``generate`` gives."""
        self._loop: EventLoopThread | None = None
        self._stopped = False

    @property
    def again(self) -> Collection[str]:
        """Keys of requests that the last ``generate`` gave an error for, and that should be asked once more."""
        return self._job.again

    def under_way(self, requests: Iterable[Request]) -> Mapping[str, Seen]:
        """Those of the requests that batches hold; the next ``generate`` gives their responses too."""
        wanted, batches = {request_id(request): request.key for request in requests}, self._job.batches
        self._held = {}
        seen: dict[str, Seen] = {}
        for record in batches:
            open_ids = wanted.keys() - set(record.unanswered)
            held = [each for each in batches.requests(record.token) if each.id in open_ids and each.key not in seen]
            if held:
                self._held[record.token] = held
                self._check_address(record.endpoint, record.token, over=record.over)
                seen.update((each.key, (each.frames, each.decoder)) for each in held)
        return seen

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Send the requests of all clips, and give what comes of them and of those that are under way."""
        self._job.again.clear()
        if not self._job.submit:
            yield from self._one_by_one.generate(work)
            work = ()
        if (self._job.submit or self._held) and not self._stopped:
            with closing(EventLoopThread("batches")) as self._loop:
                yield from self._loop.stream(self._ask_all, work)

    def stop(self) -> None:
        """Send nothing more and wait for nothing."""
        self._stopped = True
        if self._loop is not None:
            self._loop.close(0)

    async def _ask_all(self, draw: Draw, emit: Emit) -> None:
        # aiohttp takes a third of a second to import, and is an extra.
        from mabench_eval.engines.openai.batch.desk import BatchDesk
        from mabench_eval.engines.openai.batch.endpoint import BatchEndpoint

        endpoint = BatchEndpoint(self._job.settings.base_url, self._key, self._job.settings.request_timeout)
        async with endpoint:
            await BatchDesk(endpoint, self._job, emit).ask_all(draw, self._held)

    def _check_address(self, endpoint: str, token: str, *, over: bool) -> None:
        """Raise ModelError for a batch that is under way elsewhere."""
        if endpoint != self._job.settings.base_url and not over:
            raise ModelError(
                f"questions of this run are in a batch at {endpoint}, and --base-url is {self._job.settings.base_url}",
                hint=f"Go on there; or remove batches/{token}.json in the run's folder to have them asked again.",
            )
