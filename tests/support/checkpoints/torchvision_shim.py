"""Lets the CUDA-linked torchvision wheel be imported beside a CPU build of torch. Tests only.

torchvision registers shape functions for two of its C++ operators on import, and the operators are missing where its
library cannot be loaded. Declared here, without code behind them, they let transforms and processors work; calling the
operators themselves (non-maximum suppression) still fails. Importing this module is enough, before transformers is
imported. ``install_shim`` does the same for every process of an environment, through a ``.pth`` file.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

OPERATORS = ("nms", "qnms")
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
INSTALLED_NAME = "mabench_torchvision_shim"


class DeclareOperators(importlib.abc.MetaPathFinder):
    """Declares the operators when torchvision is about to be imported, and no earlier: torch takes a second to load."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            self.declare()
        return None

    @staticmethod
    def declare() -> None:
        try:
            torch = importlib.import_module("torch")
        except ImportError:
            return
        if torch.version.cuda is not None:  # the wheel's own operators load
            return
        for operator in OPERATORS:
            with contextlib.suppress(RuntimeError):  # declared already
                torch.library.define(f"torchvision::{operator}", SCHEMA)


def install_shim(site_packages: Path) -> Path:
    """Make every Python process of an environment import this module at its start; returns the ``.pth`` file."""
    (site_packages / f"{INSTALLED_NAME}.py").write_text(Path(__file__).read_text("utf-8"), "utf-8")
    hook = site_packages / f"{INSTALLED_NAME}.pth"
    hook.write_text(f"import {INSTALLED_NAME}\n", "utf-8")
    return hook


# Two finders do no harm: the second to be asked finds the operators declared.
if "torchvision" not in sys.modules:
    sys.meta_path.insert(0, DeclareOperators())
