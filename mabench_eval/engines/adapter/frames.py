"""A run's frames in the forms that repositories' own code asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from mabench_eval.types import Frames

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def pictures(frames: Frames) -> list[Image]:
    """The frames as RGB pictures, in order."""
    from PIL import Image

    return [Image.fromarray(pixels) for pixels in frames.pixels]


def normalised(
    frames: Frames,
    side: int,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
    *,
    crop: bool = False,
) -> Any:
    """The frames as a float32 tensor (T, 3, side, side): resized bicubically, whatever their shape, and normalised.

    As torchvision's ``Resize((side, side), BICUBIC)``, ``ToTensor`` and ``Normalize`` do with pictures. With ``crop``
    the shape is kept and the middle taken: ``Resize(side, BICUBIC)`` and ``CenterCrop(side)``.
    """
    import torch
    from PIL import Image

    def square(image: Image.Image) -> Image.Image:
        return _middle(image, side) if crop else image.resize((side, side), Image.Resampling.BICUBIC)

    scaled = np.stack([np.asarray(square(each)) for each in pictures(frames)]).astype(np.float32) / 255
    levelled = (scaled - np.array(mean, np.float32)) / np.array(std, np.float32)
    return torch.from_numpy(np.ascontiguousarray(levelled.transpose(0, 3, 1, 2)))


def _middle(image: Image, side: int) -> Image:
    """The middle square of a picture whose short side is resized to ``side``; torchvision's rounding."""
    from PIL import Image

    short = min(image.size)
    width, height = (int(side * length / short) for length in image.size)
    left, top = (round((length - side) / 2.0) for length in (width, height))
    resized = image.resize((width, height), Image.Resampling.BICUBIC)
    return resized.crop((left, top, left + side, top + side))


@contextmanager
def picture_files(images: Sequence[Image]) -> Iterator[list[str]]:
    """Paths of the pictures as lossless files, in order, for code that takes nothing but paths; gone afterwards."""
    with TemporaryDirectory(prefix="mabench-frames-") as folder:
        paths = [Path(folder) / f"{number:03d}.png" for number in range(len(images))]
        for path, image in zip(paths, images, strict=True):
            image.save(path, compress_level=1)
        yield [str(path) for path in paths]
