"""The constant baseline: the majority answer of each task. Its card holds the answers and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mabench_eval import AnswerKind, ClipWork, Json, Request, Response, answer_each, label, register_model


@register_model("constant", needs_frames=False)
class ConstantModel:
    """Gives the most common answer. Options are lettered anew in each question, so there it is a label."""

    def __init__(self, settings: Json, seed: int) -> None:
        self._yes_no = settings["Yes/No"]
        self._common = [*settings["coarse"], *settings["fine"]]

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer clip by clip."""
        for item in work:
            yield from answer_each(item, self._answer)

    def _answer(self, request: Request) -> str:
        if request.kind is AnswerKind.CHOICE:
            return min(request.options, key=lambda letter: self._rank(request.options[letter]))
        if request.kind is AnswerKind.YES_NO:
            return str(self._yes_no.get(request.task, "No"))
        return (
            "The right hand moves upward and leftward in a single continuous movement and leads, the head follows "
            "slightly; then the hand settles near the torso. Therefore the coarse-grained label is Upper limb and the "
            "fine-grained label is Putting hands together."
        )

    def _rank(self, option: str) -> int:
        """Place in the order of frequency; options that are not among the common ones come last, A before B."""
        name = label(option)
        return self._common.index(name) if name in self._common else len(self._common)
