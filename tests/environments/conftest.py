"""The made-up machine of the tests of ``doctor``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.machine import Machine, bare_machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with nothing; see ``bare_machine``."""
    return bare_machine(tmp_path, monkeypatch)
