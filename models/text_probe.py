"""The text-only baseline: what the words of a question tell of its answer, learnt from a labelled file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from importlib.util import find_spec

from mabench_eval import (
    INSTALL,
    Benchmark,
    ClipWork,
    Json,
    Question,
    Request,
    Response,
    TextProbe,
    answer_each,
    load_benchmark,
    load_catalogue,
    register_model,
)


@register_model("text-probe", needs_frames=False)
class TextProbeModel:
    """Answers without looking. The preflight sees to it that no clip of the test set is learnt from."""

    def __init__(self, settings: Json, seed: int) -> None:
        """Learn. Nothing is random."""
        self._probe = TextProbe().fit(_labelled(settings).questions)

    @staticmethod
    def identity(settings: Json) -> Json:
        """What it learns from, wherever the file lies."""
        return {"train_data": _labelled(settings).sha256}

    @staticmethod
    def problems(settings: Json) -> list[str]:
        """Whether scikit-learn is there."""
        return [] if find_spec("sklearn") else [f"text-probe needs scikit-learn: {INSTALL}"]

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer clip by clip."""
        for item in work:
            yield from answer_each(item, partial(self._answer, item.clip.name))

    def _answer(self, clip: str, request: Request) -> str:
        question = Question(request.qid, request.task, clip, request.question, request.options)
        (answer,) = self._probe.answers([question])
        if answer is None:
            raise ValueError(f"the training data has no answered question of {request.task}")
        return answer


def _labelled(settings: Json) -> Benchmark:
    return load_benchmark(settings["train_data"], load_catalogue(()).tasks)
