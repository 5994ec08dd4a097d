"""Clips to frames: decoded to the same pixels everywhere, sampled by a rule, shown as a video or as a control of it.

The next clips are prepared while a model answers on this one.
"""

from mabench_eval.video.decoder import DecoderName
from mabench_eval.video.decoding import DECODERS, check_decoder, decode, decode_content, read_whole
from mabench_eval.video.frames import ClipFacts, clip_facts, each_frame
from mabench_eval.video.input_modes import MODES, InputMode, arranged, input_identity, other_clips, shown_frames
from mabench_eval.video.mp4 import is_mp4, read_mp4
from mabench_eval.video.prefetch import prepare_ahead
from mabench_eval.video.sampling import Sampling, WholeClip, starter_kit
from mabench_eval.video.timeline import Timeline
from mabench_eval.video.with_pyav import decoder_name, frames_identity, header_problem

__all__ = [
    "DECODERS",
    "MODES",
    "ClipFacts",
    "DecoderName",
    "InputMode",
    "Sampling",
    "Timeline",
    "WholeClip",
    "arranged",
    "check_decoder",
    "clip_facts",
    "decode",
    "decode_content",
    "decoder_name",
    "each_frame",
    "frames_identity",
    "header_problem",
    "input_identity",
    "is_mp4",
    "other_clips",
    "prepare_ahead",
    "read_mp4",
    "read_whole",
    "shown_frames",
    "starter_kit",
]
