"""LoRA adapters: their facts, read once from their two files, and whether what they have is what they name.

No weights are loaded: names and shapes stand in the headers of safetensors files, and what is adapted in
``adapter_config.json``. Which modules that is follows peft's own rules (``peft.tuners.tuners_utils``, 0.21).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mabench_eval.engines.local.hub import locate_repo
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import InputError
from mabench_eval.parsing import parse_json, read_json

VISION_MODULES = frozenset(
    {
        "visual",
        "vision_tower",
        "vision_model",
        "image_newline",
        "multi_modal_projector",
        "mlp1",
        "merger",
        "connector",
    }
)
"""Names, in the paths of weights, of vision towers and of what connects them to the language model."""
_WRAPPERS = frozenset({"model", "base_model", "language_model", "vision_model"})
"""Names in the paths of weights that one version of transformers writes and another does not."""
_NOT_LOADED = frozenset({"mtp", "talker", "token2wav", "code2wav"})
"""Parts of checkpoints that are not of the model that answers: heads for speculation and for speech."""
_MATRIX = re.compile(r"\.lora_(?:embedding_)?(A|B|magnitude)(?:_vector)?(?:\.weight|\.default)*$")


@dataclass(frozen=True)
class LoraFacts:
    """What an adapter is made of."""

    config: Mapping[str, Any]
    """``adapter_config.json``."""
    tensors: Mapping[str, tuple[int, ...]]
    """Name, as in the adapted model, -> shape."""

    @cached_property
    def matrices(self) -> Mapping[str, frozenset[str]]:
        """Module -> which of its matrices there are: ``A``, ``B``, and DoRA's ``magnitude``."""
        found: dict[str, frozenset[str]] = {}
        for name in self.tensors:
            if matrix := _MATRIX.search(name):
                module = name[: matrix.start()]
                found[module] = found.get(module, frozenset()) | {matrix[1]}
        return found

    @property
    def rank(self) -> int:
        """The highest of its ranks: by ``rank_pattern`` modules differ."""
        patterns = dict(self.config.get("rank_pattern") or {}).values()
        return max(int(self.config.get("r", 0)), *map(int, patterns), 0)

    @property
    def vision(self) -> str | None:
        """A tensor of the vision part; None where it changes the language model alone."""
        return next((name for name in self.tensors if VISION_MODULES & set(name.split("."))), None)

    def beyond_matrices(self) -> Iterator[str]:
        """What it has besides two matrices a module."""
        if self.config.get("use_dora"):
            yield "is a DoRA adapter (use_dora)"
        if saved := self.config.get("modules_to_save"):
            yield f"has modules saved whole (modules_to_save: {', '.join(map(str, saved))})"
        if self.config.get("lora_bias") or self.config.get("bias", "none") != "none":
            yield "has biases (bias, lora_bias)"

    def missing(self, base: Iterable[str]) -> list[str]:
        """Tensors that the configuration names and that are not there.

        ``base``: names of the checkpoint's tensors; without any, modules that are named in full are looked for.
        """
        names = [name for name in base if not _NOT_LOADED & set(name.split("."))] or self._named_in_full()
        adapted_name = _renaming({name.rpartition(".")[0] for name in names}, self.matrices)
        wanted = {"A", "B", "magnitude"} if self.config.get("use_dora") else {"A", "B"}
        there = {_bare(module): matrices for module, matrices in self.matrices.items()}
        whole = {_bare(name) for name in self.tensors}

        missing = []
        for name in names:
            module, _, kind = name.rpartition(".")
            module = adapted_name(module)
            if self._is_saved(module):
                missing += [] if _bare(f"{module}.{kind}") in whole else [f"{module}.{kind}"]
            elif kind == "weight" and self._is_target(module):
                lacks = sorted(wanted - there.get(_bare(module), frozenset()))
                missing += [f"{module}.lora_{matrix}" for matrix in lacks]
        return missing

    def _named_in_full(self) -> list[str]:
        targets = self.config.get("target_modules")
        listed = [] if isinstance(targets, str) else targets or []
        return [f"{module}.weight" for module in sorted(listed) if re.search(r"\.\d+\.", module)]

    def _is_saved(self, module: str) -> bool:
        saved = self.config.get("modules_to_save") or ()
        return any(re.match(rf"(?:^|.*\.){name}(?:$|\.)", module) for name in saved)

    def _is_target(self, module: str) -> bool:
        targets = self.config.get("target_modules")
        if targets == "all-linear" or not _is_named(targets, module):
            return False
        if _is_named(self.config.get("exclude_modules"), module):
            return False
        return isinstance(targets, str) or self._is_chosen_layer(module)

    def _is_chosen_layer(self, module: str) -> bool:
        chosen = self.config.get("layers_to_transform")
        if chosen is None or chosen == []:
            return True
        patterns = self.config.get("layers_pattern") or [r"[^.]*"]
        for pattern in [patterns] if isinstance(patterns, str) else patterns:
            if layer := re.match(rf"(?:^|.*?\.){pattern}\.(\d+)\.", module):
                return int(layer[1]) in (chosen if isinstance(chosen, list) else [chosen])
        return False


def lora_problems(
    settings: LocalSettings, engine: str, beyond: Callable[[LoraFacts], Iterable[str]], folder: Path | None = None
) -> list[str]:
    """Why the adapter of a card cannot be run whole, a line each; none where it is not on this machine yet.

    ``beyond``: what of an adapter the engine does not take. ``folder``: where the adapter is; None: it is looked for.
    """
    if settings.lora is None:
        return []
    place = locate_repo(settings.lora, lora=True)
    folder = folder or (place.path if place.complete else None)
    if folder is None:
        return []
    try:
        facts = read_lora(folder)
        kind = facts.config.get("peft_type", "LORA")
        if kind != "LORA":
            return [f"{settings.lora} is no LoRA adapter (peft_type: {kind})"]
        if not facts.tensors:
            return [f"the adapter {settings.lora} has no adapter_model.safetensors: save it in that format"]
        missing = facts.missing(_base_tensors(settings))
        refused = [*beyond(facts)]
    except (OSError, ValueError, TypeError, AttributeError, re.error, InputError) as error:
        return [f"the adapter {settings.lora} cannot be read: {error}"]

    others = [name for name in settings.engines if name != engine]
    fix = f"take --engine {others[0]}, or merge it into the checkpoint" if others else "merge it into the checkpoint"
    problems = [f"the adapter {settings.lora} {what}, which {engine} does not take: {fix}" for what in refused]
    if missing:
        problems.append(
            f"the adapter {settings.lora} lacks what its adapter_config.json names, e.g. {missing[0]} "
            f"({len(missing)} missing): save it again, whole"
        )
    return problems


def read_lora(folder: Path) -> LoraFacts:
    """The facts of an adapter in a folder. Raises OSError, ValueError, InputError for files that cannot be read."""
    config: dict[str, Any] = read_json(folder / "adapter_config.json")
    tensors = {
        name.removeprefix("base_model.model."): shape
        for file in sorted(folder.glob("adapter_model*.safetensors"))
        for name, shape in _header(file).items()
    }
    return LoraFacts(config, tensors)


def _base_tensors(settings: LocalSettings) -> list[str]:
    """Names of the checkpoint's tensors; none where it is not on this machine, or in another format."""
    place = locate_repo(settings.repo, settings.revision)
    if place.path is None:
        return []
    for index in sorted(place.path.glob("model*.safetensors.index.json")):
        return sorted(read_json(index)["weight_map"])
    return [name for file in sorted(place.path.glob("model*.safetensors")) for name in _header(file)]


def _header(file: Path) -> dict[str, tuple[int, ...]]:
    """Tensor -> shape. A safetensors file begins with the length of its header (8 bytes, little-endian) and that, JSON.

    Raises ValueError, InputError for another file.
    """
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > file.stat().st_size:
            raise ValueError(f"{file.name} is no safetensors file")
        header = parse_json(stream.read(length), f"{file.name}: its header")
    return {name: tuple(about["shape"]) for name, about in header.items() if name != "__metadata__"}


def _is_named(chosen: str | Sequence[str] | None, module: str) -> bool:
    """Whether ``target_modules`` or ``exclude_modules`` names a module: an expression for its name, or its ends."""
    if isinstance(chosen, str):
        return re.fullmatch(chosen, module) is not None
    return any(module == name or module.endswith(f".{name}") for name in chosen or ())


def _bare(name: str) -> str:
    """A tensor's or module's name without what only wraps others."""
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def _renaming(base: Iterable[str], adapted: Iterable[str]) -> Callable[[str], str]:
    """A function from a module's name in the checkpoint to that in the adapted model.

    Checkpoints of earlier transformers have ``visual.blocks.0`` for ``model.visual.blocks.0``: how the names begin is
    seen from modules that are in both.
    """
    by_bare = {_bare(name): name for name in base}
    beginnings: dict[tuple[str, ...], tuple[str, ...]] = {}
    for new in adapted:
        if (old := by_bare.get(_bare(new))) is not None:
            before, after = old.split("."), new.split(".")
            while before and after and before[-1] == after[-1]:
                del before[-1], after[-1]
            beginnings[tuple(before)] = tuple(after)

    def renamed(module: str) -> str:
        parts = tuple(module.split("."))
        known = [beginning for beginning in beginnings if parts[: len(beginning)] == beginning]
        if not known:
            return module
        longest = max(known, key=len)
        return ".".join((*beginnings[longest], *parts[len(longest) :]))

    return renamed
