"""Whether torch can use the GPUs of made-up machines: nvidia-smi is a script, torch a file that names its CUDA."""

from __future__ import annotations

import ctypes
import importlib.util
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from mabench_eval.engines.local import LocalSettings, cuda_of_torch, gpus
from mabench_eval.engines.local.gpus import check_device, cuda_of_driver, gpu_problems, supported_cuda
from mabench_eval.errors import ModelError

Machine = Callable[..., None]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Called: this machine has an H100 of that driver (none given: no GPU), and a torch built for that CUDA."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "supported_cuda", lambda driver: gpus.cuda_of_driver(driver))  # whatever is really here
    find_spec = importlib.util.find_spec

    def equip(driver: str | None, cuda: str | None, output: str = "", status: int = 0) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        monkeypatch.setenv("PATH", str(folder))
        script = folder / "nvidia-smi"
        script.unlink(missing_ok=True)
        if driver or output:
            script.write_text(f"#!/bin/sh\necho '{output or f'NVIDIA H100, 81559, {driver}'}'\nexit {status}\n")
            script.chmod(0o755)
        version = tmp_path / "torch" / "version.py"
        version.parent.mkdir(exist_ok=True)
        version.write_text(f"__version__ = '2.13.0'\ncuda: Optional[str] = {cuda!r}\nhip: Optional[str] = None\n")
        spec = Namespace(origin=str(version.with_name("__init__.py")))
        own = {"torch": spec}
        monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: own.get(name) or find_spec(name, *more))

    return equip


@pytest.mark.parametrize(
    ("driver", "cuda"),
    [
        ("450.51.05", 0),
        ("470.82.01", 11),
        ("525.60.13", 12),
        ("570.86.15", 12),
        ("580.65.06", 13),
        ("600.10", 13),
    ],
)
def test_the_newest_cuda_of_a_driver(driver: str, cuda: int) -> None:
    """By NVIDIA's table: CUDA 11 from 450.80.02 on, 12 from 525.60.13, 13 from 580.65.06."""
    assert cuda_of_driver(driver) == cuda


def test_the_drivers_own_library_knows_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NVIDIA's compatibility package CUDA 13 runs on a driver of 535: 13000 is version 13.0."""

    class Library:
        @staticmethod
        def cuDriverGetVersion(version: object) -> int:  # noqa: N802 - NVIDIA's name
            version._obj.value = 13000  # type: ignore[attr-defined]
            return 0

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library)
    assert supported_cuda("535.54") == 13


def test_a_driver_that_is_too_old_is_refused_unless_the_processor_is_asked_for(machine: Machine) -> None:
    machine("570.86.15", "13.0")
    (problem,) = gpu_problems("auto")
    assert problem.startswith("driver 570.86.15 is too old for CUDA 13.0, which needs 580 or newer: ")
    assert "--device cpu" in problem
    assert gpu_problems("cpu") == []
    machine("580.95", "13.0")
    assert gpu_problems("auto") == []
    machine("570.86.15", "12.8")
    assert gpu_problems("auto") == []


def test_a_torch_without_cuda_beside_a_gpu_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine("580.95", None)
    assert cuda_of_torch() == ""
    assert "build without CUDA and cannot use the NVIDIA H100: --env auto; --device cpu" in gpu_problems("auto")[0]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # hidden on purpose
    assert gpu_problems("auto") == []
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    machine(None, None)
    assert gpu_problems("auto") == []


def test_a_driver_that_does_not_answer_is_refused_and_no_device_is_no_gpu(machine: Machine) -> None:
    machine(None, "13.0", "Failed to initialize NVML: Driver/library version mismatch", 18)
    assert gpu_problems("auto")[0].startswith("nvidia-smi fails: Failed to initialize NVML")
    machine(None, "13.0", "No devices were found", 6)
    assert gpu_problems("auto") == []


def test_before_loading_torch_itself_is_asked(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    notes: list[str] = []
    machine("580.95", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    def too_old() -> None:
        raise RuntimeError("The NVIDIA driver on your system is too old (found version 12080).\nPlease update")

    monkeypatch.setattr(torch.cuda, "init", too_old)
    with pytest.raises(
        ModelError, match="cannot use the GPU of this machine: The NVIDIA driver on your system is too old"
    ):
        check_device(LocalSettings("org/model"), notes.append)
    check_device(LocalSettings("org/model", device="cpu"), notes.append)
    assert notes == []
    machine(None, "13.0")
    check_device(LocalSettings("org/model"), notes.append)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    check_device(LocalSettings("org/model"), notes.append)
    assert notes == [
        "no GPU is found: the model runs on the processor, slowly",
        "CUDA_VISIBLE_DEVICES hides the GPUs: the model runs on the processor, slowly",
    ]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    machine("580.95", "13.0")
    check_device(LocalSettings("org/model"), notes.append)
    assert len(notes) == 2
