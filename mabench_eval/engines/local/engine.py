"""The base of the engines that run a checkpoint on this machine."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence

from mabench_eval.catalogue import ModelCard, settings_of
from mabench_eval.engines.base import GREEDY, Engine, Model
from mabench_eval.engines.code_identity import with_protocol
from mabench_eval.engines.local.gpus import gpu_problems
from mabench_eval.engines.local.hub import hub_problems, hub_warnings, repos_of
from mabench_eval.engines.local.lora import LoraFacts, lora_problems
from mabench_eval.engines.local.model import LazyModel
from mabench_eval.engines.local.processor import text_problems
from mabench_eval.engines.local.settings import LocalSettings, identity_of
from mabench_eval.engines.packages import package_problems
from mabench_eval.types import Clip, Frames, Json, Request


class LocalEngine(Engine):
    """One checkpoint. An engine defines ``name`` and ``load_now``, and adds to ``problems`` what it needs itself."""

    name: str
    """As in cards and on the command line."""
    own_processor: bool = False
    """Whether it looks at frames without the checkpoint's processor, so that the tokenizer alone will do."""

    def __init__(self, card: ModelCard, seed: int) -> None:
        super().__init__(card, seed)
        self._settings = settings_of(LocalSettings, card.settings, f"model {card.name!r}")
        self.image_tokens = self._settings.frame_tokens
        self.frames_multiple = self._settings.frames_multiple

    @property
    def identity(self) -> Json:
        """Checkpoint, and what else of the settings an answer depends on."""
        card = {"name": self._card.name, "engine": self.name, "version": self._card.version}
        return with_protocol({**card, **identity_of(self._settings)}, self.protocol)

    @property
    def facts(self) -> Json:
        """The commits of the repositories that were used, from the hub, as a branch moves on; and ``resolved``."""
        model, *others = repos_of(self._settings)
        further = {needed.name: needed.commit for needed in others if needed.role == "further"}
        return {"commit": model.commit, **({"also_loaded": further} if further else {}), **self.resolved}

    def missing_packages(self) -> list[str]:
        """What of the engine's packages is not here."""
        return package_problems(self.name, self._settings)

    def problems(self) -> list[str]:
        """Packages, cards that this engine cannot run, a GPU out of use, files neither here nor to be downloaded."""
        problems = self.missing_packages()
        if self.name not in self._settings.engines:
            problems.append(f"{self.name} cannot run it: --engine {self._settings.engines[0]}")
        if self._settings.own_code and not self._settings.remote_code:
            problems.append(
                f"{self._settings.repo} brings code of its own: --trust-remote-code lets it run; "
                "--set revision=COMMIT lets one commit of it run and no other"
            )
        problems += self.gpu_problems() + hub_problems(self._settings)
        return problems + lora_problems(self._settings, self.name, self.beyond_lora)

    def gpu_problems(self) -> list[str]:
        """Why the packages here cannot use the GPU that is here, as far as their versions tell."""
        return gpu_problems(self._settings.device)

    def text_problems(self, requests: Sequence[Request]) -> list[str]:
        """A tokenizer or chat template that cannot be used, a context that is too small."""
        return text_problems(self._settings, requests, or_tokenizer=self.own_processor)

    def beyond_lora(self, facts: LoraFacts) -> Iterable[str]:
        """What of a LoRA adapter this engine does not take, in words that follow "the adapter"."""
        activated = facts.config.get("alora_invocation_tokens")
        return ["acts after some tokens alone (alora_invocation_tokens)"] if activated else []

    def repeat_problems(self) -> list[str]:
        """Greedy decoding, of all answers or of the closed ones."""
        problems = [] if self._settings.temperature else [GREEDY]
        if self._settings.answers != "generate":
            problems.append(f"--answers {self._settings.answers} takes the best option every time: --answers generate")
        return problems

    def warnings(self) -> list[str]:
        """What will be downloaded."""
        return hub_warnings(self._settings)

    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> Model:
        """The checkpoint, loaded when it is first asked."""
        return LazyModel(lambda: self.load_now(note))

    @abstractmethod
    def load_now(self, note: Callable[[str], None]) -> Model:
        """The checkpoint in memory, or whatever has to happen before its first clip. Raises ModelError."""
