"""The files of docs/adding-a-model.md do what the page says; the adapter's is run in tests/engines/test_adapters.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mabench_eval import evaluate
from mabench_eval.catalogue import load_catalogue
from mabench_eval.catalogue.schema import settings_of
from mabench_eval.engines.local.settings import LocalSettings
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "adding-a-model.md").read_text(encoding="utf-8")


def write_page(folder: Path) -> Path:
    """Every file of the page, by the name in its first line; returns the folder ``mine``."""
    for block in re.findall(r"^```(?:python|yaml)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        path = folder / block.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block, encoding="utf-8")
    return folder / "mine"


def test_the_cards_and_the_environment_fit_their_schema(tmp_path: Path) -> None:
    catalogue = load_catalogue([write_page(tmp_path)]).check()
    card = catalogue.model("my-qwen")
    assert len((tmp_path / "mine/models/my-qwen.yaml").read_text().splitlines()) - 1 == 4
    assert settings_of(LocalSettings, card.settings, "").repo == "./my-checkpoint"
    other = settings_of(LocalSettings, catalogue.model("my-internvl").settings, "")
    assert catalogue.environment(other.environments["adapter"]).packages[0] == "torch==2.4.1"
    clip, mistral = settings_of(LocalSettings, catalogue.model("my-llava").settings, "").also_loads
    assert (clip.gigabytes, mistral.files, mistral.gated) == (1.7, ("config.json",), True)


@pytest.mark.parametrize(
    ("model", "file"), [("brightness", "brightness.py"), ("measured", "measured.py"), ("steps", "steps")]
)
def test_the_python_models_run(model: str, file: str, tmp_path: Path) -> None:
    mine = write_page(tmp_path)
    result = evaluate(model, tasks="SAD", data="demo", limit=3, output=tmp_path, include=(mine / file,))
    assert result.complete
    assert {sample.prediction for sample in result.samples} <= {"Yes", "No"}


def test_the_settings_it_names_exist() -> None:
    fields = set(LocalSettings.__dataclass_fields__)
    named = {name for row in re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert len(named) == 20
    assert named <= fields


def test_the_adapters_it_names_exist() -> None:
    folder = ROOT / "models" / "adapters"
    named = {f"{name}.py" for name in re.findall(r"(\w+)\.py`", PAGE[PAGE.index("Other code that adapters") :])}
    assert len(named) == 3
    assert named <= {path.name for path in folder.glob("*.py")}
