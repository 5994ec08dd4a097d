"""Answer reading: several hundred hand-made replies, and the rules that hold for any reply."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval import taxonomy
from mabench_eval.answers import is_refusal, read, read_choice, read_yes_no, strip_reasoning
from mabench_eval.types import AnswerKind, Outcome

_DATA = yaml.safe_load((Path(__file__).parent / "data" / "answers.yaml").read_text("utf-8"))
_OPTIONS: dict[str, dict[str, str]] = _DATA["option_sets"]
_FMAR, _CMAR = _OPTIONS["fmar"], _OPTIONS["cmar"]


def _cases(section: str) -> list[Any]:
    """One parameter per case, named by its group and its text."""
    return [
        pytest.param(
            group.get("kind"), _OPTIONS.get(group.get("options"), {}), case["text"], case["expect"],
            id=f"{name}: {case['text'][:60].encode('unicode_escape').decode()}",
        )
        for name, group in _DATA[section].items()
        for case in group["cases"]
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "options", "text", "expect"), _cases("choice"))
def test_choice(kind: None, options: dict[str, str], text: str, expect: str | None) -> None:
    assert read_choice(text, options) == expect


@pytest.mark.parametrize(("kind", "options", "text", "expect"), _cases("yes_no"))
def test_yes_no(kind: None, options: dict[str, str], text: str, expect: str | None) -> None:
    assert read_yes_no(text) == expect


@pytest.mark.parametrize(("kind", "options", "text", "expect"), _cases("refusals"))
def test_refusal(kind: None, options: dict[str, str], text: str, expect: bool) -> None:
    assert is_refusal(text) is expect


@pytest.mark.parametrize(("kind", "options", "text", "expect"), _cases("outcomes"))
def test_outcome(kind: str, options: dict[str, str], text: str, expect: list[str | None]) -> None:
    assert read(AnswerKind(kind), text, options) == (Outcome(expect[0]), expect[1])
