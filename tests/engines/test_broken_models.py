"""What authors' code raises or yields: one line with file and line, and its traceback in the journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from mabench_eval import register_judge
from mabench_eval.cli import main
from mabench_eval.errors import LONGEST_LINE, LONGEST_TRACEBACK, error_at, trace_of
from mabench_eval.journal import FILE
from mabench_eval.types import JudgeRequest, Judgment
from tests.support.benchmarks import write_benchmark

HEAD = "import sys\nfrom mabench_eval import register_model\nfrom mabench_eval.types import Response\n\n\n"
FUNCTION = "@register_model('broken', needs_frames=False)\ndef broken(frames, prompt):\n    "
CLASS = (
    "@register_model('broken', needs_frames=False)\nclass Broken:\n    def __init__(self, settings, seed):\n        "
)
GENERATE = (
    "pass\n\n    def generate(self, work):\n        for clip in work:\n            for request in clip.requests:\n"
)
TWICE = "answered what it was not asked, or twice"


def run(folder: Path, code: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, list[dict[str, Any]]]:
    """Exit code, what the terminal shows, and the failures in the journal."""
    file = folder / "broken.py"
    file.write_text(HEAD + code, encoding="utf-8")
    data = str(write_benchmark(folder / "data", clips=1))
    words = ["--model", "broken", "--include", str(file), "--data", data, "--output", str(folder), "--judge", "none"]
    exit_code = main(words)
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    lines = [json.loads(line) for path in folder.glob(f"broken/*/{FILE}") for line in path.read_bytes().splitlines()]
    return exit_code, shown, [line for line in lines if line["kind"] == "error"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("return {}['weights']", "KeyError: 'weights'"),
        ("sys.exit(4)", "SystemExit: 4"),
        ("return broken(frames, prompt)", "RecursionError: maximum recursion depth exceeded"),
        ("raise ValueError('x' * 100_000)", "ValueError: xxx"),
        ("raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})()", "Mute: (its message cannot be made)"),
    ],
)
def test_a_question_that_fails_tells_where(
    statement: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown, failures = run(tmp_path, FUNCTION + statement + "\n", capsys)
    assert (code, len(failures)) == (3, 12)
    line = next(line for line in shown.splitlines() if said in line)
    assert "broken.py:8)" in line
    assert len(line) < LONGEST_LINE + 200
    for failure in failures:
        assert "broken.py" in failure["traceback"]
        assert "line 8, in broken" in failure["traceback"]
        assert len(failure["traceback"]) < LONGEST_TRACEBACK + 100


@pytest.mark.parametrize(
    ("body", "said", "traced"),
    [
        ("        settings['weights']\n", "model 'broken' cannot be loaded: KeyError: 'weights' (at ", True),
        (GENERATE + "                1 / 0\n                yield\n", "broke off: ZeroDivisionError: division", True),
        (GENERATE + "                sys.exit()\n                yield\n", "broke off: SystemExit", True),
        (GENERATE + "                yield 'B'\n", "expected a Response, got str", False),
        (
            GENERATE + "                yield Response('k', text='B')\n",
            TWICE,
            False,
        ),
        (
            GENERATE + "                yield Response(request.key, text='B')\n" * 2,
            TWICE,
            False,
        ),
    ],
)
def test_a_class_that_breaks_off_tells_where(
    body: str, said: str, traced: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown, failures = run(tmp_path, CLASS + body, capsys)
    assert (code, shown.count("error:")) == (3, 1)
    assert said in shown
    assert [("broken.py" in failure["traceback"], failure["key"]) for failure in failures] == [(True, "")] * traced


def test_what_a_class_says_of_itself_may_break_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "        pass\n\n    @staticmethod\n    def identity(settings):\n        return settings['weights']\n"
    code, shown, _ = run(tmp_path, CLASS + body, capsys)
    assert code in (2, 3)
    assert "Broken.identity(settings) broke off: KeyError: 'weights' (at " in shown


@pytest.mark.parametrize(
    ("judgment", "said"),
    [
        (lambda request: 1 / 0, "ZeroDivisionError: division by zero (at "),
        (lambda request: None, "expected a Judgment of this request, got NoneType"),
        (lambda request: Judgment("other", {"L1": 3}), "got one with another request's key"),
        (lambda request: Judgment(request.key, {"L1": 9}), "does not fit: "),
        (lambda request: Judgment(request.key, cast(Any, "high")), "does not fit: "),
        (lambda request: Judgment(request.key, {"L1": 3}, reasons=cast(Any, {"L1": 7})), "does not fit: "),
        (lambda request: Judgment(request.key, {"L1": 3}, calls=cast(Any, "one")), "does not fit: "),
        (lambda request: Judgment(request.key, {"X": 3}), "expected an integer 0-5 for each of L1"),
    ],
)
def test_a_judge_that_breaks_costs_that_score(judgment: Any, said: str, tmp_path: Path) -> None:
    from mabench_eval import evaluate, register_model

    @register_judge("odd")
    def odd(request: JudgeRequest) -> Any:
        return judgment(request)

    @register_model("teller", needs_frames=False)
    def teller(frames: Any, prompt: str) -> str:
        return "The head moves."

    data = str(write_benchmark(tmp_path / "data", clips=1))
    result = evaluate("teller", tasks="open", data=data, output=tmp_path, judge="odd")
    assert [said in str(sample.error) for sample in result.samples] == [True] * 2
    records = [json.loads(line) for line in (result.folder / FILE).read_bytes().splitlines()]
    traces = ["test_broken_models.py" in r.get("traceback", "") for r in records if r["kind"] == "error"]
    assert traces == [said.startswith("ZeroDivisionError")] * 2


def test_an_error_is_told_in_one_line_and_traced_in_bounds() -> None:
    def deep(level: int) -> int:
        return deep(level - 1) if level else 1 // 0

    try:
        deep(200)
    except ZeroDivisionError as error:
        assert error_at(error).startswith("ZeroDivisionError: integer division or modulo by zero (at ")
        assert "\n" not in error_at(error)
        assert len(trace_of(error)) < LONGEST_TRACEBACK


def test_an_error_without_words_names_its_type_and_place() -> None:
    try:
        raise AssertionError
    except AssertionError as error:
        line = error.__traceback__.tb_lineno if error.__traceback__ else 0
        assert error_at(error).startswith("AssertionError (at ")
        assert error_at(error).endswith(f"test_broken_models.py:{line})")
