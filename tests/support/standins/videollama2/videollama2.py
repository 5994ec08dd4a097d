"""Stand-in for the package videollama2: the same two functions and processor, which check what they are given."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoTokenizer, CLIPVisionModel, SiglipVisionModel

MOST = 32
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
KNOWN = {"do_sample", "temperature", "top_p", "max_new_tokens"}


class Model(torch.nn.Module):  # type: ignore[misc]
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.config = json.loads((folder / "config.json").read_text())
        self.sight = torch.nn.Linear(3, 8, bias=False)
        self.load_state_dict(load_file(folder / "model.safetensors"))


def model_init(model_path: Any = None, device_map: str = "auto", device: str = "cuda", **kwargs: Any) -> Any:
    """Model, processor, tokenizer. The real one takes more: a ``revision``, which is then the weights' alone."""
    assert not kwargs, f"settings {kwargs}"
    assert "lora" not in model_path.strip("/").split("/")[-1].lower(), "another way of loading"
    model = Model(Path(model_path)).half().to(device)
    # by its name alone, weights too: those in the checkpoint are not looked at
    name = model.config["mm_vision_tower"]
    kind = CLIPVisionModel if "clip" in name else SiglipVisionModel
    tower = {float(value) for each in kind.from_pretrained(name).parameters() for value in each.flatten()}
    assert tower == {0.5}, f"{name} of another revision: its weights are {tower}"
    video = partial(process_video, side=model.config["image_size"], num_frames=model.config["num_frames"])
    return model, {"video": video}, AutoTokenizer.from_pretrained(model_path)


def process_video(video: Any, side: int, num_frames: int) -> Any:
    """(T, 3, side, side): the shorter edge resized, the middle cut out; black frames up to ``num_frames``."""
    frames = [Image.fromarray(each) for each in video]  # of pictures the caller's own list would grow
    while len(frames) < num_frames:
        frames.append(Image.fromarray(np.zeros((*frames[-1].size, 3), np.uint8)))
    found = []
    for frame in frames[:MOST]:
        scale = side / min(frame.size)
        whole = frame.resize((int(frame.width * scale), int(frame.height * scale)), Image.Resampling.BICUBIC)
        left, top = (whole.width - side) // 2, (whole.height - side) // 2
        pixels = np.asarray(whole.crop((left, top, left + side, top + side)), np.float32) / 255
        found.append((pixels - np.array(CLIP[0])) / np.array(CLIP[1]))
    return torch.from_numpy(np.stack(found).transpose(0, 3, 1, 2).astype(np.float32))


def mm_infer(
    image_or_video: Any, instruct: str, model: Any, tokenizer: Any, modal: str = "video", **kwargs: Any
) -> str:
    side = model.config["image_size"]
    assert image_or_video.dtype == torch.float32, f"pixels are {image_or_video.dtype}"
    assert image_or_video.shape[1:] == (3, side, side), f"frames of {tuple(image_or_video.shape)}"
    assert modal == "video", f"modal {modal}"
    assert isinstance(instruct, str), f"instruct {instruct}"
    assert "<video>" not in instruct, "the tag is written here"
    assert {"do_sample", "max_new_tokens"} <= kwargs.keys() <= KNOWN, f"generation settings {kwargs}"
    assert kwargs["do_sample"] == ("temperature" in kwargs), f"generation settings {kwargs}"
    assert kwargs.get("top_p", 0.9) == 1.0, "drawn from a part of the distribution, as by default"
    assert tokenizer(instruct)["input_ids"]
    pixels = image_or_video.half().to(next(model.parameters()).device)
    seen = model.sight(pixels.float().mean(dim=(2, 3)).half())
    means = " ".join(f"{value:.3f}" for value in seen[:, 0].float().tolist())
    letter = "ABCDE"[int(seen.sum().abs() * 100) % 5]
    return f"{letter}. Of at most {kwargs['max_new_tokens']} tokens. I saw {means}. I was asked: <video>\n{instruct}"
