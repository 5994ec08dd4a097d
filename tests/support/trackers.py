"""Modules with the calling surface of the packages that trackers run: rtmlib, ONNX Runtime, CoTracker, ultralytics.

They check what they are given as the real ones need it: files, shapes, number formats, order of colours. What they find
is scripted. Torch is numpy here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

RED = (255, 0, 0)
"""Of the corner of every picture that they are shown: OpenCV has it as blue, green, red."""
BOUND = (".masks", ".people", ".points")
"""Modules of the trackers that bind these packages when they are imported."""


def with_corner(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with a red corner."""
    marked = picture.copy()
    marked[:4, :4] = RED
    return marked


def check_colours(image: NDArray[np.uint8]) -> None:
    assert isinstance(image, np.ndarray)
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.flags.c_contiguous
    assert tuple(image[0, 0]) == RED[::-1], "colours are in the order that OpenCV reads them in"


def write_network(file: Path, shape: list[Any]) -> Path:
    """A file that the stand-in of ONNX Runtime reads: what its input is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(shape))
    return file


@dataclass
class Seen:
    """What the stand-in of rtmlib finds, picture by picture, and what it was asked."""

    boxes: Callable[[int], list[list[float]]]
    """Number of the picture -> boxes of left, top, right, bottom."""
    joints: Callable[[int, Any], tuple[NDArray[np.float64], NDArray[np.float64]]]
    """Number of the picture, and a box -> (joints, 2) pixels and their (joints,) scores."""
    asked: list[list[float]] = field(default_factory=list)
    """Boxes that joints were asked for."""
    pictures: int = 0


@contextmanager
def rtmlib_stand_in(monkeypatch: pytest.MonkeyPatch, seen: Seen) -> Iterator[Seen]:
    """``rtmlib`` 0.0.16 and ``onnxruntime``."""

    class SessionOptions:
        intra_op_num_threads = 0
        inter_op_num_threads = 0

    class InferenceSession:
        def __init__(self, file: str, options: SessionOptions, providers: list[str]) -> None:
            assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
            assert providers == ["CPUExecutionProvider"]
            self.shape = json.loads(Path(file).read_text())

        def get_inputs(self) -> list[Any]:
            return [SimpleNamespace(name="input", shape=self.shape)]

    class Tool:
        session: InferenceSession

        def __init__(self, onnx_model: str, model_input_size: tuple[int, int]) -> None:
            assert Path(onnx_model).is_file(), "rtmlib would download it"
            self.size = model_input_size

    class YOLOX(Tool):
        def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
            check_colours(image)
            assert [1, 3, *self.size] == self.session.shape
            boxes = seen.boxes(seen.pictures)
            seen.pictures += 1
            return np.array(boxes)  # of no box: the shape (0,)

    class RTMPose(Tool):
        def __call__(self, image: NDArray[np.uint8], bboxes: list[Any]) -> tuple[Any, Any]:
            check_colours(image)
            assert [*self.session.shape[:2], *self.size[::-1]] == self.session.shape
            assert len(bboxes), "rtmlib would take the whole picture for a person"
            seen.asked += [list(map(float, box)) for box in bboxes]
            found = [seen.joints(seen.pictures - 1, box) for box in bboxes]
            return np.stack([joints for joints, _ in found]), np.stack(
                [scores for _, scores in found], dtype=np.float32
            )

    runtime = _module("onnxruntime", SessionOptions=SessionOptions, InferenceSession=InferenceSession)
    with _in_place(monkeypatch, runtime, _module("rtmlib", YOLOX=YOLOX, RTMPose=RTMPose)):
        yield seen


class Tensor:
    """As much of a tensor as the tracker uses."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def to(self, device: str) -> Self:
        assert device == "cpu"
        return self

    def cpu(self) -> Self:
        return self

    def permute(self, *axes: int) -> Tensor:
        return Tensor(self.array.transpose(axes))

    def float(self) -> Tensor:
        return Tensor(self.array.astype(np.float32))

    def double(self) -> Tensor:
        return Tensor(self.array.astype(np.float64))

    def numpy(self) -> NDArray[Any]:
        return self.array

    def __getitem__(self, place: Any) -> Tensor:
        return Tensor(self.array[place])


@dataclass
class Followed:
    """What the stand-ins of CoTracker and ultralytics find, and what they were asked."""

    move: Callable[[NDArray[np.float64], int], NDArray[np.float64]]
    """(N, 2) points of their first picture, and pictures from there (negative before it) -> how far they are away."""
    hidden: Callable[[NDArray[np.float64], int], NDArray[np.bool_]]
    """The same -> which are not seen."""
    masks: Callable[[int], NDArray[np.uint8] | None]
    """Number of the call -> (persons, H, W); None where nobody is found."""
    queries: list[NDArray[np.float32]] = field(default_factory=list)
    calls: int = 0


@contextmanager
def cotracker_stand_in(monkeypatch: pytest.MonkeyPatch, followed: Followed) -> Iterator[Followed]:
    """``cotracker`` at its commit of January 2025, ``ultralytics`` 8.4 and as much of ``torch`` as is used."""

    class CoTrackerPredictor:
        def __init__(self, checkpoint: str, offline: bool, v2: bool, window_len: int) -> None:
            assert (offline, v2, window_len) == (True, False, 60)
            if Path(checkpoint).read_bytes() != b"cotracker3":
                raise RuntimeError("Error(s) in loading state_dict")

        def to(self, device: str) -> Self:
            assert device == "cpu"
            return self

        def __call__(self, video: Tensor, queries: Tensor, backward_tracking: bool) -> tuple[Tensor, Tensor]:
            count, frames, colours, height, width = video.shape
            assert (count, colours, video.array.dtype) == (1, 3, np.float32)
            assert video.array.max() > 1, "0-255"
            assert tuple(video.array[0, 0, :, 0, 0]) == RED, "red, green, blue"
            (asked,) = queries.array
            assert queries.array.dtype == np.float32
            assert asked.shape == (len(asked), 3)
            first, points = int(asked[0, 0]), asked[:, 1:].astype(np.float64)
            assert set(asked[:, 0]) == {first}
            assert (points >= 0).all()
            assert (points < (width, height)).all()
            assert backward_tracking or first == 0, "pictures before the points would be left out"
            followed.queries.append(asked)
            tracks = np.stack([points + followed.move(points, frame - first) for frame in range(frames)])
            seen = np.stack([~followed.hidden(points, frame - first) for frame in range(frames)])
            return Tensor(tracks[None].astype(np.float32)), Tensor(seen[None])

    class YOLO:
        def __init__(self, model: str, task: str) -> None:
            assert task == "segment"
            if Path(model).read_bytes() != b"yolov8":
                raise TypeError("model is not a supported model format")

        def predict(
            self, source: NDArray[np.uint8], *, classes: list[int], retina_masks: bool, device: str, verbose: bool
        ) -> list[Any]:
            check_colours(source)
            assert (classes, retina_masks, device, verbose) == ([0], True, "cpu", False)
            found = followed.masks(followed.calls)
            followed.calls += 1
            assert found is None or found.shape[1:] == source.shape[:2]
            return [SimpleNamespace(masks=None if found is None else SimpleNamespace(data=Tensor(found)))]

    predictor = _module("cotracker.predictor", CoTrackerPredictor=CoTrackerPredictor)
    torch = _module("torch", from_numpy=Tensor)
    packages = torch, _module("cotracker", predictor=predictor), predictor, _module("ultralytics", YOLO=YOLO)
    with _in_place(monkeypatch, *packages):
        yield followed


def _module(name: str, **content: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(content)
    return module


@contextmanager
def _in_place(monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> Iterator[None]:
    """Modules stand in for installed ones, as the trackers import them; what is bound to them is forgotten after."""
    with monkeypatch.context() as context:
        for module in modules:
            context.setitem(sys.modules, module.__name__, module)
        _forget_bound()
        yield
    _forget_bound()


def _forget_bound() -> None:
    ours = "mabench_eval_plugin_", "trackers."
    for name in [name for name in sys.modules if name.startswith(ours) and name.endswith(BOUND)]:
        del sys.modules[name]
