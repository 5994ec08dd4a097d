"""Models that workers hold in tests; given by ``--include``."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import ray

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


@register_model("slow-start")
class SlowStart(_Model):
    """The first worker loads at once; another still loads when that one has answered everything."""

    def __init__(self, settings: Json, seed: int) -> None:
        try:
            Path("first").touch(exist_ok=False)
        except FileExistsError:
            Path("second").touch()
            time.sleep(60)
            Path("second-loaded").touch()

    def meet(self, item: ClipWork) -> None:
        while not Path("second").exists():
            time.sleep(0.05)


@register_model("together")
class Together(Steady):
    """Nobody answers before four workers have met a clip; the node that is to die never ends its first."""

    count = 0

    def answer(self, request: Request, item: ClipWork) -> Response:
        assert item.clip.path
        self.count += 1
        doomed = item.clip.path.parent.parent / "doomed"
        while self.count > 3 and doomed.exists() and doomed.read_text() == ray.get_runtime_context().get_node_id():
            time.sleep(0.05)
        return super().answer(request, item)

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


@register_model("frozen")
class Frozen(_Model):
    """Stands still at clip1, and the whole process with it."""

    def meet(self, item: ClipWork) -> None:
        if item.clip.name == "clip1":
            os.kill(os.getpid(), signal.SIGSTOP)


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


@register_model("loads-late")
class LoadsLate(_Model):
    """Loads with the first clip, as checkpoints do, and cannot."""

    def meet(self, item: ClipWork) -> None:
        raise ModelError("its weights are torn", hint="Fetch them again.")


@register_model("in-an-environment")
class InAnEnvironment(_Model):
    """Answers with a package that is in its environment alone, and the environment's name."""

    def answer(self, request: Request, item: ClipWork) -> Response:
        probe = importlib.import_module("mabench_probe")
        return Response(request.key, text=f"{probe.WORD} in {os.environ['MABENCH_EVAL_ENVIRONMENT']}")


@register_model("lacks-something")
class LacksSomething(_Model):
    """Has what it needs in the run's own process alone."""

    @staticmethod
    def problems(settings: Json) -> list[str]:
        return [] if "pytest" in sys.modules else ["its package is not installed"]


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
