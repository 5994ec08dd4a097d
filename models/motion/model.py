"""The motion baseline: no weights, only where, when and in which direction pixels move, and what follows from that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from mabench_eval import (
    SIDES,
    AnswerKind,
    ClipWork,
    Json,
    Request,
    Response,
    Sides,
    answer_each,
    label,
    register_model,
)

from .answers import answer_yes_no
from .body import BodyMotion, body_motion
from .labels import action_scores, part_scores
from .prose import describe, reason


@register_model("motion")
class MotionModel:
    """Measures a clip's frames once, then answers all its questions from the measurements."""

    def __init__(self, settings: Json, seed: int) -> None:
        """Nothing is random: the same frames and question give the same answer."""
        self._sides: Sides = settings.get("sides", "viewer")

    @staticmethod
    def problems(settings: Json) -> list[str]:
        """Sides that are none."""
        sides = settings.get("sides", "viewer")
        return [] if sides in SIDES else [f"sides={sides!r}: whose left and right name a part, {' or '.join(SIDES)}"]

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer clip by clip."""
        for item in work:
            if item.frames is None:
                raise ValueError("the motion model needs frames")
            yield from answer_each(item, partial(answer, body=body_motion(item.frames, self._sides)))


def answer(request: Request, body: BodyMotion) -> str:
    """The answer to one question about the clip whose motion ``body`` is."""
    if request.kind is AnswerKind.CHOICE:
        scores = part_scores(body) | action_scores(body)
        return max(sorted(request.options), key=lambda letter: scores.get(label(request.options[letter]), 0.0))
    if request.kind is AnswerKind.YES_NO:
        return "Yes" if answer_yes_no(request.question, body) else "No"
    return reason(body) if request.task == "MARE" else describe(body)
