"""Built-in Python models and judges with code in the package: changed behaviour needs a new version.

The key of an answer holds the hash of the adapter's file and the card's version, not that of the modules it imports.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mabench_eval.catalogue import load_catalogue
from tests.support.paths import GOLDEN, ROOT

PACKAGE = ROOT / "mabench_eval"
KNOWN = GOLDEN / "versions.txt"


def modules(name: str) -> list[Path]:
    """The package's modules that a model's or judge's answers depend on."""
    own = {
        "lexical": ["language/*.py"],
        "motion": ["language/*.py", "motion/*.py"],
        "text-probe": ["auditing/probe.py"],
    }[name]
    return [PACKAGE / "taxonomy.py", *(path for pattern in own for path in sorted(PACKAGE.glob(pattern)))]


@pytest.mark.parametrize("name", ["lexical", "motion", "text-probe"])
def test_code_and_version_change_together(name: str) -> None:
    """After a change: raise `version` in the card if answers can differ, then write the line this test asks for."""
    catalogue = load_catalogue()
    version = (catalogue.models.get(name) or catalogue.judges[name]).version
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in modules(name))).hexdigest()[:16]
    assert f"{name} version {version}: {digest}" in KNOWN.read_text(encoding="utf-8").splitlines()
