"""From JSON to dataclasses and back: what is written, and every key that does not fit, wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta

from mabench_eval.errors import InputError
from mabench_eval.runfiles import from_json, sample_row, to_json
from mabench_eval.types import Outcome, Sample


@dataclass(frozen=True, slots=True)
class Leaf:
    value: Annotated[float, Meta(ge=0, le=100)] | None
    clips: int


class Task:
    __slots__ = ()

    @staticmethod
    def choose(data: Any) -> type[Task]:
        return Judged if isinstance(data, dict) and "levels" in data else Closed


@dataclass(frozen=True, slots=True)
class Closed(Task):
    accuracy: float


@dataclass(frozen=True, slots=True)
class Judged(Task):
    levels: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Whole:
    name: str
    leaves: tuple[Leaf, ...]
    tasks: Mapping[str, Task]
    more: Mapping[str, Leaf] | None = None


GOOD = {
    "name": "x",
    "leaves": [{"value": 1, "clips": 2}, {"value": None, "clips": 3}],
    "tasks": {"SAD": {"accuracy": 50.0}, "MADU": {"levels": {"L1": None, "L2": 2.5}}},
}


def test_there_and_back_leaves_out_what_does_not_exist() -> None:
    whole = from_json(Whole, {**GOOD, "later": "a key of a newer version"}, "file")
    assert isinstance(whole.tasks["MADU"], Judged) and whole.leaves[1].value is None
    assert to_json(whole) == GOOD


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({"name": 3}, ["name: Expected `str`, got `int`"]),
        ({"leaves": [{"value": 101, "clips": 2}]}, ["leaves[0].value: Expected `float` <= 100.0, got 101"]),
        ({"leaves": [{"value": float("nan"), "clips": 2}]}, ["leaves[0].value: Expected `float` >= 0.0, got nan"]),
        ({"leaves": [{}, 5]}, ["leaves[0].value: missing", "leaves[0].clips: missing", "leaves[1]: Expected `object`"]),
        ({"tasks": {"a.b": {"accuracy": "1"}}}, ["tasks.a.b.accuracy: Expected `float`, got `str`"]),
        ({"tasks": {"X": {"levels": {"L1": 1, "L2": "2"}}}}, ["tasks.X.levels.L2: Expected `float | null`, got `str`"]),
        ({"tasks": {"X": 5, "SAD": {}}}, ["tasks.X: Expected `object`, got `int`", "tasks.SAD.accuracy: missing"]),
        ({"more": {"y": {"value": 1, "clips": True}}}, ["more.y.clips: Expected `int`, got `bool`"]),
        ({"more": []}, ["more: Expected `object | null`, got `array`"]),
    ],
    ids=str,
)
def test_every_key_that_does_not_fit_is_named(change: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        from_json(Whole, {**GOOD, **change}, "file")
    if len(problems) == 1:
        assert caught.value.message == f"file: {problems[0]}"
    else:
        assert caught.value.message == f"file: {len(problems)} keys do not fit"
        for problem, wanted in zip(caught.value.problems, problems, strict=True):
            assert problem.startswith(wanted)


def test_what_is_no_object_at_all_is_one_problem() -> None:
    with pytest.raises(InputError, match=r"^file: Expected `object`, got `array`$"):
        from_json(Whole, [], "file")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Painted:
    name: str
    place: Path | None = None
    colour: Colour = Colour.RED
    note: str | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("a name is needed")


def test_defaults_are_left_out_and_paths_and_enums_are_texts() -> None:
    assert to_json(Painted("n")) == {"name": "n"}
    document = {"name": "n", "place": "a/b", "colour": "blue", "note": "x"}
    painted = from_json(Painted, {**document, "of a newer version": 1}, "f")
    assert painted == Painted("n", Path("a/b"), Colour.BLUE, "x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "f: a name is needed"),
        ({"place": 3}, "f: place: "),
        ({"colour": "green"}, "f: colour: Invalid enum value 'green'"),
    ],
)
def test_what_does_not_fit_is_named(change: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        from_json(Painted, {"name": "n", **change}, "f", hint="look")
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
