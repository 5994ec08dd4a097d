"""Fixtures of all tests: a clean registry for each, a model and a judge that answer alike always."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from mabench_eval import JudgeRequest, Judgment, Result, evaluate, register_judge, register_model
from mabench_eval.catalogue import REGISTRY
from tests.support.benchmarks import Ask, Pixels, write_benchmark
from tests.support.paths import ROOT
from tests.support.scripted_judge import Teller

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("no deadline", deadline=None, max_examples=50)
settings.load_profile("no deadline")
# A shell's background job ignores Ctrl-C, and so would the processes that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Output is as wide as a pipe lets it be, whatever the terminal that the tests are started from.
os.environ.pop("COLUMNS", None)


FIRST = ("test_readme.py", "test_whole.py", "test_tracking.py", "test_check.py", "test_crash.py", "test_keys.py")
"""Files that take ten seconds and more: begun first, so that no process is left alone with one at the end."""


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-xdist keep the order below; by itself it begins with the files that have most tests."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@pytest.fixture(autouse=True)
def clean_registry() -> Iterator[None]:
    """What a test registers is gone after it; the built-in adapters are imported once a process and stay."""
    yield from _restored_registry()


@pytest.fixture(autouse=True, scope="module")
def clean_registry_of_module() -> Iterator[None]:
    """And what a fixture of a module registers, after the module."""
    yield from _restored_registry()


def _restored_registry() -> Iterator[None]:
    before = {kind: set(table) for kind, table in REGISTRY.tables.items()}
    yield
    builtin = {ROOT / "models", ROOT / "judges", ROOT / "trackers"}
    for kind, table in REGISTRY.tables.items():
        for name, registration in list(table.items()):
            if name not in before[kind] and not builtin & set(registration.source.parents):
                del table[name]


@pytest.fixture
def asked() -> Counter[str]:
    """How often each prompt was put to the model."""
    return Counter()


@pytest.fixture
def ask(tmp_path: Path, asked: Counter[str]) -> Ask:
    """Evaluate a model that says B to every choice, Yes otherwise, and a sentence to open questions."""

    @register_model("fixed")
    def fixed(frames: Pixels, prompt: str) -> str:
        asked[prompt] += 1
        if "\nA. " in prompt:
            return "B"
        return "Yes" if "does the head" in prompt else "The head moves down, then up."

    @register_judge("threes")
    def threes(request: JudgeRequest) -> Judgment:
        return Judgment(request.key, dict.fromkeys(request.levels, 3))

    def run(data: Path, **choices: Any) -> Result:
        result: Result = evaluate(
            "fixed", data=str(data), **{"output": tmp_path / "results", "judge": "threes", **choices}
        )
        return result

    return run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five clips, so ten open questions; and the model ``teller`` is there."""
    register_model("teller", needs_frames=False)(Teller)
    return write_benchmark(tmp_path / "data", clips=5)


@pytest.fixture
def openai_key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of the openai endpoints, in the environment."""
    key = "sk-very-secret-0123456789"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    return key
