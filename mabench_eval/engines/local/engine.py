"""What the engines have in common that run a checkpoint on this machine."""

from __future__ import annotations

from mabench_eval.catalogue import ModelCard, settings_of
from mabench_eval.engines.base import GREEDY
from mabench_eval.engines.code_identity import with_protocol
from mabench_eval.engines.local.hub import hub_problems, hub_warnings, resolve
from mabench_eval.engines.local.settings import LocalSettings, identity_of
from mabench_eval.types import Json


class LocalEngine:
    """One checkpoint; how it is loaded is the engine's own."""

    name: str
    """As in cards and on the command line."""
    protocol = 1
    remote = False
    price = None
    max_images = None
    shows_examples = False

    def __init__(self, card: ModelCard, seed: int) -> None:
        self._card, self._seed = card, seed
        self._settings = settings_of(LocalSettings, card.settings, f"model {card.name!r}")

    @property
    def identity(self) -> Json:
        """Checkpoint, and what else of the settings an answer depends on."""
        card = {"name": self._card.name, "engine": self.name, "version": self._card.version}
        return with_protocol({**card, **identity_of(self._settings)}, self.protocol)

    @property
    def facts(self) -> Json:
        """The commit of the repository that was used, where it came from the hub: a branch moves on."""
        place = resolve(self._settings.repo, self._settings.revision)
        return {"commit": place.path.name if place.kind == "cache" and place.path else None}

    @property
    def image_tokens(self) -> int | None:
        """Tokens of a frame, for estimates."""
        return self._settings.frame_tokens

    def problems(self) -> list[str]:
        """Cards that this engine cannot run, and files that cannot be had."""
        found = []
        if self.name not in self._settings.engines:
            found.append(f"{self.name} cannot run it: --engine {self._settings.engines[0]}")
        if self._settings.own_code and not self._settings.remote_code:
            found.append(
                f"{self._settings.repo} brings code of its own: --trust-remote-code lets it run; "
                "--set revision=COMMIT lets one commit of it run and no other"
            )
        return found + hub_problems(self._settings)

    def repeat_problems(self) -> list[str]:
        """Greedy decoding, of all answers or of the closed ones."""
        found = [] if self._settings.temperature else [GREEDY]
        if self._settings.answers != "generate":
            found.append(f"--answers {self._settings.answers} takes the best option every time: --answers generate")
        return found

    def warnings(self) -> list[str]:
        """What will be downloaded."""
        return hub_warnings(self._settings)
