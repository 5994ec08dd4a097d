"""A build with questions, made once."""

from __future__ import annotations

import pytest

from mabench_eval.construction import BuildFolder
from tests.construction.verification.asked import asked_build


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    """The demo with questions that are right. Not to be changed: tests take copies."""
    return asked_build(tmp_path_factory.mktemp("asked") / "mine")
