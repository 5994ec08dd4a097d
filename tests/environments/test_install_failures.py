"""The cause in what pip, uv and git really printed (tests/data/installers: pip 23.2, uv 0.13)."""

from __future__ import annotations

import pytest

from mabench_eval.environments.install_failures import PROXY, explain_failure
from tests.support.paths import ROOT

CAUSES = {
    "pip_build": "RuntimeError: CUDA_HOME is not set",
    "pip_conflict": "Cannot install tokenizers==0.19.1 and transformers==5.23.0: The user requested "
    "tokenizers==0.19.1; transformers 5.23.0 depends on tokenizers<0.24.0 and >=0.23.1",
    "pip_git": "there is no connection: unable to access 'https://github.com/facebookresearch/co-tracker/': Could not "
    "resolve host: github.com",
    "pip_hash": "a file is another than the one that was locked: Hash mismatch for six==1.16.0",
    "pip_nogit": "Cannot find command 'git' - do you have 'git' installed and in your PATH?",
    "pip_none": "No matching distribution found for nosuchpackage-xyz-1",
    "pip_offline": "there is no connection: Name or service not known",
    "pip_refused": "there is no connection: Connection refused",
    "pip_version": "No matching distribution found for numpy==99",
    "uv_build": "RuntimeError: CUDA_HOME is not set",
    "uv_git": "there is no connection: unable to access 'https://github.com/facebookresearch/co-tracker/': Could not "
    "resolve host: github.com",
    "uv_hash": "a file is another than the one that was locked: Failed to download `six==1.16.0`: Hash mismatch "
    "for `six==1.16.0`",
    "uv_none": "Because nosuchpackage-xyz-1 was not found in the package registry and you require "
    "nosuchpackage-xyz-1, we can conclude that your requirements are unsatisfiable.",
    "uv_offline": "there is no connection: Request failed after 3 retries in 5.6s: failed to lookup address "
    "information: Name or service not known",
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_is_told_and_the_proxy_for_connections_alone(name: str) -> None:
    lines = (ROOT / "tests" / "data" / "installers" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    failure = explain_failure(lines)
    assert failure.cause == CAUSES[name]
    assert (failure.hint == PROXY) is ("no connection" in failure.cause)


def test_of_a_conflict_uv_says_both_sides() -> None:
    file = ROOT / "tests" / "data" / "installers" / "uv_conflict.txt"
    cause = explain_failure(file.read_text(encoding="utf-8").splitlines()).cause
    assert "transformers==5.23.0 depends on tokenizers>=0.23.1" in cause
    assert "And because you require tokenizers==0.19.1" in cause


def test_a_connection_that_came_back_is_not_the_cause() -> None:
    lines = [
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError': /simple/one/",
        "ERROR: Cannot install one and two because these package versions have conflicting dependencies.",
    ]
    assert explain_failure(lines).hint == ""
    assert explain_failure([lines[0], "ERROR: No matching distribution found for one"]).hint == PROXY


def test_a_full_disk_and_silence() -> None:
    full = explain_failure(["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"])
    assert (full.cause, "MABENCH_EVAL_ENVIRONMENTS=DIR" in full.hint) == ("the disk is full", True)
    assert explain_failure([]).cause == "there was no output"
