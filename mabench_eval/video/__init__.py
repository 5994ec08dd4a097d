"""Room mabench_eval/video."""

from mabench_eval.video.decoding import DECODERS, pick_decoder
from mabench_eval.video.frames import ClipFacts, clip_facts, each_frame
from mabench_eval.video.input_modes import MODES, InputMode, arranged, input_identity, other_clips
from mabench_eval.video.prefetch import prepare_ahead
from mabench_eval.video.sampling import Sampling, starter_kit

__all__ = [
    "DECODERS",
    "MODES",
    "ClipFacts",
    "InputMode",
    "Sampling",
    "arranged",
    "clip_facts",
    "each_frame",
    "input_identity",
    "other_clips",
    "pick_decoder",
    "prepare_ahead",
    "starter_kit",
]
