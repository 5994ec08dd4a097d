"""The person's mask, by YOLOv8 of ultralytics."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval import ModelError

PERSON = 0
"""Number of the class in COCO, which YOLOv8 is trained on."""


class Segmenter:
    """Finds persons, and the pixels of each."""

    def __init__(self, weights: Path, device: str) -> None:
        """Raises ModelError for a file that is no network of ultralytics."""
        for name, value in (("YOLO_OFFLINE", "true"), ("YOLO_AUTOINSTALL", "false")):
            os.environ.setdefault(name, value)  # read at import: nothing is reported, nothing installed
        from ultralytics import YOLO

        try:
            self._model: Any = YOLO(str(weights), task="segment")
        except Exception as error:  # whatever ultralytics raises for a file that is none
            raise ModelError(f"{weights} is no network of ultralytics: {error}") from error
        self._device = device

    def masks(self, picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(persons, H, W) of an RGB picture."""
        colours = np.ascontiguousarray(picture[..., ::-1])  # as OpenCV reads pictures
        (found,) = self._model.predict(colours, classes=[PERSON], retina_masks=True, device=self._device, verbose=False)
        if found.masks is None:
            return np.zeros((0, *picture.shape[:2]), bool)
        return np.asarray(found.masks.data.cpu().numpy() > 0.5)
