"""Damaged journals by the thousand: each gives the samples of the whole one, but for what is missing, and that is told.

What is damaged by accident is found by the checksum. A forger can make one that fits: then types and ranges hold.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.answers import read_samples
from mabench_eval.answers.samples import NOT_ASKED, NOT_JUDGED
from mabench_eval.journal import FILE, Price, Records, read_journal
from mabench_eval.journal.lines import _sealed, line_of, read_line
from mabench_eval.judging import with_judgments
from mabench_eval.planning import Run, RunConfig, prepare
from mabench_eval.runfiles import sample_row
from mabench_eval.runs import read_status
from mabench_eval.runs.record import judging_record, totals
from tests.support.benchmarks import Pixels, write_benchmark

SEED = 17
Rows = list[dict[str, Any]]
Damage = Callable[[random.Random, list[bytes]], bytes]


class Whole(NamedTuple):
    """A finished run of twelve questions, its journal, and one of another run of the same model."""

    run: Run
    folder: Path
    lines: list[bytes]
    others: list[bytes]
    rows: Rows


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    @register_model("attacked", needs_frames=False)
    def attacked(frames: Pixels, prompt: str) -> str:
        if "\nA. " in prompt:
            return "B"
        return (
            "Yes"
            if "does the" in prompt
            else "The head moves down \ud83d and up \u2013 twice; therefore Head, Nodding."
        )

    folder = tmp_path_factory.mktemp("journals")
    config: dict[str, Any] = {"data": str(write_benchmark(folder, clips=2)), "output": folder, "judge": "lexical"}
    finished = evaluate("attacked", limit=1, **config)
    other = evaluate("attacked", **config)
    lines, others = (steady(each.folder / FILE) for each in (finished, other))
    assert len(lines) == 1 + 12 + 2 + 1  # a session, answers, scores, its end
    run = prepare(RunConfig("attacked", limit=1, **config))
    place = folder / "damaged" / "attacked" / run.folder.name
    place.mkdir(parents=True)
    return Whole(run, place, lines, others, rows_of(run, read_journal(finished.folder)))


def steady(journal: Path) -> list[bytes]:
    """The lines of a journal in a fixed order, without times and places, so that the same seed does the same damage."""
    records = [read_line(line) for line in journal.read_bytes().splitlines(keepends=True)]
    records.sort(key=lambda record: ("session", "answer", "judgment", "end").index(record["kind"]))
    for number, record in enumerate(records):
        record |= {"at": 1000.0 + number}
        record |= {name: value for name, value in (("seconds", 0.5), ("host", "h"), ("version", "0")) if name in record}
    return [line_of(record) for record in records]


def rows_of(run: Run, records: Records) -> Rows:
    """The lines of ``samples.jsonl``."""
    samples = read_samples(run.plan.questions, run.plan.keys, records, run.tasks)
    return [sample_row(sample) for sample in with_judgments(samples, run.plan.questions, run.judging, records)]


def missing_of(whole: Whole, journal: bytes, *, damaged: bool = True) -> int:
    """How many samples are missing. Everything else that reads a journal reads this one too.

    ``damaged``: what is missing is missing because of a line that cannot be read, which is told.
    """
    (whole.folder / FILE).write_bytes(journal)
    records = read_journal(whole.folder)
    rows, missing = rows_of(whole.run, records), 0
    for row, right in zip(rows, whole.rows, strict=True):
        if row != right:
            assert str(row["error"]).startswith((NOT_ASKED, NOT_JUDGED)), row
            missing += 1
    assert not missing or not damaged or records.warnings, "missing, and nothing is said"
    assert len("\n".join(records.warnings)) < 3_000

    (status,) = read_status(whole.folder)
    assert status.dropped == records.dropped - records.torn
    sums = totals(records.answers.values(), Price(1, 1, 1), {})
    judging_record(whole.run.judging, records)
    json.dumps([rows, sums.cost_usd, records.seconds], allow_nan=False)
    return missing


# By accident.


def flipped(lot: random.Random, lines: list[bytes]) -> bytes:
    """One bit, anywhere."""
    content = bytearray(b"".join(lines))
    content[lot.randrange(len(content))] ^= 1 << lot.randrange(8)
    return bytes(content)


def cut(lot: random.Random, lines: list[bytes]) -> bytes:
    """A line loses its beginning, its middle or its end, but not all of it."""
    number = lot.randrange(len(lines))
    start, end = sorted(lot.choices(range(1, len(lines[number]) + 1), k=2))
    start -= lot.random() < 0.2
    return b"".join([*lines[:number], lines[number][:start] + lines[number][end:], *lines[number + 1 :]])


def torn(lot: random.Random, lines: list[bytes]) -> bytes:
    """The file ends somewhere within a line; at the end of one it is the journal of a run that was cut off."""
    content = b"".join(lines)
    ended = content[: lot.randrange(1, len(content))]
    return ended.removesuffix(b"\n")


def joined(lot: random.Random, lines: list[bytes]) -> bytes:
    number = lot.randrange(len(lines) - 1)
    return b"".join([*lines[:number], lines[number].rstrip(b"\n"), *lines[number + 1 :]])


def swapped(lot: random.Random, lines: list[bytes]) -> bytes:
    """Two bytes."""
    content = bytearray(b"".join(lines))
    one, other = lot.sample(range(len(content)), 2)
    content[one], content[other] = content[other], content[one]
    return bytes(content)


def zeroed(lot: random.Random, lines: list[bytes]) -> bytes:
    """A block of NUL, as a power cut leaves it."""
    content = bytearray(b"".join(lines))
    start = lot.randrange(len(content))
    length = min(lot.randrange(1, 600), len(content) - start)
    content[start : start + length] = bytes(length)
    return bytes(content)


def garbled(lot: random.Random, lines: list[bytes]) -> bytes:
    """Bytes of another file."""
    content = bytearray(b"".join(lines))
    start = lot.randrange(len(content))
    content[start : start + lot.randrange(1, 400)] = lot.randbytes(lot.randrange(400))
    return bytes(content)


def doubled(lot: random.Random, lines: list[bytes]) -> bytes:
    return b"".join(lines + lot.choices(lines, k=3))


def reordered(lot: random.Random, lines: list[bytes]) -> bytes:
    return b"".join(lot.sample(lines, len(lines)))


def by_crlf(lot: random.Random, lines: list[bytes]) -> bytes:
    return b"".join(line[:-1] + lot.choice([b"\r\n", b"\n"]) for line in lines)


ACCIDENTS: dict[Damage, int] = {
    flipped: 400,
    cut: 200,
    torn: 60,
    joined: 15,
    swapped: 100,
    zeroed: 80,
    garbled: 80,
    doubled: 20,
    reordered: 20,
    by_crlf: 10,
}
HARMLESS = (doubled, reordered, by_crlf)


@pytest.mark.parametrize("damage", ACCIDENTS, ids=lambda damage: damage.__name__)
def test_what_an_accident_takes_is_missing_and_told(damage: Damage, whole: Whole) -> None:
    lot = random.Random(SEED)
    missing = [missing_of(whole, damage(lot, list(whole.lines))) for _ in range(ACCIDENTS[damage])]
    assert max(missing) <= (12 if damage is torn else 2 if damage in (flipped, cut, joined) else 6)
    assert (max(missing) == 0) is (damage in HARMLESS)


def test_lines_of_another_run_change_nothing(whole: Whole) -> None:
    """Those of the same questions are the same answers; those of others are not looked at."""
    lot = random.Random(SEED)
    for _ in range(30):
        lines = whole.lines + lot.choices(whole.others, k=8)
        assert missing_of(whole, b"".join(lot.sample(lines, len(lines)))) == 0


# By a forger, whose checksums fit.


def forged(record: dict[str, Any]) -> bytes:
    return _sealed(json.dumps(record).encode()[1:]) + b"\n"


HUGE = 10**400
WRONG: dict[str, dict[str, list[Any]]] = {
    "answer": {
        "key": [7, None, ["k"], {}, "k" * 300],
        "text": [7, None, ["B"], {"B": 1}, True, 0.5],
        "at": ["now", None, -1, 1e300, float("nan"), float("inf"), True, HUGE, []],
        "frames": ["all", [1.5], [-1], [True], [None], {"a": 1}, 7, [HUGE], ["0"]],
        "stop_reason": ["tired", 7, ["stop"], {}],
        "prompt_tokens": [-1, "12", 1.5, float("nan"), HUGE, True, [1]],
        "output_tokens": [-1, "12", 0.5, float("inf"), HUGE, False, {}],
        "cached_tokens": [-1, "12", 0.5, HUGE, [], True],
        "seconds": ["fast", -1, float("nan"), float("inf"), 1e300, HUGE, True],
        "served_by": [["m"], 7, {"m": 1}, "m" * 300],
        "reasoning": [7, ["so"], {}],
        "logprobs": [{"A": "x"}, {"A": float("nan")}, ["A"], 7, {"A": None}],
        "qid": [7, ["q"], None],
        "task": [7, {}, None],
        "repeat": [-1, "0", 1.5, HUGE, True],
        "copied_from": [7, ["run"]],
        "kind": ["anything", 7, None, ["answer"], {}, "\ud800", "judgment"],
        "unmetered_usd": ["1", -1, float("nan"), HUGE],
        "price_factor": ["0.5", -1, float("nan"), HUGE, True, [0.5]],
    },
    "judgment": {
        "levels": [None, 7, "5", [], {"L1": 6}, {"L1": -1}, {"L1": True}, {"L1": "3"}, {"L1": 2.5}, {}, {"L9": 3}],
        "reasons": ["so", 7, {"L1": 7}, ["L1"]],
        "judge": [7, None, ["lexical"]],
        "calls": [-1, "1", 0.5, HUGE, True],
        "prompt_tokens": [-1, "1", None, HUGE],
        "kind": ["answer", "judge"],
    },
    "session": {
        "at": ["now", -1, float("nan"), HUGE],
        "total": ["all", -1, HUGE, []],
        "price": [7, [1], [1, 2, "3"], [1, 2, float("nan")], [-1, 0, 0]],
        "judges": [7, ["lexical"], {"lexical": 1}, {"lexical": [1, 2]}],
        "judgments": [-1, "2", 0.5],
        "model": [7, ["m"]],
        "form": ["2", -1],
    },
    "end": {"at": ["now", 1e300], "left": [-1, "none", HUGE]},
}
TEXTS = [
    b'{"kind": "answer", "key": "%s", "text": "B", "text": "C", "at": 1}',
    b'{"kind": "answer", "key": "%s", "text": "B", "at": 1, "deep": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"kind": "answer", "key": "%s", "text": "B", "at": 1, "deep": ' + b"[" * 200_000,
    b'{"kind": "answer", "key": "%s", "text": "B", "at": ' + b"9" * 10_000 + b"}",
    b'{"kind": "answer", "key": "%s", "text": "B", "at": 1e999}',
    b'{"kind": "answer", "key": "%s", "text": "B", "at": 1, "\\ud800": 1, "\\ud800": 2}',
    b'{"kind": "answer", "key": "%s", "text": "\xff", "at": 1}',
    b'{"kind": "answer", "key": "%s", "text": "B\x00", "at": 1}',
    b'{"kind": "answer", "key": "%s", "text": B, "at": 1}',
    b"[1, 2]",
    b"null",
    b"7",
    b'"answer"',
    b"{}",
    b"",
    b"\x00\x00",
    b"\xef\xbb\xbf{}",
]


def wrong_records(lines: list[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number of a line, the record that replaces it), each with one field that no version writes."""
    records = [json.loads(line) for line in lines]
    for record in records:
        del record["crc32"]
    for kind, fields in WRONG.items():
        numbers = [number for number, record in enumerate(records) if record["kind"] == kind]
        for turn, (name, value) in enumerate((name, value) for name, values in fields.items() for value in values):
            for number in {numbers[turn % len(numbers)], numbers[-1]}:
                yield number, {**records[number], name: value}


def test_a_forged_field_costs_its_line(whole: Whole) -> None:
    count = 0
    for number, record in wrong_records(whole.lines):
        lines = [*whole.lines[:number], forged(record), *whole.lines[number + 1 :]]
        other_levels = record.get("levels") in ({}, {"L9": 3})  # in range, and not those that are asked for
        missing = missing_of(whole, b"".join(lines), damaged=not other_levels)
        assert missing == (record["kind"] not in ("session", "end")), record
        count += 1
    assert count > 180


@pytest.mark.parametrize("sealed", [True, False])
def test_a_forged_text_costs_its_line(whole: Whole, sealed: bool) -> None:
    key = json.loads(whole.lines[5])["key"].encode()
    for text in TEXTS:
        line = text.replace(b"%s", key)
        line = _sealed(line[1:]) if sealed else line
        assert missing_of(whole, b"".join([*whole.lines[:5], line + b"\n", *whole.lines[6:]])) == 1


def test_lines_without_a_checksum_are_those_of_earlier_versions(whole: Whole) -> None:
    """They are read; and what is damaged in them never ends in more than a missing or another answer."""
    old = [b'{"kind": ' + line.split(b'"kind": ', 1)[1] for line in whole.lines]
    assert missing_of(whole, b"".join(old)) == 0
    assert missing_of(whole, b"".join([*old[:7], *whole.lines[7:]])) == 0
    lot = random.Random(SEED)
    for _ in range(150):
        (whole.folder / FILE).write_bytes(flipped(lot, old))
        rows_of(whole.run, read_journal(whole.folder))
        read_status(whole.folder)
