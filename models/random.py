"""The random baseline: each answer is drawn uniformly, from the seed and the question alone."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from mabench_eval import (
    MICRO_ACTIONS,
    AnswerKind,
    ClipWork,
    Json,
    Request,
    Response,
    answer_each,
    body_part,
    register_model,
)

PARTS = ("head", "torso", "left hand", "right hand", "left upper arm", "right lower leg")
DIRECTIONS = ("upward", "downward", "leftward", "rightward")


@register_model("random", needs_frames=False)
class RandomModel:
    """Answers by lot. The same seed, question and repeat give the same answer, whatever is asked before or after."""

    def __init__(self, settings: Json, seed: int) -> None:
        self._seed = seed

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer clip by clip."""
        for item in work:
            yield from answer_each(item, self._answer)

    def _answer(self, request: Request) -> str:
        # Not from the key, which holds the hash of this very file: an edit would change every figure of the baseline.
        lot = random.Random(f"{self._seed}:{request.repeat}:{request.qid}:{request.user_prompt}")
        if request.kind is AnswerKind.CHOICE:
            return lot.choice(sorted(request.options))
        if request.kind is AnswerKind.YES_NO:
            return lot.choice(("Yes", "No"))
        return _sentence(lot)


def _sentence(lot: random.Random) -> str:
    action = lot.choice(sorted(MICRO_ACTIONS.values()))
    first, second = lot.sample(PARTS, 2)
    return (
        f"The {first} moves {lot.choice(DIRECTIONS)}, then the {second} moves {lot.choice(DIRECTIONS)}. "
        f"Therefore the coarse-grained label is {body_part(action)} and the fine-grained label is {action}."
    )
