"""The real shape of Qwen3-VL-8B: a checkpoint of random weights, and the work that a clip is for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mabench_eval.journal import write_text
from mabench_eval.parsing import read_json
from tests.support.checkpoints import build

TEXT_8B: Mapping[str, Any] = MappingProxyType(
    {
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 5_000_000.0,
            "mrope_section": [24, 20, 20],
            "mrope_interleaved": True,
        },
    }
)
VISION_8B: Mapping[str, Any] = MappingProxyType(
    {
        "depth": 27,
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_heads": 16,
        "out_hidden_size": 4096,
        "num_position_embeddings": 2304,
        "deepstack_visual_indexes": [8, 16, 24],
    }
)
"""As in the published config.json of Qwen/Qwen3-VL-8B-Instruct."""
SIZES = {"8b": (1080, 1296), "small": (128, 160)}
"""Height and width of a frame."""


def make_checkpoint(folder: Path, shape: str) -> None:
    """Write the checkpoint, unless it is there: the test kit's processors, and weights of the shape."""
    done = folder / f"{shape}.done"
    if done.exists():
        return
    build("qwen3_vl", folder, image_size=max(SIZES[shape]), context=32768)
    if shape == "8b":
        _enlarge(folder)
    write_text(done, "")


def _enlarge(folder: Path) -> None:
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder)
    tokens = len(transformers.AutoTokenizer.from_pretrained(folder))
    for part, chosen in ((config.text_config, TEXT_8B), (config.vision_config, VISION_8B)):
        for name, value in chosen.items():
            setattr(part, name, value)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model: Any = transformers.Qwen3VLForConditionalGeneration(config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.normal_(0, (weight.numel() // weight.shape[0]) ** -0.5)
        model.get_output_embeddings().weight[tokens:] = 0  # its tokenizer has fewer
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder)


def floor_tflop(folder: Path, visual: int, text: int) -> float:
    """TFLOP of one clip, its frames read once: two for each weight and token, and attention's four for each pair.

    ``visual`` and ``text``: tokens. The vision part has four patches a token, in pairs of frames that see themselves.
    """
    config = read_json(folder / "config.json")
    lm, eye = config["text_config"], config["vision_config"]
    heads = lm["head_dim"] * (2 * lm["num_attention_heads"] + 2 * lm["num_key_value_heads"])
    layer = lm["hidden_size"] * (heads + 3 * lm["intermediate_size"])
    block = eye["hidden_size"] * (4 * eye["hidden_size"] + 2 * eye["intermediate_size"])
    attention = 4 * lm["num_attention_heads"] * lm["head_dim"] * visual * (visual / 2 + text)
    patches, sides = 4 * visual, 4
    seen = 4 * eye["hidden_size"] * patches**2 / sides
    reading = lm["num_hidden_layers"] * (2 * layer * (visual + text) + attention)
    flop: float = reading + eye["depth"] * (2 * block * patches + seen)
    return flop / 1e12


def visual_tokens(folder: Path) -> int:
    """Tokens of a clip's frames: units of 32x32 pixels, of pairs of frames."""
    shape = next(name for name in SIZES if (folder / f"{name}.done").exists())
    height, width = SIZES[shape]
    return 4 * round(height / 32) * round(width / 32)
