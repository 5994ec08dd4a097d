"""Recipes for LLaMA-Factory: the three ways of Table 4, one YAML file each, every key with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mabench_eval.errors import InputError
from mabench_eval.runfiles import VideoForm

FREEZE: Mapping[str, tuple[bool, bool, bool]] = MappingProxyType(
    {"vision": (False, True, True), "lm": (True, True, False), "all": (False, False, False)}
)
"""Recipe -> whether the vision tower, the projector and the language model are frozen: B2, B3 and B4 of Table 4."""
TEMPLATES: Mapping[str, str] = MappingProxyType(
    {"qwen3-vl": "qwen3_vl_nothink", "qwen2.5-vl": "qwen2_vl", "qwen2-vl": "qwen2_vl", "internvl3": "intern_vl"}
)
"""Beginning of a repository's name -> LLaMA-Factory's template of the family. Without thinking where there are two:
with it every answer would begin with an empty thought, which the evaluation's prompt does not ask for."""
ROWS: Mapping[str, str] = MappingProxyType(
    {"vision": "B2, the vision encoder alone", "lm": "B3, the language model alone", "all": "B4, all of them"}
)
BINDS_NOT = 1000
"""Frames a second at which ``video_maxlen`` alone decides how many frames of a clip are taken."""


@dataclass(frozen=True, slots=True)
class RecipeFacts:
    """What a recipe says of its corpus and its model."""

    repo: str
    """Of the base model, or a folder."""
    template: str
    dataset: str
    video: VideoForm
    frames: int
    seconds: float
    """Of a clip, median."""
    conversations: int
    seed: int


def template_of(repo: str) -> str:
    """LLaMA-Factory's template for a repository. Raises InputError for a family that is not known here."""
    name = repo.rstrip("/").rpartition("/")[2].casefold()
    for beginning, template in TEMPLATES.items():
        if name.startswith(beginning):
            return template
    raise InputError(
        f"no template of LLaMA-Factory is known for {repo}",
        hint=f"Name it: --template NAME (known: {', '.join(TEMPLATES)}; LLaMA-Factory's README lists all).",
    )


def recipe_text(recipe: str, facts: RecipeFacts) -> str:
    """The file's content. Paths are relative to the corpus, where LLaMA-Factory is to be started."""
    tower, projector, language = FREEZE[recipe]
    lines: list[tuple[str, object, str]] = [
        ("", "", f"Table 4, {ROWS[recipe]}. In the folder of the corpus: llamafactory-cli train recipes/{recipe}.yaml"),
        ("model_name_or_path", facts.repo, "the base that --lora none evaluates"),
        ("template", facts.template, "the prompt's form: the same as the evaluation's, system message and all"),
        ("", "", ""),
        ("stage", "sft", "conversations with answers"),
        ("do_train", True, ""),
        ("finetuning_type", "lora", ""),
        ("lora_target", "all", "all linear layers of what is not frozen"),
        ("lora_rank", 16, "a few thousand short texts need no more; twice as much doubles the adapter"),
        ("lora_alpha", 32, "scale of the adapter: twice the rank"),
        ("lora_dropout", 0.05, "against learning by heart: the texts are alike"),
        ("freeze_vision_tower", tower, ""),
        ("freeze_multi_modal_projector", projector, "deepstack mergers of Qwen3-VL go with the tower all the same"),
        ("freeze_language_model", language, ""),
        ("", "", ""),
        ("dataset_dir", ".", "where dataset_info.json is"),
        ("dataset", facts.dataset, ""),
        ("cutoff_len", 8192, "tokens: 8 frames of 1080x1296 are 5,440 of them"),
        ("video_maxlen", facts.frames, "frames a clip, as in the evaluation"),
        ("video_fps", _fps(facts), _FPS[facts.video]),
        ("video_max_pixels", 1638400, "a frame at full size; the default of 65,536 is 256x256, too few for a finger"),
        ("video_min_pixels", 1024, "no frame is enlarged"),
        ("preprocessing_num_workers", 8, "processes that prepare the texts"),
        ("", "", ""),
        ("per_device_train_batch_size", 1, "one clip with its frames at a time fits 80 GB with room"),
        ("gradient_accumulation_steps", 16, "16 conversations a step"),
        ("gradient_checkpointing", True, "activations of 5,440 visual tokens are computed twice and not kept"),
        ("learning_rate", 0.0001, "usual for LoRA"),
        ("num_train_epochs", 2, f"{_steps(facts)} steps of 16 conversations"),
        ("lr_scheduler_type", "cosine", ""),
        ("warmup_ratio", 0.03, ""),
        ("bf16", True, ""),
        ("seed", facts.seed, "of the order of conversations and of the adapter's first weights"),
        ("", "", ""),
        ("output_dir", f"adapters/{recipe}", "corpus.json is there already, and travels with the adapter"),
        ("overwrite_output_dir", True, "the folder is not empty, as corpus.json is in it"),
        ("save_strategy", "epoch", ""),
        ("save_only_model", True, "no state of the optimizer: an interrupted training begins anew"),
        ("logging_steps", 10, ""),
        ("report_to", "none", ""),
    ]
    return "".join(f"{_line(*line)}\n" for line in lines)


_FPS: Mapping[VideoForm, str] = MappingProxyType(
    {
        "frames": "pictures a second of a clip of median length: what times the model reads",
        "clips": "binds nothing, so that video_maxlen decides; the rule is `llamafactory` of --sampling",
    }
)


def _fps(facts: RecipeFacts) -> float:
    return round(facts.frames / facts.seconds, 2) if facts.video == "frames" else BINDS_NOT


def _steps(facts: RecipeFacts) -> int:
    return 2 * -(-facts.conversations // 16)


def _line(key: str, value: object, reason: str) -> str:
    if not key:
        return f"# {reason}" if reason else ""
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"{key}: {shown}" + (f"  # {reason}" if reason else "")


def recipes(chosen: Sequence[str] = tuple(FREEZE)) -> tuple[str, ...]:
    """Their names, in the table's order."""
    return tuple(name for name in FREEZE if name in chosen)
