"""The GPUs of this machine, and whether the torch that is installed can use them. Imports no torch and wakes no CUDA.

A process that asks CUDA for its devices cannot be forked any more, so what shows from versions is read from versions.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import ModelError

TIMEOUT_S = 12.0
"""For nvidia-smi, which wakes the driver."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU, as nvidia-smi describes it."""

    name: str
    memory: int | None
    """Bytes in all; None where it does not say."""
    driver: str


def find_gpus() -> list[Gpu]:
    """The NVIDIA GPUs that this process may use. Raises OSError when nvidia-smi is there and does not answer."""
    command = shutil.which("nvidia-smi")
    if command is None or is_hidden():
        return []

    query = [command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise OSError("nvidia-smi does not answer") from error
    if done.returncode:
        reason = (done.stdout + done.stderr).strip().splitlines() or [f"status {done.returncode}"]
        if "No devices were found" in reason[0]:
            return []
        raise OSError(f"nvidia-smi fails: {reason[0]}")

    gpus = [_read_gpu(line) for line in done.stdout.splitlines() if line.count(",") >= 2]
    numbers = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    if all(number.strip().isdigit() for number in numbers):  # names of GPUs are left to CUDA
        return [gpus[int(number)] for number in numbers if int(number) < len(gpus)]
    return gpus


def _read_gpu(line: str) -> Gpu:
    """A line ``name, memory in MiB, driver``."""
    name, memory, driver = (part.strip() for part in line.rsplit(",", 2))
    return Gpu(name, int(memory) << 20 if memory.isdigit() else None, driver)


OLDEST_DRIVER = {11: "450.80", 12: "525.60", 13: "580.65"}
"""First number of a CUDA version -> the oldest driver for Linux on which all its minor versions run.

Source: NVIDIA, CUDA Toolkit release notes, table "CUDA Toolkit and Minimum Required Driver Version for CUDA Minor
Version Compatibility".
"""


def is_hidden() -> bool:
    """Whether CUDA_VISIBLE_DEVICES hides every GPU from this process."""
    return os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")


def driver_problem(gpus: Sequence[Gpu], cuda: str) -> str | None:
    """Why packages for a version of CUDA (``13.0``) cannot use these GPUs; None where they can, or nobody knows."""
    wanted = int(cuda.split(".")[0]) if gpus and cuda[:1].isdigit() else 0
    if not wanted or wanted not in OLDEST_DRIVER or wanted <= supported_cuda(gpus[0].driver):
        return None
    oldest = OLDEST_DRIVER[wanted].split(".")[0]
    return f"driver {gpus[0].driver} is too old for CUDA {cuda}, which needs {oldest} or newer"


def supported_cuda(driver: str) -> int:
    """The first number of the newest CUDA that a driver runs; 0 for one older than any.

    The driver's own library knows best: with NVIDIA's compatibility package an older driver runs a newer CUDA.
    """
    version = ctypes.c_int(0)
    try:
        if ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(version)) == 0:  # which starts no CUDA
            return version.value // 1000
    except (OSError, AttributeError):
        pass
    return cuda_of_driver(driver)


def cuda_of_driver(driver: str) -> int:
    """The same by the driver's number alone."""
    return max((cuda for cuda, oldest in OLDEST_DRIVER.items() if _numbers(driver) >= _numbers(oldest)), default=0)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def cuda_of_torch() -> str | None:
    """The CUDA version that the installed torch is built for; empty for a build without; None where torch is not."""
    spec = importlib.util.find_spec("torch")
    origin = getattr(spec, "origin", None)
    try:
        text = (Path(origin).parent / "version.py").read_text(encoding="utf-8") if origin else ""
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(r"^cuda\b[^=]*= *(?:'([\d.]+)'|None)", text, re.MULTILINE)
    return (found[1] or "") if found else None


ON_CPU = "--device cpu runs it on the processor all the same"


def gpu_problems(device: str, otherwise: str = ON_CPU) -> list[str]:
    """Why the torch that is installed cannot use this machine's GPU; none without one, and on the ``device`` ``cpu``.

    A run that falls back to the processor takes weeks: it is refused, unless the processor is asked for. ``otherwise``
    says how.
    """
    cuda = None if device == "cpu" else cuda_of_torch()
    if cuda is None:
        return []
    try:
        gpus = find_gpus()
    except OSError as error:
        return [f"{error}: repair the driver until nvidia-smi answers; {otherwise}"]
    if gpus and not cuda:
        return [
            f"the installed torch is a build without CUDA and cannot use the {gpus[0].name}: --env auto; {otherwise}"
        ]
    problem = driver_problem(gpus, cuda)
    return [f"{problem}: a newer driver, or packages for an older CUDA (--env NAME); {otherwise}"] if problem else []


def check_device(settings: LocalSettings, note: Callable[[str], None]) -> None:
    """Before a checkpoint is loaded, ask torch itself. Raises ModelError where a GPU is here and torch cannot use it.

    Where there is none, ``note`` says that the model runs on the processor.
    """
    import torch

    if settings.device == "cpu" or torch.cuda.is_available():
        return
    try:
        there = bool(find_gpus())
    except OSError:
        there = True
    if there or settings.device.startswith("cuda"):
        try:
            torch.cuda.init()
            reason = "it sees no device"
        except (RuntimeError, AssertionError) as error:  # what it raises without CUDA, driver or device
            reason = " ".join(str(error).split())
        raise ModelError(
            f"torch {torch.__version__} cannot use the GPU of this machine: {reason}",
            hint="mabench-eval doctor MODEL compares driver and packages; --device cpu runs it on the processor.",
        )
    cause = "CUDA_VISIBLE_DEVICES hides the GPUs" if is_hidden() else "no GPU is found"
    note(f"{cause}: the model runs on the processor, slowly")
