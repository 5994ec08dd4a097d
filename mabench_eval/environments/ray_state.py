"""What ``doctor`` says of Ray. Imports it not, and connects to nothing."""

from __future__ import annotations

import os
from pathlib import Path

from mabench_eval.environments.doctor import Finding, version_of

OLDEST = (2, 40)
CURRENT = Path("ray") / "ray_current_cluster"
"""File below the folder for temporary files in which Ray keeps the address of a cluster that runs here."""


def ray_finding() -> Finding:
    """Whether ``--workers`` can be used, and the cluster that it would find; no run without it needs any of this."""
    version = version_of("ray")
    if version is None:
        return Finding("ray", "unknown", "not installed; --workers needs it", "pip install 'mabench_eval[ray]'")
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        return Finding("ray", "unknown", f"{version}; --workers needs 2.40 or newer", "pip install 'ray>=2.40'")
    address = address_here()
    found = f"a cluster runs at {address}: --ray {address}" if address else "--workers starts a cluster on this machine"
    return Finding("ray", "ok", f"{version}; {found}")


def address_here() -> str | None:
    """Of a cluster that this machine is part of, or that the environment names."""
    if given := os.environ.get("RAY_ADDRESS"):
        return given
    try:
        return (Path(os.environ.get("RAY_TMPDIR", "/tmp")) / CURRENT).read_text().strip() or None  # noqa: S108 - Ray's
    except OSError:
        return None
