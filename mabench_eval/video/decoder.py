"""What a decoder is: bytes of a clip in, the sampled pictures and their times out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mabench_eval.video.sampling import Sampling
from mabench_eval.video.timeline import Timeline

DecoderName = Literal["pyav", "decord"]
Pixels: TypeAlias = NDArray[np.uint8]


class UnusableError(Exception):
    """What is wrong with a file, after its name and a colon."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What a decoder has made of a clip."""

    timeline: Timeline
    pictures: Mapping[int, Pixels]
    """Frame number -> picture (H, W, 3), RGB, of those frames at least that are sampled on the timeline."""
    decoder: str | None = None
    """With its version, where it is not PyAV."""


class Decoder(Protocol):
    """Decodes the sampled frames of a clip on this thread alone; any number of clips at once."""

    def __call__(self, content: bytes, sampling: Sampling, *, plain: bool) -> Decoded:
        """The frames of the clip whose file holds these bytes; ``plain``: as its header says. Raises UnusableError."""
