"""The files of rtmlib's networks: which there are, and where its own download puts them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from mabench_eval import Json, file_digest

_X = "yolox_x_8xb8-300e_humanart-a39d44ed"
_M = "yolox_m_8xb8-300e_humanart-c2c7a14a"
_TINY = "yolox_tiny_8xb8-300e_humanart-6f3252f9"
_FEET = "simcc-body7_pt-body7-halpe26_700e"
_WHOLE = "simcc-cocktail14_270e"
SOLUTIONS: Mapping[str, str] = MappingProxyType({"halpe26": "BodyWithFeet", "coco133": "Wholebody"})
"""Layout -> the class of rtmlib that finds it."""
JOINTS: Mapping[str, int] = MappingProxyType({"halpe26": 26, "coco133": 133})
NETWORKS: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType(
    {
        ("halpe26", "performance"): (_X, f"rtmpose-x_{_FEET}-384x288-7fb6e239_20230606"),
        ("halpe26", "balanced"): (_M, f"rtmpose-m_{_FEET}-256x192-4d3e73dd_20230605"),
        ("halpe26", "lightweight"): (_TINY, f"rtmpose-s_{_FEET}-256x192-7f134165_20230605"),
        ("coco133", "performance"): (_M, f"rtmw-dw-x-l_{_WHOLE}-384x288_20231122"),
        ("coco133", "balanced"): (_M, f"rtmw-dw-x-l_{_WHOLE}-256x192_20231122"),
        ("coco133", "lightweight"): (_TINY, f"rtmw-dw-l-m_{_WHOLE}-256x192_20231122"),
    }
)
"""(layout, mode) -> names of the detector and of the network that finds the joints, as rtmlib 0.0.16 has them."""
WHAT = ("detector", "pose")
MODES = ("balanced", "lightweight", "performance")


def network_files(settings: Json) -> dict[str, Path]:
    """``detector`` and ``pose`` -> the file: that which the settings name, else where rtmlib's own download puts it."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "rtmlib"
    folder = Path(home).expanduser() / "hub" / "checkpoints"
    names = NETWORKS.get((settings["joints"], settings["mode"]), WHAT)  # `network_problems` tells of settings
    return {
        what: Path(str(settings[what])).expanduser() if settings[what] else folder / f"{name}.onnx"
        for what, name in zip(WHAT, names, strict=True)
    }


def network_digests(settings: Json) -> Json:
    """sha256 of both files; None for one that is not there."""
    files = network_files(settings)
    return {what: file_digest(file) if file.is_file() else None for what, file in files.items()}


def network_problems(settings: Json, environment: str) -> list[str]:
    """What is missing, a line each: settings that are none, packages, files. ``environment``: that the packages are in.

    What rtmlib downloads is asked for before a build: its workers would do so all at once.
    """
    layout, mode = settings["joints"], settings["mode"]
    if layout not in SOLUTIONS:
        return [f"joints are {' or '.join(SOLUTIONS)}, not {layout}: --set joints=halpe26"]
    if mode not in MODES:
        return [f"the mode is one of {', '.join(MODES)}, not {mode}: --set mode=balanced"]

    packages = [name for name in ("rtmlib", "onnxruntime", "cv2") if find_spec(name) is None]
    found = [f"not installed are {', '.join(packages)}: --env auto"] if packages else []
    missing = {what: file for what, file in network_files(settings).items() if not file.is_file()}
    found += [f"there is no {file}: --set {what}=FILE" for what, file in missing.items() if settings[what]]
    if downloads := [what for what in missing if not settings[what]]:
        given = " ".join(f"--set {what}=FILE" for what in downloads)
        load = f"import rtmlib; rtmlib.{SOLUTIONS[layout]}(mode='{mode}')"
        found.append(
            f"rtmlib has not downloaded its networks {layout}, {mode}, and no {given} given: "
            f'$(mabench-eval env path {environment}) -c "{load}"'
        )
    return found
