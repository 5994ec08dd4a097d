"""``evaluate`` in Python: keywords named as options, models and data that are objects, results that show themselves."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import ClipWork, InputError, Response, Result, answer_each, compare, evaluate, register_model
from mabench_eval.api.options import Options, run_config
from mabench_eval.catalogue import REGISTRY
from mabench_eval.cli.run_file import BY_NAME
from mabench_eval.planning import RunConfig
from tests.support.benchmarks import Pixels, rows_of_clip, write_benchmark, write_clip

OF_THE_TERMINAL = {"dry_run", "json", "protocol", "set", "judge_set", "model", "tasks", "data", "frames"}
"""Options without a keyword: of output, of the command alone, or named by ``evaluate`` itself. ``set`` and
``judge_set`` stand for settings and judge_settings."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_benchmark(tmp_path, clips=2, videos=True)


def run(model: Any, data: Any, **options: Any) -> Result:
    place = data.parent / "results" if isinstance(data, Path) else options.pop("output")
    result: Result = evaluate(model, "sad", data, **{"output": place, "judge": None, **options})
    return result


def right(model: Any, data: Path, **options: Any) -> float | None:
    """Accuracy of SAD: of its two questions on a clip one is Yes."""
    return run(model, data, **options).scores.closed_tasks["SAD"].accuracy


def test_the_keywords_are_the_options() -> None:
    options = {name.replace("-", "_") for name in BY_NAME}
    assert Options.__annotations__.keys() - {"settings", "judge_settings"} == options - OF_THE_TERMINAL
    choices = set(RunConfig.__dataclass_fields__) - {"model", "tasks", "data", "frames"}
    assert choices <= Options.__annotations__.keys()


def test_forms_of_values(tmp_path: Path) -> None:
    config = run_config(
        "m",
        ["cmar", "fmar"],
        "demo",
        4,
        {
            "base_url": "http://h/v1",
            "api_key_env": "KEY",
            "lora": tmp_path,
            "judge": None,
            "judge_model": "j",
            "shard": "1/2",
            "include": tmp_path / "a.py",
            "settings": {"temperature": 1},
        },
    )
    assert (config.tasks, config.frames, config.judge, config.shard) == ("cmar,fmar", 4, "none", (1, 2))
    assert config.settings == {"base_url": "http://h/v1", "key_env": "KEY", "lora": str(tmp_path), "temperature": 1}
    assert (config.judge_settings, config.include) == ({"model_id": "j"}, (tmp_path / "a.py",))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ({"limt": 3}, "evaluate() has no 'limt'; did you mean 'limit'?"),
        ({"limit": "3"}, "evaluate(): limit: Expected `int | null`, got `str`"),
        ({"tasks": 5}, "evaluate(): tasks: Expected `str`, got `int`"),
        ({"frames": ["a"]}, "evaluate(): frames: Expected `int`, got `str`"),
        ({"frames": []}, "evaluate(): frames: a number, or several of them"),
        ({"data": 3}, "evaluate(): data: expected a question file"),
        ({"data": [{"video": "a.mp4"}, 3]}, "evaluate(): data: expected a question file"),
        ({"model": 3}, "evaluate(): model: expected a name, a function f(frames, prompt)"),
        ({"input": "upside-down"}, "input"),
    ],
)
def test_wrong_values_are_told_like_wrong_options(tmp_path: Path, call: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as error:
        evaluate(**{"model": "motion", "output": tmp_path / "o", **call})
    assert told in error.value.message
    assert not (tmp_path / "o" / "motion").exists()


def yes(frames: Pixels, prompt: str) -> str:
    """Says Yes."""
    return "Yes"


class Says:
    """Says one word; told apart by what it holds."""

    def __init__(self, word: str, **more: object) -> None:
        self.word = word
        self.__dict__.update(more)

    def __call__(self, frames: Pixels, prompt: str) -> str:
        return self.word


class Generates:
    """Says what an argument says, clip by clip."""

    needs_frames = False

    def __init__(self, word: str) -> None:
        self.word = word

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        for item in work:
            assert item.frames is None
            yield from answer_each(item, lambda _: self.word)


def saying(word: str) -> Callable[[Pixels, str], str]:
    def inner(frames: Pixels, prompt: str) -> str:
        return word

    return inner


class Slots:
    """What it holds is in no ``__dict__``."""

    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = word

    def __call__(self, frames: Pixels, prompt: str) -> str:
        return self.word


def method(word: str) -> Callable[[Pixels, str], str]:
    return Says(word).__call__


def test_a_function_or_an_object_is_a_model(data: Path) -> None:
    assert right(yes, data) == 50.0
    assert right(Generates("Yes"), data) == 50.0
    assert (data.parent / "results" / "yes").exists()


@pytest.mark.parametrize(
    "make", [Says, Generates, Slots, method, saying, lambda word: functools.partial(lambda w, f, p: w, word)]
)
def test_what_an_object_holds_is_in_its_keys(data: Path, make: Callable[[str], Any]) -> None:
    """The same code with another word is another model: no answer of one is taken for one of the other."""
    first, second = run(make("Yes"), data), run(make("A blank."), data)
    assert first.folder != second.folder
    assert {sample.response for sample in first.samples} == {"Yes"}
    assert {sample.response for sample in second.samples} == {"A blank."}
    assert run(make("Yes"), data).folder == first.folder


def test_an_object_whose_state_is_not_known_is_refused(data: Path) -> None:
    with pytest.raises(InputError, match=r"model 'Says' holds net, a object") as error:
        run(Says("Yes", net=object()), data)
    assert "`identity`" in error.value.hint
    known = Says("Yes", net=object(), identity="weights 3")
    assert run(known, data).folder != run(Says("Yes", net=object(), identity="weights 4"), data).folder


def test_a_cell_that_is_run_again_replaces_its_model(data: Path) -> None:
    for word, cell in (("Yes", "<cell 1>"), ("No", "<cell 2>")):
        code = f"@register_model('of-a-cell')\ndef of_a_cell(frames, prompt):\n    return {word!r}\n"
        exec(compile(code, cell, "exec"), {"register_model": register_model, "__name__": "__main__"})
        assert {sample.response for sample in run("of-a-cell", data).samples} == {word}


def test_rows_are_a_benchmark(tmp_path: Path) -> None:
    """In any of three forms the same run, as its questions and their order are the same."""
    pandas = pytest.importorskip("pandas")
    rows = [row for number in range(2) for row in rows_of_clip(f"clip{number}", number)]
    for number in range(2):
        write_clip(tmp_path / "videos" / f"clip{number}.mp4", seed=number)

    class Dataset:
        """As much of ``datasets.Dataset`` as is asked for; its other column cannot be read."""

        def __init__(self, names: list[str]) -> None:
            self.column_names = names

        def select_columns(self, names: list[str]) -> Dataset:
            return Dataset(names)

        def to_list(self) -> list[dict[str, Any]]:
            assert "film" not in self.column_names
            return [{name: row.get(name) for name in self.column_names} for row in rows]

    table = pandas.DataFrame(rows).assign(film=object())
    forms = [rows, table, Dataset(["film", *rows[0]])]
    options = {"clips": tmp_path / "videos", "output": tmp_path / "o"}
    folders = {run("motion", form, **options).folder for form in forms}
    assert len(folders) == 1
    assert folders.pop().name.startswith("rows-")


def test_several_numbers_of_frames_are_a_result_each(data: Path) -> None:
    results = evaluate("motion", "sad", data, frames=[4, 8], output=data.parent / "results", judge=None)
    assert {count: result.record.config["frames"] for count, result in results.items()} == {4: 4, 8: 8}
    (pair,) = compare([results[4], results[8].folder])
    assert {row.figure for row in pair.differences} == {"SAD"}


def test_a_result_shows_itself(data: Path) -> None:
    pandas = pytest.importorskip("pandas")
    result = run(yes, data, name="<b>always</b>")
    assert len(repr(result)) < 500
    assert repr(result).startswith("Result of <b>always</b> on questions: 2 clips, 4 answers, complete\n")
    assert "| 50.00 |" in result.table()

    shown = re.fullmatch(
        r'<iframe srcdoc="([^"]*)" sandbox style="[^"]*" title="Result of a run"></iframe>', result._repr_html_()
    )
    assert shown
    page = html.unescape(shown[1])
    assert "&lt;b&gt;always&lt;/b&gt;" in page
    assert "<b>always" not in page

    assert [row["response"] for row in result.records] == ["Yes"] * 4
    assert type(result.records[0]["outcome"]) is str
    frame = result.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["qid"]) == [sample.qid for sample in result.samples]
    assert result.report().read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_is_registered_for_a_call_is_a_model_of_the_process(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REGISTRY, "models", dict(REGISTRY.models))
    run(yes, data)
    assert REGISTRY.models["yes"].target is yes
    motion = type("motion", (Says,), {"name": "motion"})
    with pytest.raises(InputError, match="'motion' is defined twice"):
        run(motion("Yes"), data)
