"""Writes a stand-in's repository: its code, config, weights and tokenizer."""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

from tests.support.checkpoints.tokenizer import train

HERE = Path(__file__).parent
EOS, PAD = "<|im_end|>", "<|endoftext|>"


def build(family: str, folder: Path, special: tuple[str, ...] = ()) -> Path:
    """The stand-in of ``family``, a folder beside this file: ``config.json`` and code, with weights and a tokenizer.

    Weights are all ones over their size, so that a test can tell by hand what a layer makes of its input.
    """
    shutil.copytree(HERE / family, folder, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    transformers: Any = importlib.import_module("transformers")
    torch: Any = importlib.import_module("torch")
    safetensors: Any = importlib.import_module("safetensors.torch")
    train(transformers, (EOS, PAD, *special), eos=EOS, pad=PAD, bos=PAD, named={}, context=4096).save_pretrained(folder)
    # by the name that every version of transformers knows
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": PAD, "eos_token": EOS, "pad_token": PAD}
    if (template := folder / "chat_template.jinja").is_file():  # a file that older versions do not read
        settings["chat_template"] = template.read_text()
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 4096}))
    if kind := json.loads((folder / "config.json").read_text()).get("auto_map"):
        auto = getattr(transformers, next(name for name in kind if name.startswith("AutoModel")))
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=True)
        model = auto.from_config(config, trust_remote_code=True)
    else:  # of a package, which has its own way to load it
        model = torch.nn.ModuleDict({"sight": torch.nn.Linear(3, 8, bias=False)})
    weights = {name: torch.ones_like(value) / value[0].numel() for name, value in model.state_dict().items()}
    safetensors.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder
