"""Points that CoTracker3 follows, where they are in every picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from cotracker.predictor import CoTrackerPredictor
from numpy.typing import NDArray

from mabench_eval import ModelError

Floats = NDArray[np.float64]
WINDOW = 60
"""Frames that the offline model was trained on."""


class PointTracker:
    """CoTracker3, the offline model."""

    def __init__(self, weights: Path, device: str) -> None:
        """Raises ModelError for a file that holds other weights."""
        try:
            self._model: Any = CoTrackerPredictor(str(weights), offline=True, v2=False, window_len=WINDOW).to(device)
        except Exception as error:  # whatever torch raises for a file that is none
            raise ModelError(f"{weights} does not hold the weights of CoTracker3, offline: {error}") from error
        self._device = device

    def follow(self, pictures: NDArray[np.uint8], frame: int, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Where points are in all pictures: (T, N, 2) pixels, and (T, N) whether they are seen there.

        ``pictures``: (T, H, W, 3) RGB. ``points``: (N, 2), pixels of picture number ``frame``.
        """
        video = torch.from_numpy(pictures).to(self._device).permute(0, 3, 1, 2)[None].float()  # 0-255, as it wants them
        queries = np.column_stack([np.full(len(points), frame), points]).astype(np.float32)
        tracks, visible = self._model(
            video, queries=torch.from_numpy(queries).to(self._device)[None], backward_tracking=frame > 0
        )
        return tracks[0].double().cpu().numpy(), visible[0].cpu().numpy()
