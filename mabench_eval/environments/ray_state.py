"""Whether Ray can be used here. Does not import it, and connects to nothing."""

from __future__ import annotations

import os
from pathlib import Path

from mabench_eval.environments.findings import Finding, version_numbers, version_of
from mabench_eval.packages import install_command

OLDEST = (2, 40)
ADDRESS_FILE = Path("ray") / "ray_current_cluster"
"""Below the folder for temporary files: the address of a cluster that runs here, written by Ray."""


def ray_finding() -> Finding:
    """Whether ``--workers`` can be used, and the cluster that it would find. Other runs need none of this."""
    version = version_of("ray")
    if version is None:
        return Finding("ray", "unknown", "not installed; --workers needs it", install_command("ray"))
    if version_numbers(version) < OLDEST:
        return Finding("ray", "unknown", f"{version}; --workers needs 2.40 or newer", "pip install 'ray>=2.40'")
    address = local_cluster_address()
    use = f"a cluster runs at {address}: --ray {address}" if address else "--workers starts a cluster on this machine"
    return Finding("ray", "ok", f"{version}; {use}")


def local_cluster_address() -> str | None:
    """Address of the cluster that RAY_ADDRESS names, or that this machine is part of; None where there is none."""
    if given := os.environ.get("RAY_ADDRESS"):
        return given
    try:
        return (Path(os.environ.get("RAY_TMPDIR", "/tmp")) / ADDRESS_FILE).read_text().strip() or None  # noqa: S108 - Ray's
    except OSError:
        return None
