"""Made-up machines for ``doctor``, with such packages, GPUs and programs. Nothing of it has to be here."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from mabench_eval.engines.local.gpus import cuda_of_driver
from mabench_eval.engines.openai import ModelListing
from mabench_eval.environments import doctor
from tests.catalogue.test_model_cards import bare_environment

INSTALLED = {
    "vllm": "0.33.0",
    "torch": "2.14.0",
    "transformers": "5.23.0",
    "accelerate": "1.15.0",
    "av": "18.1.0",
    "torchvision": "0.29.0",
    "jinja2": "3.1.6",
    "aiohttp": "3.14.5",
    "certifi": "2026.10.18",
}

Machine = Callable[..., None]
"""Takes lines of nvidia-smi, its exit status, and the packages that are installed."""


def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with nothing: no GPU, no cache, no login. Calling what is returned installs packages and GPUs."""
    bare_environment(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(doctor, "open_engine", lambda card, seed: Namespace(problems=list))
    monkeypatch.setattr(doctor, "list_models", lambda settings, key: ModelListing((settings.model_id,)))
    monkeypatch.setattr("mabench_eval.environments.gpus.cuda_of_torch", lambda: None)  # whatever torch is here
    monkeypatch.setattr("mabench_eval.engines.local.gpus.supported_cuda", cuda_of_driver)  # and whatever driver

    def equip(*lines: str, status: int = 0, packages: Mapping[str, str] = INSTALLED) -> None:
        def version(name: str) -> str:
            if packages.get(name) is None:
                raise PackageNotFoundError(name)
            return packages[name]

        monkeypatch.setattr("importlib.metadata.version", version)
        if lines:
            script = tmp_path / "bin" / "nvidia-smi"
            script.parent.mkdir(exist_ok=True)
            output = "".join(f"echo '{line}'\n" for line in lines)
            script.write_text(f"#!/bin/sh\n{output}exit {status}\n", encoding="utf-8")
            script.chmod(0o755)

    equip(packages={})
    return equip
