"""From JSON to dataclasses and back: what is written, and where a value does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.errors import InputError
from mabench_eval.runfiles import from_json, sample_row, to_json
from mabench_eval.types import Outcome, Sample


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Inner:
    value: float | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    parts: Mapping[str, Mapping[str, Inner]]
    rows: tuple[Inner, ...] = ()
    place: Path | None = None
    colour: Colour = Colour.RED

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("a name is needed")


def test_defaults_are_left_out_and_a_figure_without_a_value_is_null() -> None:
    outer = Outer("n", {"a": {"b": Inner(None), "c": Inner(1.0, "x")}})
    document = {"name": "n", "parts": {"a": {"b": {"value": None}, "c": {"value": 1.0, "note": "x"}}}}
    assert to_json(outer) == document
    assert from_json(Outer, document, "f") == outer
    assert from_json(Outer, {**document, "place": "a/b", "later": 1}, "f").place == Path("a/b")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": 3}, "f: name: Expected `str`, got `int`"),
        ({"name": ""}, "f: a name is needed"),
        ({"parts": {"x": {"y": {"value": 1}}, "a": {"b": {}}}}, "f: parts.a.b: Object missing required field `value`"),
        ({"parts": {"x": {"y": {"value": "high"}}}}, "f: parts.x.y.value: Expected `float | null`, got `str`"),
        ({"rows": [{"value": 1}, {"value": 2, "note": 3}]}, "f: rows[1].note: Expected `str | null`, got `int`"),
        ({"place": 3}, "f: place: "),
        ({"colour": "blue"}, "f: colour: Invalid enum value 'blue'"),
        ({"parts": []}, "f: parts: Expected `object`, got `array`"),
    ],
)
def test_the_message_names_the_first_key_that_does_not_fit(change: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        from_json(Outer, {"name": "n", "parts": {}, **change}, "f", hint="look")
    assert error.value.message.startswith(message)
    assert error.value.hint == "look"


def test_a_sample_is_a_row_of_what_it_says() -> None:
    """No response is said, and no repeat is not; a wrong answer and an empty object are not nothing."""
    sample = Sample("Q", "SAD", "c", Outcome.ERROR, None, None, "Yes")
    row = {"qid": "Q", "task": "SAD", "clip": "c", "outcome": "error"}
    assert sample_row(sample) == {**row, "response": None, "prediction": None, "reference": "Yes"}
    wrong = Sample("Q", "SAD", "c", Outcome.ANSWERED, "No", "No", "Yes", correct=False, judgments={}, repeat=1)
    for each in (sample, wrong):
        assert sample_row(each) == to_json(each)
        assert from_json(Sample, sample_row(each), "f") == each
    assert {"correct", "judgments", "repeat"} <= sample_row(wrong).keys()


def test_scores_of_a_judge_stay_integers() -> None:
    """So that a line that is read and written again is the same bytes."""
    row = {**sample_row(Sample("Q", "MADU", "c", Outcome.ANSWERED, "t", "t", "r")), "levels": {"L1": 3, "L2": 2.5}}
    levels = from_json(Sample, row, "f").levels
    assert levels == {"L1": 3, "L2": 2.5}
    assert [type(level) for level in levels.values()] == [int, float]
