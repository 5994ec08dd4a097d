"""What the model of a run was trained on, as far as the record beside its LoRA adapter tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from mabench_eval.benchmark import PersonRule
from mabench_eval.catalogue import ModelCard
from mabench_eval.errors import InputError
from mabench_eval.runfiles import CorpusRecord, read_corpus
from mabench_eval.types import Clip, Json


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """The corpus of an adapter, and what of the run's clips is in it."""

    corpus: CorpusRecord
    test_clips: tuple[str, ...]
    """Clips of the run, by name or by bytes, that the model was trained on."""
    same_people: tuple[str, ...]
    """Other clips of the run that show people, by the clips' names, that the model was trained on."""

    def warnings(self, frames: int) -> list[str]:
        """What is worth knowing before the run, a line each. ``frames``: that a clip has in it."""
        lines = []
        trained = self.corpus.sampling.get("frames")
        if trained not in (None, frames):
            lines.append(f"the adapter was trained with {trained} frames a clip, and is shown {frames}")
        if self.same_people:
            lines.append(
                f"the adapter was trained on other clips of the people in {len(self.same_people)} of the test clips, "
                f"{self.same_people[0]} for one: how it does on new people, they do not tell"
            )
        return lines

    def record(self) -> Json:
        """For ``run.json``."""
        corpus = self.corpus
        return {
            "sha256": corpus.sha256,
            "source": corpus.source,
            "recipe": corpus.recipe,
            "conversations": dict(corpus.tasks),
            "clips": len(corpus.clips),
            "sampling": dict(corpus.sampling),
            "test_clips": len(self.test_clips),
            "same_people": len(self.same_people),
        }


def adapter_corpus(card: ModelCard) -> CorpusRecord | None:
    """The corpus of the card's LoRA adapter; None where nothing is known of one.

    Raises InputError for a record that is damaged.
    """
    lora = card.settings.get("lora")
    folder = Path(str(lora)).expanduser()
    return read_corpus(folder) if lora and folder.is_dir() else None


def adapter_name(lora: str) -> str:
    """What tables call a LoRA adapter: its folder, or the repository without its owner.

    LLaMA-Factory's checkpoints lie below their adapter, whose name comes first: ``lm/checkpoint-400``.
    """
    place = PurePath(lora)
    return f"{place.parent.name}/{place.name}" if place.name.startswith("checkpoint-") else place.name


def check_base(card: ModelCard, named: ModelCard | None) -> None:
    """A card that names an adapter is not run without one: the base would bear its name.

    ``named``: the card as the catalogue has it. Raises InputError.
    """
    if named is not None and named.settings.get("lora") and card.settings.get("lora") is None:
        raise InputError(
            f"--lora none: {named.name} is a fine-tuned model, and its base would bear its name",
            hint=f"The base is {named.settings.get('repo')}: name its own card, see `list models`.",
        )


def trained_on(corpus: CorpusRecord | None, clips: Mapping[str, Clip]) -> TrainedOn | None:
    """What of these clips is in the corpus."""
    if corpus is None:
        return None
    names, digests = {each.clip for each in corpus.clips}, {each.sha256 for each in corpus.clips}
    people, rule = {person for each in corpus.clips for person in each.persons}, PersonRule(corpus.subjects)
    seen = {name for name, clip in clips.items() if name in names or (clip.sha256 or name) in digests}
    same = (name for name in clips if name not in seen and rule.of(name) in people)
    return TrainedOn(corpus, tuple(name for name in clips if name in seen), tuple(same))


def trained_identity(found: TrainedOn | None) -> Json:
    """Part of a run's identity, and of no answer's key: clips that were trained on; empty where there are none."""
    return {"trained_clips": len(found.test_clips)} if found and found.test_clips else {}


def trained_problems(found: TrainedOn | None, *, allowed: bool) -> list[str]:
    """Whether test clips were trained on."""
    if found is None or not found.test_clips or allowed:
        return []
    first, count = found.test_clips[0], len(found.test_clips)
    return [
        f"the adapter was trained on {count} of the clips that it would be tested on, {first} for one (see its "
        "corpus.json); --allow-trained tests it all the same, and every table says so"
    ]
