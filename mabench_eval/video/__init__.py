"""Room mabench_eval/video."""

from mabench_eval.video.decoding import DECODERS, pick_decoder
from mabench_eval.video.input_modes import MODES, InputMode, arranged, input_identity, other_clips
from mabench_eval.video.prefetch import prepare_ahead
from mabench_eval.video.sampling import Sampling, starter_kit

__all__ = [
    "DECODERS",
    "MODES",
    "InputMode",
    "Sampling",
    "arranged",
    "input_identity",
    "other_clips",
    "pick_decoder",
    "prepare_ahead",
    "starter_kit",
]
