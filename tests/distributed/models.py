"""Models that workers hold in tests; given by ``--include``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from mabench_eval import register_model
from mabench_eval.errors import ModelError
from mabench_eval.types import ClipWork, Json, Request, Response


def text_of(request: Request, work: ClipWork) -> str:
    """An answer that says what was seen."""
    if request.options:
        return sorted(request.options)[int(request.key, 16) % len(request.options)]
    seen = int(work.frames.pixels.sum()) if work.frames else 0
    return "Yes" if "does the head" in request.question else f"The head moves by {seen}."


class _Model:
    """Answers clip by clip."""

    def __init__(self, settings: Json, seed: int) -> None: ...

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        for item in work:
            self.meet(item)
            for request in item.requests:
                yield self.answer(request, item)

    def meet(self, item: ClipWork) -> None:
        """What happens with a clip before its questions."""

    def answer(self, request: Request, item: ClipWork) -> Response:
        return Response(request.key, text=text_of(request, item))


@register_model("steady")
class Steady(_Model):
    """50 ms a question."""

    def answer(self, request: Request, item: ClipWork) -> Response:
        time.sleep(0.05)
        return super().answer(request, item)


@register_model("together")
class Together(Steady):
    """Nobody answers before four workers have met a clip, so that each of them has something to lose."""

    def meet(self, item: ClipWork) -> None:
        assert item.clip.path
        met = item.clip.path.parent.parent / "met"
        met.mkdir(exist_ok=True)
        (met / str(os.getpid())).touch()
        give_up = time.monotonic() + 60
        while len(list(met.iterdir())) < 4 and time.monotonic() < give_up:
            time.sleep(0.05)


@register_model("mortal")
class Mortal(_Model):
    """Does not survive clip1."""

    def meet(self, item: ClipWork) -> None:
        if item.clip.name == "clip1":
            os._exit(7)


@register_model("dead")
class Dead(_Model):
    """Survives nothing."""

    def meet(self, item: ClipWork) -> None:
        os._exit(7)


@register_model("gathers")
class Gathers(_Model):
    """Sees all clips before it answers the first."""

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        return super().generate(list(work))


@register_model("does-not-load")
class DoesNotLoad(_Model):
    """Cannot be loaded by a worker."""

    def __init__(self, settings: Json, seed: int) -> None:
        raise ModelError("its weights are not there", hint="Fetch them.")


@register_model("differs", needs_frames=False)
class Differs(_Model):
    """Another one in each process."""

    @staticmethod
    def identity(settings: Json) -> Json:
        return {"process": os.getpid()}


@register_model("broken")
class Broken(_Model):
    """Fails at every question."""

    def answer(self, request: Request, item: ClipWork) -> Response:
        return Response(request.key, error="broken")


HERE = Path(__file__).resolve()
