"""What the batches of one model have in common, whatever round of asking it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mabench_eval.engines.openai.messages import Bodies
from mabench_eval.engines.openai.settings import ApiSettings, BatchTerms
from mabench_eval.engines.openai.spending import Spending
from mabench_eval.journal import Batches, BatchRecord


@dataclass(slots=True)
class BatchJob:
    """Settings and tools, and what changes while batches are asked."""

    settings: ApiSettings
    terms: BatchTerms
    bodies: Bodies
    batches: Batches
    spending: Spending
    note: Callable[[str], None]
    submit: bool
    """Whether there may be new batches."""
    use_schema: bool
    """Whether answers are asked for by their JSON schema; ends when the endpoint turns out not to take one."""
    again: set[str] = field(default_factory=set)
    """Keys of requests that failed and should be asked once more."""
    tries: Counter[str] = field(default_factory=Counter)
    """Key of a request -> times that a batch failed to answer it."""
    answered: bool = False
    """Whether any request was answered."""
    under_way: dict[str, BatchRecord] = field(default_factory=dict)
    """Token -> what is known of a batch that is waited for."""

    def put(self, record: BatchRecord) -> BatchRecord:
        """Note what is known of a batch that is waited for."""
        self.batches.put(record)
        self.under_way[record.token] = record
        return record
