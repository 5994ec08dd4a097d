"""What ``doctor`` says of Ray, and what a run says before it needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mabench_eval.environments import ray_state
from mabench_eval.errors import InputError
from mabench_eval.packages import install_command
from mabench_eval.planning.config import RunConfig
from mabench_eval.planning.preflight import prepare
from tests.support.benchmarks import write_benchmark


@pytest.mark.parametrize(
    ("version", "address", "expected"),
    [
        (None, None, ("unknown", "not installed; --workers needs it")),
        ("2.9.0", None, ("unknown", "2.9.0; --workers needs 2.40 or newer")),
        ("2.60.0", None, ("ok", "2.60.0; --workers starts a cluster on this machine")),
        ("2.60.0", "10.0.0.1:6379", ("ok", "2.60.0; a cluster runs at 10.0.0.1:6379: --ray 10.0.0.1:6379")),
    ],
)
def test_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, address: str | None, expected: tuple[str, str]
) -> None:
    monkeypatch.setattr(ray_state, "version_of", lambda package: version)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    if address:
        (tmp_path / "ray").mkdir()
        (tmp_path / "ray" / "ray_current_cluster").write_text(f"{address}\n")
    finding = ray_state.ray_finding()
    assert (finding.state, finding.summary) == expected


def test_workers_are_refused_where_they_are_of_no_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, openai_key: str
) -> None:
    data = write_benchmark(tmp_path / "data", videos=True)
    config = RunConfig("gpt-4o", data=str(data), output=tmp_path, workers=2, judge="none")
    with pytest.raises(InputError) as caught:
        prepare(config)
    assert any("one process saturates an endpoint" in problem for problem in caught.value.problems)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        prepare(RunConfig("random", data=str(data), output=tmp_path, workers="auto", judge="none"))
    assert caught.value.problems == (f"--workers needs ray: {install_command('ray')}",)
    with pytest.raises(InputError, match="at least 1"):
        RunConfig("random", workers=0)
    assert RunConfig("random", ray="auto").workers == "auto"
