"""Where the weights of CoTracker3 and YOLOv8 are, and how they get there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from mabench_eval import Json, file_digest

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "weights": "https://huggingface.co/facebook/cotracker3/resolve/main/scaled_offline.pth",
        "segmenter": "https://github.com/ultralytics/assets/releases/download/v8.4.0/yolov8x-seg.pt",
    }
)
"""Setting -> where its file comes from."""
PACKAGES = ("torch", "cotracker", "ultralytics", "cv2")


def weight_files(settings: Json) -> dict[str, Path]:
    """Setting -> the file that it names, else where torch.hub's own download puts it."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "torch"
    folder = Path(home).expanduser() / "hub" / "checkpoints"
    return {
        what: Path(str(settings[what])).expanduser() if settings[what] else folder / source.rpartition("/")[2]
        for what, source in SOURCES.items()
    }


def weight_digests(settings: Json) -> Json:
    """sha256 of both files; None for one that is not there."""
    return {what: file_digest(file) if file.is_file() else None for what, file in weight_files(settings).items()}


def weight_problems(settings: Json) -> list[str]:
    """Packages and files that are missing, a line each, with what to do about it."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    found = [f"not installed are {', '.join(missing)}: --env auto"] if missing else []
    for what, file in weight_files(settings).items():
        if not file.is_file() and settings[what]:
            found.append(f"there is no {file}: --set {what}=FILE")
        elif not file.is_file():
            load = f"curl --create-dirs -Lo {file} {SOURCES[what]}"
            found.append(f"{file.name} is not downloaded, and no --set {what}=FILE given: {load}")
    return found
