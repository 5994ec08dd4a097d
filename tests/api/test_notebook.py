"""The notebook of the documentation runs as it stands there, and its figures are what it shows."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


def executed(folder: Path) -> Any:
    """The notebook, run in a kernel of this very Python whose folder is empty."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.create_kernel_manager().kernel_spec.argv[0] = sys.executable
    client.execute()
    return notebook


def results(notebook: Any) -> list[list[str]]:
    """What each cell prints and what it gives, without the bars of a run."""
    kept = [
        [out for out in cell.outputs if out.output_type == "execute_result" or out.get("name") == "stdout"]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    return [[out.get("text") or out.data["text/plain"] for out in outputs] for outputs in kept]


@pytest.mark.slow
def test_the_notebook_runs_and_shows_what_it_shows(tmp_path: Path) -> None:
    """To be kept anew after a change: the outputs of ``executed`` that ``results`` looks at."""
    notebook = executed(tmp_path)
    assert results(notebook) == results(nbformat.read(NOTEBOOK, as_version=4))
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    assert any("<iframe srcdoc=" in out.get("data", {}).get("text/html", "") for out in outputs)  # the report's head
    drawn = [str(out.get("text") or out.get("data")) for out in outputs if out.output_type != "execute_result"]
    assert any("widget-view" in text or "answering" in text for text in drawn)  # the bars of a run, or its lines


def test_nothing_of_the_machine_it_was_run_on_is_in_it() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|tmp|work|Users)/", text)
    assert "Traceback" not in text
