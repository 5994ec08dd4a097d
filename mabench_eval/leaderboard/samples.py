"""The samples beside an entry: per question what the scores are made of, and nothing that the model wrote.

A prediction that is known to be right is the reference: together they would publish the key of the benchmark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from mabench_eval.errors import InputError
from mabench_eval.leaderboard.entry import Level
from mabench_eval.runfiles import read_lines
from mabench_eval.scoring import GradedAnswer
from mabench_eval.stats import TOP_LEVEL
from mabench_eval.types import Outcome

WholeLevel = Annotated[int, Meta(ge=0, le=TOP_LEVEL)]
"""A judge's; of a panel there are means."""


@dataclass(frozen=True, slots=True)
class KeptSample:
    """What is kept of a line of ``samples.jsonl``; the keys are the same there."""

    qid: str
    clip: str
    task: str
    outcome: Outcome
    correct: bool | None = None
    levels: Mapping[str, WholeLevel | Level] | None = None
    repeat: int = 0
    """Which asking of the question."""
    rotation: int = 0
    """Samples with rotated options are not kept: they are in no figure."""


def samples_file(entry: Path) -> Path:
    """Where the samples of an entry's file are: NAME.samples.jsonl beside NAME.json."""
    return entry.with_suffix(".samples.jsonl")


def read_kept_samples(file: Path) -> list[KeptSample]:
    """The samples of a run or beside an entry, in their order, options as printed.

    Raises:
        InputError: The file cannot be read, or an asking is there twice; with its line.
    """
    samples: dict[tuple[str, int], KeptSample] = {}
    for number, sample in enumerate(read_lines(KeptSample, file), start=1):
        asking = sample.qid, sample.repeat
        if sample.rotation:
            continue
        if asking in samples:
            raise InputError(f"{file}:{number}: {sample.qid} is there twice.")
        samples[asking] = sample
    return list(samples.values())


def graded(samples: Iterable[KeptSample]) -> list[GradedAnswer]:
    """What their figures are made of."""
    return [GradedAnswer(one.qid, one.clip, one.task, one.correct, one.levels) for one in samples]


_DEFAULTS = tuple((field.name, field.default) for field in fields(KeptSample))


def kept_row(sample: KeptSample) -> dict[str, Any]:
    """A line of the file; as ``to_json``, and faster: there are 12,000 of them."""
    return {name: value for name, default in _DEFAULTS if (value := getattr(sample, name)) != default}


def kept_text(samples: Iterable[KeptSample]) -> str:
    """The file of samples to keep beside an entry."""
    return "".join(json.dumps(kept_row(sample), ensure_ascii=False) + "\n" for sample in samples)
