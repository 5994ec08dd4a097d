"""What an extra lacks is one line with the command that installs it, before a run and whatever is there of it."""

from __future__ import annotations

import importlib.util
import json
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import ModelCard
from mabench_eval.cli import main
from mabench_eval.engines import open_engine
from mabench_eval.packages import install, install_command, lacks, missing_modules, requirements
from tests.support.paths import ROOT

WHEEL = Path("mabench_eval-0.1.0-py3-none-any.whl")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any] | None], None]:
    """The library as installed in site-packages, from where ``direct_url.json`` says; None: from an index."""
    monkeypatch.setattr(install, "_SOURCE", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)

    def come_from(origin: dict[str, Any] | None) -> None:
        text = None if origin is None else json.dumps(origin)
        monkeypatch.setattr(metadata, "distribution", lambda name: Namespace(read_text=lambda file: text))

    return come_from


def test_from_a_clone_it_is_the_clones_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By name there is nothing on the index before a release."""
    monkeypatch.chdir(ROOT)
    assert install_command("vllm") == "pip install -e '.[vllm]'"
    assert install_command("vllm", "ray") == "pip install -e '.[vllm,ray]'"
    monkeypatch.chdir(tmp_path)
    assert install_command("vllm") == f"pip install -e '{ROOT}[vllm]'"


def test_installed_it_is_where_it_came_from(installed: Callable[[dict[str, Any] | None], None], tmp_path: Path) -> None:
    clone = tmp_path / "a clone"
    clone.mkdir()
    installed({"url": clone.as_uri(), "dir_info": {}})
    assert install_command("hf") == f"pip install '{clone}[hf]'"
    installed({"url": tmp_path.as_uri(), "dir_info": {}})  # the working folder: as the README has it
    assert install_command("hf") == "pip install '.[hf]'"

    (tmp_path / WHEEL).touch()
    installed({"url": (tmp_path / WHEEL).as_uri(), "archive_info": {}})
    assert install_command("hf") == f"pip install '{tmp_path / WHEEL}[hf]'"
    installed({"url": "https://example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}})
    assert install_command("hf") == "pip install 'mabench_eval[hf] @ git+https://example.org/x.git@c0ffee'"
    installed(None)
    assert install_command("hf") == "pip install 'mabench_eval[hf]'"


def test_what_it_came_from_is_gone(
    installed: Callable[[dict[str, Any] | None], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel that was deleted after its installation: the packages themselves are named."""
    lines = ["numpy>=1.26", 'aiohttp>=3.14; extra == "openai"', 'certifi; extra == "openai"', 'ray; extra == "ray"']
    monkeypatch.setattr(metadata, "requires", lambda name: lines)
    installed({"url": (tmp_path / WHEEL).as_uri(), "archive_info": {}})
    assert install_command("openai") == "pip install 'aiohttp>=3.14' certifi"
    assert requirements() == ("numpy>=1.26",)
    assert requirements("ray") == ("numpy>=1.26", "ray")


def test_no_other_place_makes_such_a_command() -> None:
    """Help texts and documents say what works from a clone; messages ask ``install_command``."""
    texts = [*(ROOT / "mabench_eval").rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert [str(file) for file in texts if "install 'mabench_eval[" in file.read_text(encoding="utf-8")] == []


def test_missing_modules_are_found_without_importing_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "certifi", None)
    assert missing_modules("json", "certifi", "no_such_package") == ["certifi", "no_such_package"]


def test_a_broken_package_is_told_in_its_own_words() -> None:
    gone = lacks("--datasets", ModuleNotFoundError("No module named 'pyarrow.lib'", name="pyarrow.lib"), "datasets")
    assert gone.message == "--datasets needs pyarrow, which is not installed"
    assert gone.hint == install_command("datasets")
    broken = lacks("--datasets", ImportError("undefined symbol: x\n"), "datasets")
    assert broken.message == "--datasets needs a package that cannot be imported: undefined symbol: x"


@pytest.mark.parametrize(
    ("engine", "settings", "lacking", "line"),
    [
        ("openai", {}, {"certifi"}, "engine openai needs certifi"),
        ("openai", {}, {"aiohttp", "certifi"}, "engine openai needs aiohttp, certifi"),
        ("transformers", {}, {"jinja2"}, "engine transformers needs jinja2"),
        ("transformers", {}, {"torchvision"}, "engine transformers needs torchvision"),
        ("transformers", {"input": "images"}, {"torchvision"}, None),
        ("transformers", {}, {"peft"}, None),
        ("transformers", {"lora": "a/b"}, {"peft"}, "engine transformers needs peft"),
        ("transformers", {}, {"accelerate"}, None),
        ("transformers", {"device": "cuda:0"}, {"accelerate"}, "engine transformers needs accelerate"),
        ("vllm", {}, {"vllm"}, "engine vllm needs vllm"),
        ("adapter", {"adapter": "x.py"}, {"torch"}, "engine adapter needs torch"),
    ],
)
def test_an_extra_that_is_there_in_part_is_found_before_a_run(
    engine: str, settings: dict[str, Any], lacking: set[str], line: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiohttp without certifi was a traceback, jinja2 an error a question, torchvision one after loading."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in lacking else object())
    card = ModelCard("m", engine, "", settings={"model_id": "m"} if engine == "openai" else {"repo": "a/b", **settings})
    about = [problem for problem in open_engine(card, 0).problems() if "needs " in problem and "GPU" not in problem]
    about = [problem for problem in about if "Python code" not in problem]
    extra = {"openai": "openai", "vllm": "vllm"}.get(engine, "hf")
    assert about == ([f"{line}: {install_command(extra)}"] if line else [])


def test_a_run_with_half_an_extra_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "certifi", None)
    words = ["--model", "m", "--engine", "openai", "--base-url", "http://127.0.0.1:1/v1", "--judge", "none"]
    assert main([*words, "--limit", "1", "--output", str(tmp_path)]) == 2
    assert f"- engine openai needs certifi: {install_command('openai')}\n" in capsys.readouterr().err


def test_what_no_preflight_knows_of_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package that an installed one needs: it shows when that one is imported."""
    from mabench_eval.cli.verbs import verb_module

    def fails(options: Namespace) -> int:
        raise ModuleNotFoundError("No module named 'yarl._url'", name="yarl._url")

    monkeypatch.setattr(verb_module("list"), "run", fails)
    assert main(["list", "models"]) == 1
    assert capsys.readouterr().err == (
        "error: the package yarl is not installed, and something that is needs it\n"
        "pip install yarl; what else is missing: pip check\n"
    )
