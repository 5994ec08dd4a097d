"""What stand-ins load by name besides their own repository: in a cache where its branch has moved on."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines.local import LocalSettings
from tests.catalogue.test_model_cards import download, settings

BRANCH = "0" * 40
"""The commit that ``main`` is at, of which nothing is what the stand-ins want."""
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "up", "down")
TOWER = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
TOWERS = {
    "openai/clip-vit-large-patch14-336": "CLIPVision",
    "google/siglip-so400m-patch14-384": "SiglipVision",
}


def put_into_cache(model: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Download, so to speak, what a model's code loads: the card's revision, and a newer one that ``main`` is at.

    From then on ``folder`` is the hub's cache, and the hub is away.
    """
    constants: Any = importlib.import_module("huggingface_hub.constants")
    patch.setenv("HF_HUB_CACHE", str(folder))
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setattr(constants, "HF_HUB_CACHE", str(folder))
    patch.setattr(constants, "HF_HUB_OFFLINE", True)
    patch.setattr("transformers.utils.hub.TRANSFORMERS_CACHE", str(folder), raising=False)  # of version 4
    of_card: LocalSettings = settings(load_catalogue().model(model))
    for each in of_card.also_loads:
        assert each.revision
        download(_files(each.repo, right=True), repo=each.repo, branch="older", commit=each.revision)
        download(_files(each.repo, right=False), repo=each.repo, commit=BRANCH)
        if each.repo in TOWERS:
            for commit, value in ((each.revision, 0.5), (BRANCH, 0.25)):
                _fill(each.repo, folder / f"models--{each.repo.replace('/', '--')}" / "snapshots" / commit, value)


def _files(repo: str, *, right: bool) -> dict[str, str]:
    """The small files; those of ``main`` say another size."""
    if repo == "bert-base-uncased":
        tokenizers: Any = importlib.import_module("tokenizers")
        vocabulary = {word: number for number, word in enumerate(WORDS)}
        return {
            "config.json": json.dumps({"model_type": "bert", "hidden_size": 768 if right else 1024}),
            "tokenizer.json": tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]")).to_str(),
            "tokenizer_config.json": json.dumps({"tokenizer_class": "BertTokenizer"}),
            "vocab.txt": "\n".join(WORDS),
        }
    if repo in TOWERS:
        return {"config.json": "{}"}
    return {"config.json": json.dumps({"model_type": "mistral", "hidden_size": 4096 if right else 5120})}


def _fill(repo: str, snapshot: Path, value: float) -> None:
    """A vision tower of one layer, every weight of which has the same value."""
    transformers: Any = importlib.import_module("transformers")
    kind = TOWERS[repo]
    config = getattr(transformers, f"{kind}Config")(**TOWER, image_size=14, patch_size=14)
    tower = getattr(transformers, f"{kind}Model")(config)
    for parameter in tower.parameters():
        parameter.data.fill_(value)
    (snapshot / "config.json").unlink()
    tower.save_pretrained(snapshot)
