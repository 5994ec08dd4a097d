"""``doctor`` tells the truth in eight machines: seven in which one thing is wrong, and one in which nothing is."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.cli import main
from mabench_eval.environments import doctor
from mabench_eval.environments.downloads import HubAnswer
from tests.support.machine import INSTALLED, Machine

H100 = "NVIDIA H100 80GB HBM3, 81559, 580.95.05"
WEIGHTS = {"config.json": "{}", "model.safetensors": "weights"}

Found = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def found(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Found:
    """What ``doctor`` finds of a model, by name. All is well here until a test breaks it."""
    monkeypatch.setenv("MABENCH_EVAL_ENVIRONMENTS", str(tmp_path / "environments"))
    monkeypatch.setattr(doctor, "ask_hub", lambda repo: HubAnswer("ok", "reachable"))
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr("shutil.disk_usage", lambda path: Namespace(free=500 * 10**9))
    machine(H100)

    def examined(*words: str, ready: bool) -> dict[str, dict[str, Any]]:
        assert main(["doctor", *words, "--json"]) == (0 if ready else 2)
        document = json.loads(capsys.readouterr().out)
        assert document["ready"] is ready
        findings = {finding["name"]: finding for finding in document["findings"]}
        assert all(finding["fix"] for finding in findings.values() if finding["state"] == "missing")
        return findings

    return examined


def missing(findings: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, finding in findings.items() if finding["state"] == "missing"}


def test_all_well(found: Found) -> None:
    findings = found("qwen3-vl-8b", ready=True)
    assert findings["gpu"]["summary"] == "NVIDIA H100 80GB HBM3 (86 GB), driver 580.95.05"  # 81,559 MiB
    assert findings["environment"]["state"] == "ok"
    assert missing(findings) == set()


def test_a_driver_that_is_too_old(found: Found, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA 13 needs 580, by the card where the packages are not here, and by torch where they are."""
    machine(H100.replace("580.95.05", "550.54.15"), packages={"av": "18.1.0"})
    gpu = found("qwen3-vl-8b", ready=False)["gpu"]
    assert gpu["summary"].endswith(": driver 550.54.15 is too old for CUDA 13.0, which needs 580 or newer")
    assert gpu["fix"] == "a newer driver; or packages for an older CUDA: --env vllm-0.12"
    gpu = found("qwen3-vl-8b", "--engine", "transformers", ready=False)["gpu"]
    assert gpu["fix"] == "a newer driver; or packages for an older CUDA: --env transformers-5-cuda12"
    found("qwen3-vl-8b", "--engine", "transformers", "--set", "device=cpu", ready=False)

    machine(H100.replace("580.95.05", "550.54.15"))
    monkeypatch.setattr("mabench_eval.environments.gpus.cuda_of_torch", lambda: "13.0")
    assert missing(found("qwen3-vl-8b", ready=False)) == {"gpu"}
    assert missing(found("qwen3-vl-8b", "--engine", "transformers", "--set", "device=cpu", ready=True)) == set()
    monkeypatch.setattr("mabench_eval.environments.gpus.cuda_of_torch", lambda: "12.8")
    found("qwen3-vl-8b", ready=True)
    monkeypatch.setattr("mabench_eval.environments.gpus.cuda_of_torch", lambda: "")
    gpu = found("qwen3-vl-8b", "--engine", "transformers", ready=False)["gpu"]
    assert (gpu["state"], gpu["fix"]) == ("missing", "--env auto; or, slowly: --device cpu")


def test_no_git(found: Found, machine: Machine, tmp_path: Path) -> None:
    machine(packages={"av": "18.1.0"})
    words = ["videollama2-7b", "--trust-remote-code"]
    git = found(*words, ready=False)["git"]
    assert (git["state"], git["fix"]) == ("missing", "install git, e.g. apt install git")
    assert "git" not in found("qwen3-vl-8b", ready=False)  # whose packages are all in the index
    program = tmp_path / "bin" / "git"
    program.touch(0o755)
    assert "git" not in found(*words, ready=False)


def test_an_old_c_library(found: Found, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """vLLM has no wheels below glibc 2.31; that stops nothing where it is installed all the same."""
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.28"))
    machine(H100, packages={"av": "18.1.0"})
    glibc = found("qwen3-vl-8b", ready=False)["glibc"]
    assert (glibc["state"], glibc["summary"]) == ("missing", "2.28; the packages of vllm-0.33 need 2.31 or newer")
    assert "glibc" not in found("qwen3-vl-8b", "--engine", "transformers", ready=False)  # 2.28 will do
    machine(H100, packages={**INSTALLED, "vllm": "0.32.0"})
    assert found("qwen3-vl-8b", ready=True)["glibc"]["state"] == "unknown"


def test_no_gpu(found: Found, tmp_path: Path) -> None:
    (tmp_path / "bin" / "nvidia-smi").unlink()
    gpu = found("qwen3-vl-8b", ready=False)["gpu"]
    assert gpu["summary"] == "none: there is no nvidia-smi; vllm needs one"
    gpu = found("qwen3-vl-8b", "--engine", "transformers", ready=True)["gpu"]
    assert (gpu["state"], "slowly: try --limit 1 first" in gpu["summary"]) == ("unknown", True)


def test_a_hidden_gpu(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        gpu = found("qwen3-vl-8b", ready=False)["gpu"]
        assert gpu["summary"] == "hidden by CUDA_VISIBLE_DEVICES; vllm needs one"
        assert gpu["fix"].startswith("unset CUDA_VISIBLE_DEVICES")
        assert (
            found("qwen3-vl-8b", "--engine", "transformers", ready=True)["gpu"]["fix"] == "unset CUDA_VISIBLE_DEVICES"
        )


def test_a_full_disk(found: Found, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """5 GB are free; the model takes 17 or so, and an environment of vLLM three times its download of 4.3."""
    machine(H100, packages={"av": "18.1.0"})
    monkeypatch.setattr("shutil.disk_usage", lambda path: Namespace(free=5 * 10**9))
    findings = found("qwen3-vl-8b", ready=False)
    assert findings["disk"]["fix"] == "export HF_HOME=DIR"
    assert findings["room"]["fix"] == "export MABENCH_EVAL_ENVIRONMENTS=DIR on another disk"
    assert findings["room"]["summary"].endswith("vllm-0.33 needs about 13 GB")
    monkeypatch.setattr("shutil.disk_usage", lambda path: Namespace(free=50 * 10**9))
    assert not {"room", "disk"} & missing(found("qwen3-vl-8b", ready=False))


def test_a_closed_gate(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ask_hub", lambda repo: HubAnswer("ok", "reachable", gated=True))
    findings = found("qwen3-vl-8b", ready=False)
    assert missing(findings) == {"licence"}
    assert findings["licence"]["fix"].endswith(", then: hf auth login")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")  # whether its owner has accepted shows with the download alone
    assert found("qwen3-vl-8b", ready=True)["licence"]["state"] == "unknown"
