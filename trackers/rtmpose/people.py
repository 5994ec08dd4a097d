"""Who is in a picture, by rtmlib: a detector finds persons, RTMPose the joints of the one that is followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import rtmlib
from numpy.typing import NDArray

from mabench_eval import ModelError

from .networks import JOINTS
from .person import Floats, Person


class People:
    """Of several persons the largest is taken, and followed from picture to picture by the box around it."""

    def __init__(self, detector: Path, pose: Path, layout: str) -> None:
        """Both networks as ``.onnx`` files. Raises ModelError for a file that is none, or has another input."""
        # Sizes are read from the files: rtmlib knows those of its own downloads alone.
        rows, columns, session = _session(detector)
        self._detector = rtmlib.YOLOX(str(detector), model_input_size=(rows, columns))
        self._detector.session = session
        rows, columns, session = _session(pose)
        self._pose = rtmlib.RTMPose(str(pose), model_input_size=(columns, rows))
        self._pose.session = session
        self._file, self._layout = pose, layout
        self._last: Floats | None = None

    def begin(self) -> None:
        """Forget whom the last clip showed."""
        self._last = None

    def see(self, picture: NDArray[np.uint8]) -> Person:
        """The next picture, RGB. Raises ModelError where the network finds joints of another layout."""
        count = JOINTS[self._layout]
        colours = np.ascontiguousarray(picture[..., ::-1])  # rtmlib takes pictures as OpenCV reads them
        boxes = np.asarray(self._detector(colours), np.float64).reshape(-1, 4)
        if not len(boxes):  # where RTMPose would take the whole picture for a person
            return Person(np.full((count, 2), np.nan), np.zeros(count), 0)

        self._last = max(boxes, key=self._rank)
        (joints,), (scores,) = self._pose(colours, bboxes=[self._last])
        if len(joints) != count:
            raise ModelError(f"{self._file} finds {len(joints)} joints, not the {count} of {self._layout}")
        shares = np.asarray(joints, np.float64) / picture.shape[1::-1]
        return Person(shares, np.clip(np.asarray(scores, np.float64), 0, 1), len(boxes))

    def _rank(self, box: Floats) -> tuple[float, float]:
        """By what it shares with the box of the picture before, and then by its size."""
        return (0.0 if self._last is None else _area(_overlap(box, self._last))), _area(box)


def _overlap(one: Floats, other: Floats) -> Floats:
    """(4,): left, top, right and bottom of what two boxes share."""
    return np.concatenate([np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])])


def _area(box: Floats) -> float:
    return float(np.prod(np.maximum(box[2:] - box[:2], 0)))


def _session(network: Path) -> tuple[int, int, Any]:
    """Rows and columns of the picture that a network takes, and the network on one thread: there is a worker a core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # whatever ONNX Runtime raises for a file that is none
        raise ModelError(f"{network} is no network that ONNX Runtime can run: {error}") from error
    match session.get_inputs()[0].shape:
        case [_, 3, int(rows), int(columns)]:
            return rows, columns, session
        case shape:
            raise ModelError(f"{network} takes {shape}, not one picture of a fixed size: (1, 3, rows, columns)")
