"""Qwen-VL and VideoLLaMA3: any resolution, frames in pairs or one by one, ChatML."""

from __future__ import annotations

from typing import Any

from . import templates
from .kit import HEAD, Kit, Parts, Shape
from .tokenizer import is_four

SPECIAL = ("<|im_start|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>")
FRAMES = 8
"""Frames whose pixels a video budget is made for."""

# The published files ask for sampling; an evaluation has to turn all of it off.
QWEN2_GENERATION = {
    "do_sample": True,
    "temperature": 0.1,
    "top_p": 0.001,
    "top_k": 1,
    "repetition_penalty": 1.05,
}
QWEN3_GENERATION = {"do_sample": True, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.0}


def qwen2_vl(hf: Any, shape: Shape) -> Parts:
    kit = _kit(hf, shape)
    vision = {
        "depth": shape.layers,
        "embed_dim": shape.width,
        "hidden_size": shape.width,
        "mlp_ratio": 2,
        "num_heads": shape.heads,
        "patch_size": 14,
    }
    config = hf.Qwen2VLConfig(text_config=_mrope(kit, [4, 6, 6]), vision_config=vision, **_ids(kit))
    processor = hf.Qwen2VLProcessor(**_pictures(kit, 28), chat_template=templates.QWEN2_VL)
    return Parts(hf.Qwen2VLForConditionalGeneration, config, processor, {**QWEN2_GENERATION, **kit.generation})


def qwen2_5_vl(hf: Any, shape: Shape) -> Parts:
    kit = _kit(hf, shape)
    vision = {
        "depth": shape.layers,
        "hidden_size": shape.width,
        "out_hidden_size": shape.width,
        "intermediate_size": 2 * shape.width,
        "num_heads": shape.heads,
        "patch_size": 14,
        "window_size": 56,
        "fullatt_block_indexes": [shape.layers - 1],
        "tokens_per_second": 2,
    }
    config = hf.Qwen2_5_VLConfig(text_config=_mrope(kit, [4, 6, 6]), vision_config=vision, **_ids(kit))
    processor = hf.Qwen2_5_VLProcessor(**_pictures(kit, 28), chat_template=templates.QWEN2_VL)
    return Parts(hf.Qwen2_5_VLForConditionalGeneration, config, processor, {**QWEN2_GENERATION, **kit.generation})


def qwen3_vl(hf: Any, shape: Shape) -> Parts:
    kit = _kit(hf, shape)
    vision = {
        "depth": shape.layers,
        "hidden_size": shape.width,
        "out_hidden_size": shape.width,
        "intermediate_size": 2 * shape.width,
        "num_heads": shape.heads,
        "patch_size": 16,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0],
    }
    text = _mrope(kit, [6, 5, 5], mrope_interleaved=True)
    config = hf.Qwen3VLConfig(text_config={**text, "head_dim": HEAD}, vision_config=vision, **_ids(kit))
    side, patches = shape.side(32), {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2}
    norm = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    image = hf.Qwen2VLImageProcessor(size={"shortest_edge": 32**2, "longest_edge": side**2}, **patches, **norm)
    # This family's budget is for all frames together.
    budget = {"shortest_edge": 2 * 32**2, "longest_edge": FRAMES * side**2}
    video = hf.Qwen3VLVideoProcessor(size=budget, cap_pixels_per_frame=False, **patches, **norm)
    processor = hf.Qwen3VLProcessor(
        image_processor=image, video_processor=video, tokenizer=kit.tokenizer, chat_template=templates.QWEN3_VL
    )
    return Parts(hf.Qwen3VLForConditionalGeneration, config, processor, {**QWEN3_GENERATION, **kit.generation})


def video_llama_3(hf: Any, shape: Shape) -> Parts:
    kit = _kit(hf, shape)
    ids = {"image_token_id": kit.id("<|image_pad|>"), "video_token_id": kit.id("<|video_pad|>")}
    config = hf.VideoLlama3Config(
        text_config=kit.text(model_type="qwen2"),
        vision_config=kit.tower(patch_size=14),
        tie_word_embeddings=False,
        **ids,
    )
    size = {"shortest_edge": 28**2, "longest_edge": shape.side(28) ** 2}
    processor = hf.VideoLlama3Processor(
        image_processor=hf.VideoLlama3ImageProcessor(size=size),
        video_processor=hf.VideoLlama3VideoProcessor(size={**size, "longest_edge": FRAMES * shape.side(28) ** 2}),
        tokenizer=kit.tokenizer,
        chat_template=templates.VIDEO_LLAMA_3,
    )
    return Parts(hf.VideoLlama3ForConditionalGeneration, config, processor, kit.generation)


def _kit(hf: Any, shape: Shape) -> Kit:
    named = {"image_token": "<|image_pad|>", "video_token": "<|video_pad|>"}
    return Kit(hf, shape, SPECIAL, eos="<|im_end|>", pad="<|endoftext|>", **named)


def _mrope(kit: Kit, sections: list[int], **more: Any) -> dict[str, Any]:
    """A language model whose positions have time, height and width; the sections sum to half a head."""
    rope = {"rope_type": "default", "mrope_section": sections, **more}
    if is_four(kit.hf):
        return kit.text(rope_scaling=rope, rope_theta=10000.0)
    return kit.text(rope_parameters={"rope_theta": 10000.0, **rope})


def _ids(kit: Kit) -> dict[str, Any]:
    names = {"image": "<|image_pad|>", "video": "<|video_pad|>"}
    ends = {"vision_start": "<|vision_start|>", "vision_end": "<|vision_end|>"}
    ids = {f"{name}_token_id": kit.id(token) for name, token in {**names, **ends}.items()}
    return {**ids, "tie_word_embeddings": False}


def _pictures(kit: Kit, unit: int) -> dict[str, Any]:
    """Qwen2's processors: patches of 14, merged two by two; the video budget is for each frame."""
    size = {"shortest_edge": unit**2, "longest_edge": kit.shape.side(unit) ** 2}
    return {
        "image_processor": kit.hf.Qwen2VLImageProcessor(size=size),
        "video_processor": kit.hf.Qwen2VLVideoProcessor(size=size, cap_pixels_per_frame=False),
        "tokenizer": kit.tokenizer,
    }
