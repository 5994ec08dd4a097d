"""Who is seen in clips, as rows say or names tell; and which clips may not be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mabench_eval.benchmark import Benchmark, PersonRule, load_benchmark, read_rows, usable_clips
from mabench_eval.catalogue import TaskCard

SAME_NAME, SAME_BYTES, SAME_PERSON = "excluded by name", "the same bytes as an excluded clip", "an excluded person"
SIDECAR = "sidecar.jsonl"
"""Beside the questions of an exported build: who is seen in each clip, among other things."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What may not be trained on."""

    names: frozenset[str]
    sha256: frozenset[str]
    persons: frozenset[str]
    nameless: int = 0
    """Clips of which nobody is known: their names and bytes alone keep them out."""

    def reason(self, clip: str, sha256: str, persons: Iterable[str]) -> str | None:
        """Why a clip is left out; None: it is not. ``persons``: what who is seen in it may be called."""
        if clip in self.names:
            return SAME_NAME
        if sha256 in self.sha256:
            return SAME_BYTES
        return SAME_PERSON if not self.persons.isdisjoint(persons) else None


def exclusion(files: Sequence[str], tasks: Mapping[str, TaskCard], rule: PersonRule) -> Exclusion:
    """What the clips of some question files keep out. They are hashed where they are there. Raises InputError."""
    names, digests, persons = set[str](), set[str](), set[str]()
    nameless = 0
    for data in files:
        benchmark = load_benchmark(data, tasks)
        told = told_persons(benchmark)
        if benchmark.clip_folder.is_dir():
            found, _ = usable_clips(benchmark.clip_names, benchmark.clip_folder)
            digests |= {clip.sha256 for clip in found.values() if clip.sha256}
        for name in benchmark.clip_names:
            names.add(name)
            known = persons_in(name, told, rule)
            persons |= known
            nameless += not known
    return Exclusion(frozenset(names), frozenset(digests), frozenset(persons), nameless)


def told_persons(benchmark: Benchmark) -> dict[str, str]:
    """Clip -> person, where rows have a column ``subject``: of the file itself, or of the sidecar of an export."""
    sidecar = benchmark.file.with_name(SIDECAR)
    rows: list[Any] = [*read_rows(benchmark.file), *(read_rows(sidecar) if sidecar.is_file() else ())]
    told = {}
    for row in rows:
        subject = row.get("subject") if isinstance(row, dict) else None
        if subject not in (None, ""):
            clip = str(row.get("clip") or row.get("video") or row.get("video_name"))
            told[clip.removesuffix(".mp4")] = str(subject)
    return told


def persons_in(clip: str, told: Mapping[str, str], rule: PersonRule) -> set[str]:
    """What who is seen in a clip may be called: as rows say, and as the clip's name tells; empty: nobody is known.

    Both, since a test set may know by names alone whom the training set names in a column.
    """
    return {person for person in (told.get(clip), rule.of(clip)) if person is not None}


def count_reasons(reasons: Iterable[str | None]) -> dict[str, int]:
    """Why -> how many clips were left out."""
    return dict(sorted(Counter(reason for reason in reasons if reason).items()))
