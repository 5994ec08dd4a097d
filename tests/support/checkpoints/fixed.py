"""LLaVA, InternVL, Pixtral and Phi-4: a tower of its own before a plain language model."""

from __future__ import annotations

from typing import Any

from . import templates
from .kit import HEAD, Kit, Parts, Shape
from .tokenizer import is_four


def llava_onevision(hf: Any, shape: Shape) -> Parts:
    kit = _chatml(hf, shape, ("<image>", "<video>"), image_token="<image>", video_token="<video>")
    side = shape.side(28)
    square, tiles = {"height": side, "width": side}, [[side, side], [side, 2 * side], [2 * side, side]]
    tower = kit.tower(model_type="siglip_vision_model", image_size=side, patch_size=14, vision_use_head=False)
    config = hf.LlavaOnevisionConfig(
        vision_config=tower,
        text_config=kit.text(model_type="qwen2"),
        image_token_index=kit.id("<image>"),
        video_token_index=kit.id("<video>"),
        image_grid_pinpoints=tiles,
        tie_word_embeddings=False,
    )
    processor = hf.LlavaOnevisionProcessor(
        image_processor=hf.LlavaOnevisionImageProcessor(size=square, image_grid_pinpoints=tiles),
        video_processor=hf.LlavaOnevisionVideoProcessor(size=square),
        tokenizer=kit.tokenizer,
        num_image_tokens=(side // 14) ** 2,
        vision_feature_select_strategy="full",
        chat_template=templates.LLAVA_ONEVISION,
    )
    return Parts(hf.LlavaOnevisionForConditionalGeneration, config, processor, kit.generation)


def llava_next_video(hf: Any, shape: Shape) -> Parts:
    kit = _sentence(hf, shape, ("<image>", "<video>"), image_token="<image>", video_token="<video>")
    # vLLM 0.32 divides by image_size // 14**2: a tower of less than 196 pixels would be a division by zero.
    side = max(196, shape.side(28))
    tiles = [[side, 2 * side], [2 * side, side], [2 * side, 2 * side]]
    tower = kit.tower(
        model_type="clip_vision_model", image_size=side, patch_size=14, projection_dim=shape.width, vocab_size=0
    )
    tokens = (side // 14) ** 2
    config = hf.LlavaNextVideoConfig(
        vision_config=tower,
        text_config=kit.text(model_type="llama"),
        image_token_index=kit.id("<image>"),
        video_token_index=kit.id("<video>"),
        image_grid_pinpoints=tiles,
        image_seq_length=tokens,
        video_seq_length=8 * tokens // 4,
        tie_word_embeddings=False,
    )
    size = {"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}}
    processor = hf.LlavaNextVideoProcessor(
        image_processor=hf.LlavaNextImageProcessor(image_grid_pinpoints=tiles, **size),
        video_processor=hf.LlavaNextVideoVideoProcessor(**size),
        tokenizer=kit.tokenizer,
        patch_size=14,
        num_additional_image_tokens=1,
        vision_feature_select_strategy="default",
        chat_template=templates.LLAVA_NEXT_VIDEO,
    )
    return Parts(hf.LlavaNextVideoForConditionalGeneration, config, processor, kit.generation)


def internvl(hf: Any, shape: Shape) -> Parts:
    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    kit = _chatml(hf, shape, tuple(named.values()), **named)
    side = shape.side(28)
    tokens, square = (side // 28) ** 2, {"height": side, "width": side}
    config = hf.InternVLConfig(
        vision_config=kit.tower(image_size=[side, side], patch_size=[14, 14]),
        text_config=kit.text(model_type="qwen2"),
        image_token_id=kit.id("<IMG_CONTEXT>"),
        image_seq_length=tokens,
        tie_word_embeddings=False,
    )
    processor = hf.InternVLProcessor(
        image_processor=hf.GotOcr2ImageProcessor(size=square, crop_to_patches=True, min_patches=1, max_patches=12),
        video_processor=hf.InternVLVideoProcessor(size=square),
        tokenizer=kit.tokenizer,
        image_seq_length=tokens,
        chat_template=templates.INTERNVL,
    )
    return Parts(hf.InternVLForConditionalGeneration, config, processor, kit.generation)


def pixtral(hf: Any, shape: Shape) -> Parts:
    kit = _sentence(hf, shape, ("[INST]", "[/INST]", "[IMG]", "[IMG_BREAK]", "[IMG_END]"))
    side = shape.side(16)
    config = hf.LlavaConfig(
        vision_config=kit.tower(model_type="pixtral", image_size=side, patch_size=16, head_dim=HEAD),
        text_config=kit.text(model_type="mistral", head_dim=HEAD, sliding_window=None),
        image_token_index=kit.id("[IMG]"),
        image_seq_length=1,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        tie_word_embeddings=False,
    )
    processor = hf.PixtralProcessor(
        image_processor=hf.PixtralImageProcessor(size={"longest_edge": side}, patch_size={"height": 16, "width": 16}),
        tokenizer=kit.tokenizer,
        patch_size=16,
        chat_template=templates.PIXTRAL,
    )
    return Parts(hf.LlavaForConditionalGeneration, config, processor, kit.generation)


def phi4_multimodal(hf: Any, shape: Shape) -> Parts:
    """Pictures are 448 pixels and 545 tokens or less whatever the shape: its processor counts 16x16 tokens a tile."""
    special = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|image|>", "<|audio|>")
    named = {"image_token": "<|image|>", "audio_token": "<|audio|>"}
    kit = Kit(hf, shape, special, eos="<|end|>", pad="<|endoftext|>", bos="<|endoftext|>", **named)
    vision = kit.tower(image_size=448, crop_size=448, patch_size=14, image_token_id=kit.id("<|image|>"))
    audio = {
        "hidden_size": shape.width,
        "intermediate_size": shape.width,
        "num_blocks": 1,
        "num_attention_heads": shape.heads,
        "ext_pw_out_channel": shape.width,
        "depthwise_separable_out_channel": shape.width,
        "nemo_conv_channels": shape.width,
        "audio_token_id": kit.id("<|audio|>"),
    }
    text = kit.text(original_max_position_embeddings=shape.context)
    config = hf.Phi4MultimodalConfig(**text, vision_config=vision, audio_config=audio)
    image_processor = hf.Phi4MultimodalImageProcessorFast if is_four(hf) else hf.Phi4MultimodalImageProcessor
    processor = hf.Phi4MultimodalProcessor(
        image_processor(),
        hf.Phi4MultimodalFeatureExtractor(),
        kit.tokenizer,
        chat_template=templates.PHI4_MULTIMODAL,
    )
    return Parts(hf.Phi4MultimodalForCausalLM, config, processor, kit.generation)


def _chatml(hf: Any, shape: Shape, special: tuple[str, ...], **named: str) -> Kit:
    """A Qwen2 tokenizer."""
    return Kit(hf, shape, ("<|im_start|>", *special), eos="<|im_end|>", pad="<|endoftext|>", **named)


def _sentence(hf: Any, shape: Shape, special: tuple[str, ...], **named: str) -> Kit:
    """A tokenizer that puts ``<s>`` before every text and ends an answer with ``</s>``."""
    return Kit(hf, shape, special, eos="</s>", pad="<pad>", bos="<s>", **named)
