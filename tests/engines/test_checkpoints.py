"""The tiny checkpoints: every family loads as published ones do, looks at its pixels and answers."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support.checkpoints import FAMILIES, SPEED, build, install_shim

# After the checkpoints, which let torchvision be imported beside a CPU build of torch.
torch = pytest.importorskip("torch", reason="the transformers engine needs torch")
transformers = pytest.importorskip("transformers", reason="the transformers engine needs transformers")
pytest.importorskip("torchvision", reason="video processors of transformers need torchvision")
torch.set_num_threads(2)

Frames = NDArray[np.uint8]

SYSTEM, QUESTION = "Answer with a letter.", "Which micro-action? A. Nodding B. Waving"
CASES = [(family.name, medium) for family in FAMILIES.values() for medium in sorted(family.inputs)]
VIDEOS = [name for name, medium in CASES if medium == "video"]


def frames(seed: int, side: int = 96) -> Frames:
    """Eight frames of noise, (8, side, side, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (8, side, side, 3), np.uint8)


class Loaded:
    """A family's checkpoint, loaded through the auto classes."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.processor: Any = transformers.AutoProcessor.from_pretrained(folder)
        self.model: Any = getattr(transformers, FAMILIES[name].auto_class).from_pretrained(folder).eval()

    def inputs(self, medium: str, clip: Frames, question: str = QUESTION) -> Any:
        media = [{"type": "video"}] if medium == "video" else [{"type": "image"}] * len(clip)
        # Pixtral's template takes the system text as a string only.
        system = SYSTEM if self.name == "pixtral" else [{"type": "text", "text": SYSTEM}]
        user = [*media, {"type": "text", "text": question}]
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        # Phi-4's processor drops its template on loading (transformers 5.23); its tokenizer keeps it.
        template = self.processor.chat_template or self.processor.tokenizer.chat_template
        text = self.processor.apply_chat_template(messages, chat_template=template, add_generation_prompt=True)
        first = self.processor.tokenizer.bos_token
        options: dict[str, Any] = {"add_special_tokens": not (first and text.startswith(first))}
        if medium == "video":
            times = {"fps": 30.0, "total_num_frames": 80, "frames_indices": list(range(5, 80, 10)), "duration": 80 / 30}
            options |= {"videos": [clip], "video_metadata": [times], "do_sample_frames": False}
        else:
            options |= {"images": [[Image.fromarray(frame) for frame in clip]]}
        return self.processor(text=[text], return_tensors="pt", **options)

    def log_probabilities(self, inputs: Any) -> Any:
        """Of the first token of the answer, (vocabulary,)."""
        with torch.inference_mode():
            return self.model(**inputs).logits[0, -1].log_softmax(-1)

    def answer(self, inputs: Any, tokens: int = 8) -> list[int]:
        with torch.inference_mode():
            out = self.model.generate(
                **inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False, repetition_penalty=1.0
            )
        return list(out[0, inputs["input_ids"].shape[1] :].tolist())


@functools.cache
def loaded(name: str, root: Path) -> Loaded:
    return Loaded(name, build(name, root / name))


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_config_names_the_family(name: str, root: Path) -> None:
    model = loaded(name, root).model
    assert model.config.model_type == FAMILIES[name].model_type
    assert model.get_output_embeddings().weight is not model.get_input_embeddings().weight


@pytest.mark.parametrize(("name", "medium"), CASES)
def test_eight_frames_are_answered_by_varied_tokens(name: str, medium: str, root: Path) -> None:
    family = loaded(name, root)
    answers = [family.answer(family.inputs(medium, frames(seed))) for seed in (1, 2)]
    assert answers[0] != answers[1]
    assert all(len(set(answer)) > 1 for answer in answers)
    silent = set(family.processor.tokenizer.all_special_ids)
    assert not silent & {token for answer in answers for token in answer}


@pytest.mark.parametrize(("name", "medium"), CASES)
def test_other_pixels_give_other_probabilities(name: str, medium: str, root: Path) -> None:
    family = loaded(name, root)
    one, same, other = (family.log_probabilities(family.inputs(medium, frames(seed))) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert (one - other).abs().max() > 0.1


@pytest.mark.parametrize("name", VIDEOS)
def test_the_order_of_frames_matters(name: str, root: Path) -> None:
    family = loaded(name, root)
    forward, backward = (
        family.log_probabilities(family.inputs("video", clip)) for clip in (frames(1), frames(1)[::-1].copy())
    )
    assert (forward - backward).abs().max() > 0.1


@pytest.mark.parametrize("name", FAMILIES)
def test_letters_yes_and_no_are_single_tokens(name: str, root: Path) -> None:
    tokenizer = loaded(name, root).processor.tokenizer
    words = [*"ABCDEFG", "Yes", "No"]
    ids = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
    assert [len(tokens) for tokens in ids] == [1] * len(words)
    assert [tokenizer.decode(tokens) for tokens in ids] == words


@pytest.mark.parametrize("name", FAMILIES)
def test_a_seed_makes_the_bytes(name: str, tmp_path: Path) -> None:
    first, again, other = (build(name, tmp_path / f"{place}", seed=seed) for place, seed in enumerate((3, 3, 4)))
    files = sorted(path.name for path in first.iterdir())
    assert files == sorted(path.name for path in again.iterdir())
    assert all((first / file).read_bytes() == (again / file).read_bytes() for file in files)
    differing = [file for file in files if (first / file).read_bytes() != (other / file).read_bytes()]
    assert differing == ["model.safetensors"]
    assert sum(path.stat().st_size for path in first.iterdir()) < 4e6


@pytest.mark.parametrize("name", VIDEOS)
def test_visual_tokens_dominate_in_the_shape_for_speed(name: str, tmp_path: Path) -> None:
    family = Loaded(name, build(name, tmp_path, **SPEED))
    ids = family.inputs("video", frames(1, 512))["input_ids"][0].tolist()
    placeholder = "image_token_id" if name == "internvl" else "video_token_id"  # InternVL's frames are images
    visual = ids.count(getattr(family.processor, placeholder))
    assert visual >= 1000
    assert visual > 10 * (len(ids) - visual) or name == "internvl"


@pytest.mark.parametrize("wrong", [{"width": 32}, {"layers": 1}])
def test_shapes_that_no_family_takes_are_refused(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be a multiple"):
        build("qwen3_vl", tmp_path, **wrong)


def test_the_shim_reaches_other_processes(tmp_path: Path) -> None:
    assert install_shim(tmp_path).suffix == ".pth"
    code = f"import site; site.addsitedir({str(tmp_path)!r}); import torchvision.transforms.v2; print('imported')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == "imported\n", done.stderr
