"""``run.json``: what was chosen for a run, what its answers depend on, and what it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mabench_eval.types import Json


@dataclass(frozen=True, slots=True)
class PromptRecord:
    """The words of a task."""

    system: str
    user: str
    """Template with ``{question}``."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the journal's answers, so that a resumed run tells the truth."""

    answers: int
    prompt_tokens: int
    output_tokens: int
    cached_tokens: int
    seconds: float
    """Of all requests, those in flight at once counted each."""
    cost_usd: float | None
    """Of answers, and of calls that failed; estimated from above where the endpoint did not tell its tokens. None where
    no price is known."""
    served_by: Mapping[str, int]
    """Model id that the endpoint named -> answers."""
    retries: int = 0
    """Tries of requests that failed and were made again, of requests that failed in the end too."""


@dataclass(frozen=True, slots=True)
class JudgingTotals:
    """Sums over a judge's records in the journal, those of failed calls too."""

    judgments: int
    calls: int
    prompt_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The content of the file."""

    run_id: str
    model: str
    complete: bool
    command: str
    """That makes the run again."""
    config: Json
    """Every choice by its name (:class:`mabench_eval.planning.RunConfig`)."""
    identity: Json
    """What the run is a pure function of; the run id is its fingerprint."""
    benchmark: Json
    """As in ``scores.json``, with the question ``file`` and the folder of ``clips``."""
    frames: Json | None
    """Sampling ``rule`` and number of ``frames``; None: the model does not look."""
    decoder: str | None
    """With its versions; where it was not PyAV alone, each with its number of clips. None: the model does not look."""
    prompts: Mapping[str, PromptRecord]
    """Task -> its words."""
    versions: Mapping[str, str]
    """Package -> version."""
    environment: str | None
    engine: Json
    """What the engine said of itself after the run."""
    machine: Json
    totals: Totals
    judging: Mapping[str, JudgingTotals]
    """Judge -> sums."""
    seconds: float
    """All sessions together."""
    sessions: tuple[tuple[str, str], ...]
    """(start, end) of each, ISO 8601, UTC."""
    trained_on: Json | None = None
    """The corpus that the model's LoRA adapter was trained on, as its ``corpus.json`` says; ``test_clips``: how many of
    the run's clips are in it. None: nothing is known of one."""
    left_out: tuple[str, ...] = ()
    """What was wrong with each clip that the run went on without."""
    material: Mapping[str, str] | None = None
    """File with the run's own questions, or with what else it was made of -> sha256 of its bytes; None: a run of an
    early version, which did not keep them."""
