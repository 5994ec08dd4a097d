"""A labelled question file in two parts, no person and no clip in both, with the labels in equal shares."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mabench_eval.answers import read_labels
from mabench_eval.benchmark import Benchmark, PersonRule, load_benchmark, read_rows
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import write_json
from mabench_eval.taxonomy import label
from mabench_eval.training.persons import told_persons
from mabench_eval.types import Question

By = Literal["person", "clip"]


@dataclass(frozen=True, slots=True)
class SplitReport:
    """The two parts."""

    files: tuple[Path, Path]
    groups: tuple[int, int]
    """People, or clips."""
    clips: tuple[int, int]
    questions: tuple[int, int]
    labels: tuple[int, int]
    """Different fine labels."""
    nameless: int
    """Clips whose name tells nobody: each counts as a person of its own."""


def split_file(
    data: str, tasks: Mapping[str, TaskCard], by: By, share: float, seed: int, persons: PersonRule, output: Path
) -> SplitReport:
    """Write ``train.json`` and ``test.json`` into ``output``, rows as they are and in their order.

    Whole groups (people, or clips) go to one side. They are dealt out in random order, largest first, each to the side
    that lacks most of its labels, so that every label is divided as ``share`` says, as nearly as groups allow.

    Args:
        data: As ``--data``; the rows are copied as they stand.
        tasks: Of the catalogue.
        by: What may not be on both sides.
        share: Of the clips that go to the first part, above 0 and below 1.
        seed: Of the draw.
        persons: Finds the person in a clip's name, where no column ``subject`` names one.
        output: Folder of the two files.

    Raises InputError for a file that cannot be read, and where one side would be empty.
    """
    if not 0 < share < 1:
        raise InputError(f"--share {share}: expected a number between 0 and 1, e.g. 0.8")
    benchmark = load_benchmark(data, tasks)
    groups, nameless = _groups(benchmark, by, persons)
    if len(groups) < 2:
        raise InputError(f"{benchmark.file}: all clips are of one {by}: there is nothing to split")

    labels = clip_labels(benchmark.questions)
    first = _dealt(groups, labels, share, seed)
    sides: tuple[list[Any], list[Any]] = ([], [])
    asked: tuple[list[Question], list[Question]] = ([], [])
    for row, question in zip(read_rows(benchmark.file), benchmark.questions, strict=True):
        side = question.clip not in first
        sides[side].append(row)
        asked[side].append(question)

    output.mkdir(parents=True, exist_ok=True)
    files = output / "train.json", output / "test.json"
    for path, rows in zip(files, sides, strict=True):
        write_json(path, rows)
    clips = [{question.clip for question in part} for part in asked]
    return SplitReport(
        files,
        _pair([sum(1 for group in groups.values() if group[0] in side) for side in clips]),
        _pair([len(side) for side in clips]),
        _pair([len(part) for part in asked]),
        _pair([len({labels[clip] for clip in side if clip in labels}) for side in clips]),
        nameless,
    )


def clip_labels(questions: Sequence[Question]) -> dict[str, str]:
    """Clip -> fine label, as the answers of its questions tell it; clips of which none does are not in."""
    found: dict[str, str] = {}
    for question in questions:
        if question.answer is None:
            continue
        if question.task == "FMAR" and question.answer in question.options:
            found[question.clip] = label(question.options[question.answer])
        elif question.task == "MARE" and (named := read_labels(question.answer).fine):
            found.setdefault(question.clip, named)
    return found


def _groups(benchmark: Benchmark, by: By, persons: PersonRule) -> tuple[dict[str, list[str]], int]:
    """Group -> its clips; and how many clips tell nobody."""
    told = told_persons(benchmark)
    groups: dict[str, list[str]] = defaultdict(list)
    nameless = 0
    for clip in benchmark.clip_names:
        person = (told.get(clip) or persons.of(clip)) if by == "person" else None
        nameless += by == "person" and person is None
        groups[f"clip {clip}" if person is None else f"person {person}"].append(clip)
    return dict(groups), nameless


def _dealt(groups: Mapping[str, Sequence[str]], labels: Mapping[str, str], share: float, seed: int) -> set[str]:
    """The clips of the first part."""
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: -len(groups[group]))  # large ones last would tip a side

    wanted = Counter(labels.get(clip, "") for clips in groups.values() for clip in clips)
    given: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    sizes = [0, 0]
    total = sum(wanted.values())
    first: set[str] = set()
    for group in order:
        clips = groups[group]
        own = Counter(labels.get(clip, "") for clip in clips)

        # What each side still lacks of these labels, as a share of what it is to get; then of clips at all.
        def lack(side: int, own: Counter[str] = own) -> tuple[float, float]:
            part = share if side == 0 else 1 - share
            of_labels = sum(count * (1 - given[side][name] / (part * wanted[name])) for name, count in own.items())
            return of_labels, 1 - sizes[side] / (part * total)

        side = 0 if lack(0) >= lack(1) else 1
        given[side].update(own)
        sizes[side] += len(clips)
        if side == 0:
            first.update(clips)
    if not all(sizes):
        raise InputError(f"--share {share}: one side of {len(groups)} groups would be empty")
    return first


def _pair(values: Sequence[int]) -> tuple[int, int]:
    first, second = values
    return first, second
