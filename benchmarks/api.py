"""Models behind an API: the official runner's way, the bare client, ours, and the floor, against a local endpoint.

python -m benchmarks.api [CLIP.mp4 ...] [--latency 0.1] [--clips 10]

Ten clips of the real size, twelve questions each; the endpoint is a process of its own on the same cores. Without
arguments a clip of the real size is rendered; the clips given are used by turns. Times are the best of three. Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Generic, TypeVar
from unittest.mock import patch

import av
import openai
from PIL import Image

from benchmarks.decoding import render
from benchmarks.questions import write_questions
from mabench_eval import evaluate
from mabench_eval.engines.openai import ApiSettings, encode_frames, request_body
from mabench_eval.planning import Run, RunConfig, prepare
from mabench_eval.types import Clip, ClipWork, Frames, Request
from mabench_eval.video import Sampling, Timeline, starter_kit
from mabench_eval.video import decode as decode_clip
from tests.support.paths import ROOT

RUNS = 3
OFFICIAL_QUESTIONS = 6
"""Questions that the official way is measured on."""
IN_FLIGHT = 64
"""Of the bare client; ours finds its own number, up to as many."""
SHORT_REQUESTS = 3000
"""Requests without images."""
MEASURE = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(json.dumps([time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""
"""Runs a command and prints its seconds and its peak memory in KiB."""
TARGET_FLOOR, TARGET_OFFICIAL, TARGET_RATE = 1.25, 40, 1000

Value = TypeVar("Value")


@dataclass(frozen=True)
class Endpoint:
    """The scripted endpoint in a process of its own."""

    port: int
    pid: int

    @property
    def base_url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        user, system = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def endpoint(latency: float, script: str | None = None) -> Iterator[Endpoint]:
    """Start it, and end it. ``script``: ``module:name`` of what it answers."""
    with tempfile.TemporaryDirectory() as folder:
        port = Path(folder) / "port"
        words = ["-m", "tests.support.scripted_server", "--latency", str(latency), "--port-file", str(port)]
        words += ["--script", script] if script else []
        with subprocess.Popen([sys.executable, *words], cwd=ROOT) as process:
            try:
                while not port.exists() and process.poll() is None:
                    time.sleep(0.01)
                yield Endpoint(int(port.read_text()), process.pid)
            finally:
                process.terminate()


@dataclass(frozen=True)
class Work:
    """The benchmark that everybody is asked."""

    folder: Path
    questions: Path
    requests: Sequence[tuple[Request, Path]] = ()
    """Each with its clip's file, clip by clip."""

    @property
    def clips(self) -> list[Path]:
        """The clips' files."""
        return list(dict.fromkeys(path for _, path in self.requests))

    def choices(self, base_url: str, output: str = "unused") -> dict[str, Any]:
        """What ``evaluate`` is given."""
        settings = {"base_url": base_url, "model_id": "m"}
        given = {"model": "m", "engine": "openai", "settings": settings, "judge": "none"}
        return {**given, "data": str(self.questions), "output": self.folder / output}

    def prepared(self, base_url: str) -> Run:
        """The run before anything is asked."""
        return prepare(RunConfig(**self.choices(base_url)))


def make_work(folder: Path, sources: Sequence[Path], count: int) -> Work:
    """Copy the clips by turns; an empty box at its end makes each a file of its own, with the same pictures."""
    sources = sources or [render(folder / "rendered.mp4")]
    (folder / "videos").mkdir()
    for number in range(count):
        box = (12).to_bytes(4, "big") + b"free" + number.to_bytes(4, "big")
        copy = folder / "videos" / f"clip_{number:06d}.mp4"
        copy.write_bytes(sources[number % len(sources)].read_bytes() + box)
    work = Work(folder, write_questions(folder / "questions.json", count))
    planned = work.prepared("http://127.0.0.1/v1").plan.clips
    asked = [(request, clip.clip.path) for clip in planned for request in clip.requests if clip.clip.path]
    return replace(work, requests=asked)


@dataclass(frozen=True)
class Measured(Generic[Value]):
    """A call: what it took, and what it returned."""

    seconds: float
    cpu: float
    """CPU seconds of all threads, and of the endpoint's process."""
    value: Value


def best(do: Callable[[], Value], server: Endpoint | None = None, runs: int = RUNS) -> Measured[Value]:
    """The fastest of several calls: other processes only ever add to the time."""

    def once() -> Measured[Value]:
        cpu, start = all_cpu(), time.perf_counter()
        value = do()
        return Measured(time.perf_counter() - start, all_cpu() - cpu, value)

    def all_cpu() -> float:
        return time.process_time() + (server.cpu if server else 0)

    return min((once() for _ in range(runs)), key=lambda measured: measured.seconds)


def official(work: Work, base_url: str, runs: int = 1) -> Measured[None]:
    """All questions, from a few of different clips: each costs the same, so the rest is proportional."""
    client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)
    asked = work.requests[:: max(1, len(work.requests) // OFFICIAL_QUESTIONS)][:OFFICIAL_QUESTIONS]
    answers: list[dict[str, str | None]] = []

    def one_after_another() -> None:
        for request, path in asked:
            given = messages(request, [data_url(image) for image in by_seeking(path)])
            completion = client.chat.completions.create(model="m", messages=given, max_tokens=request.max_tokens)
            answers.append({"qid": request.qid, "pred_answer": completion.choices[0].message.content})
            (work.folder / "official.json").write_text(json.dumps({"answers": answers}, indent=2))

    measured, share = best(one_after_another, runs=runs), len(work.requests) / len(asked)
    return Measured(measured.seconds * share, measured.cpu * share, None)


def by_seeking(path: Path) -> Iterator[Image.Image]:
    """Frames 0, s, 2s, ..., seeking to each of them; the decoder may use all cores."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for index in starter_kit(Timeline.constant(stream.frames, stream.average_rate or Fraction(30)), 8):
            container.seek(0, stream=stream)  # the only keyframe
            frames = container.decode(stream)
            frame = next(frame for number, frame in enumerate(frames) if number == index)
            yield Image.fromarray(frame.to_ndarray(format="rgb24"))


def data_url(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=95)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


def messages(request: Request, urls: Sequence[str]) -> Any:
    """A system message, the images, the question."""
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    content = [*images, {"type": "text", "text": request.user_prompt}]
    return [{"role": "system", "content": request.system_prompt}, {"role": "user", "content": content}]


async def ask_all(base_url: str, asked: Sequence[tuple[Request, Sequence[str]]], *, aiohttp: bool) -> None:
    """Ask all with ``chat.completions.create``, so many at a time."""
    places = asyncio.Semaphore(IN_FLIGHT)
    http = openai.DefaultAioHttpClient() if aiohttp else None
    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, http_client=http) as client:

        async def one(request: Request, urls: Sequence[str]) -> None:
            async with places:
                given = messages(request, urls)
                await client.chat.completions.create(model="m", messages=given, max_tokens=request.max_tokens)

        waiting: list[Awaitable[None]] = [one(request, urls) for request, urls in asked]
        await asyncio.gather(*waiting)


def decode(path: Path) -> Frames:
    return decode_clip(Clip(path.stem, path), Sampling())


def each_clip(work: Work, do: Callable[[Path], Value]) -> dict[Path, Value]:
    """Do something with each clip, on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(work.clips, pool.map(do, work.clips), strict=True))


def bare(work: Work, base_url: str, *, aiohttp: bool) -> tuple[float, float]:
    """Seconds to prepare the frames of all clips on all cores, and then to ask everything."""

    def prepared() -> dict[Path, list[str]]:
        return each_clip(work, lambda path: [data_url(Image.fromarray(pixels)) for pixels in decode(path).pixels])

    preparing = best(prepared)
    asked = [(request, preparing.value[path]) for request, path in work.requests]
    return preparing.seconds, best(lambda: asyncio.run(ask_all(base_url, asked, aiohttp=aiohttp))).seconds


def ours(work: Work, server: Endpoint) -> tuple[Measured[None], int]:
    """``evaluate``, every run into a new folder; and the JPEGs encoded in a run."""
    encoded, folders, save = [0], iter(range(RUNS + 1)), Image.Image.save

    def counted(image: Image.Image, *arguments: Any, **options: Any) -> None:
        encoded[0] += 1
        save(image, *arguments, **options)

    def once() -> None:
        assert evaluate(**work.choices(server.base_url, f"ours{next(folders)}")).complete

    with patch.object(Image.Image, "save", counted):
        once()  # imports, the first time
    return best(once, server), encoded[0]


def ours_from_frames(work: Work, base_url: str) -> float:
    """Seconds of the engine alone, from the decoded frames of all clips: encoding and asking."""
    frames = each_clip(work, decode)
    planned = work.prepared(base_url).plan.clips
    given = [ClipWork(clip.clip, frames[path], clip.requests) for clip in planned if (path := clip.clip.path)]
    return best(lambda: generate(work, base_url, given)).seconds


def generate(work: Work, base_url: str, given: Sequence[ClipWork]) -> None:
    """Have the engine answer all."""
    model = work.prepared(base_url).engine.load(print, lambda clip: decode(work.clips[0]))
    responses = list(model.generate(given))
    assert all(response.text for response in responses)


def command(work: Work, base_url: str) -> tuple[float, float]:
    """Seconds and peak memory (MB) of the whole command in a fresh process."""
    words = [sys.executable, "-m", "mabench_eval", "--model", "m", "--engine", "openai", "--base-url", base_url]
    words += ["--data", str(work.questions), "--judge", "none", "--output", str(work.folder / "command")]
    # between us a small process: a child's peak is at least what its parent held when it began
    done = subprocess.run([sys.executable, "-c", MEASURE, *words], check=True, stdout=subprocess.PIPE)
    seconds, kilobytes = json.loads(done.stdout)
    return seconds, kilobytes / 1024


@dataclass(frozen=True)
class Floor:
    """What nobody gets around.

    Decoding, encoding, sending and the endpoint's receiving overlap in any good program, yet not for free: all of them
    take the same cores. The least time is therefore the sum of their CPU seconds over the cores, plus the latency once:
    the last answer comes that much after the last body. (Were the endpoint elsewhere and the cores many, the floor
    would be the slowest stage instead.)
    """

    decoding: float
    """CPU seconds: every clip decoded and encoded once, all cores busy."""
    sending: float
    """CPU seconds of both sides: every body written to a plain blocking socket, images never copied."""
    latency: float
    megabytes: float
    """All bodies."""

    @property
    def cpu(self) -> float:
        """CPU seconds."""
        return self.decoding + self.sending

    @property
    def seconds(self) -> float:
        """The least time."""
        return self.cpu / (os.cpu_count() or 1) + self.latency


def floor(work: Work, latency: float) -> Floor:
    """The best of several measurements of each stage."""
    decoding = best(lambda: each_clip(work, lambda path: encode_frames(decode(path), ApiSettings("m"))))
    bodies = [request_body(r, decoding.value[path], {}, ApiSettings("m"), 0).pieces for r, path in work.requests]
    with endpoint(0) as server:
        sending = best(lambda: send(bodies, server.port), server)
    return Floor(decoding.cpu, sending.cpu, latency, sending.value / 1e6)


def send(bodies: Sequence[Sequence[bytes]], port: int) -> int:
    """Post the bodies one after another over one connection; the bytes sent."""
    total = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pieces in bodies:
            length = sum(map(len, pieces))
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
            for piece in (head.encode(), *pieces):
                connection.sendall(piece)
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
            total += length
    return total


def rates(work: Work) -> dict[str, float]:
    """Requests a second without images and without latency: the bare clients', and the engine's."""
    several = (work.requests[number % len(work.requests)][0] for number in range(SHORT_REQUESTS))
    requests = [replace(request, key=str(number)) for number, request in enumerate(several)]
    asked: list[tuple[Request, Sequence[str]]] = [(request, ()) for request in requests]
    clips = [ClipWork(Clip(""), None, tuple(requests[start : start + 12])) for start in range(0, len(requests), 12)]
    with endpoint(0) as server:
        url = server.base_url
        taken = {
            "bare client": best(lambda: asyncio.run(ask_all(url, asked, aiohttp=False))),
            "bare client on aiohttp": best(lambda: asyncio.run(ask_all(url, asked, aiohttp=True))),
            "ours": best(lambda: generate(work, url, clips)),
        }
    return {name: len(requests) / measured.seconds for name, measured in taken.items()}


def line(name: str, seconds: float, work: Work, least: float, note: str = "") -> None:
    rate = len(work.requests) / seconds
    print(f"{name:52} {seconds:8.2f} {rate:11.1f} {seconds / least:8.2f}   {note}".rstrip(), flush=True)


def with_images(work: Work, latency: float) -> None:
    """Print the first table."""
    least = floor(work, latency)
    print(
        f"{len(work.requests)} requests, {least.megabytes:.0f} MB, latency {1e3 * latency:.0f} ms, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'':52} {'seconds':>8} {'requests/s':>11} {'/ floor':>8}")
    parts = f"(decode, encode {least.decoding:.2f} s + send, receive {least.sending:.2f} s of CPU) / cores + latency"
    line("floor", least.seconds, work, least.seconds, parts)
    with endpoint(latency) as server:
        url = server.base_url
        way = official(work, url).seconds
        line("official runner's way", way, work, least.seconds, f"{OFFICIAL_QUESTIONS} questions, extrapolated")
        for name, aiohttp in (("bare client", False), ("bare client on aiohttp", True)):
            preparing, asking = bare(work, url, aiohttp=aiohttp)
            note = f"preparing {preparing:.2f}, then asking {asking:.2f}, {IN_FLIGHT} in flight"
            line(f"{name}, frames prepared once a clip", preparing + asking, work, least.seconds, note)
        measured, encoded = ours(work, server)
        seconds = measured.seconds
        note = f"target {TARGET_FLOOR}; {measured.cpu:.2f} s of CPU, the floor's {least.cpu:.2f}; {encoded} JPEGs"
        line("ours: evaluate, files included", seconds, work, least.seconds, note)
        line("ours: engine alone, frames decoded before", ours_from_frames(work, url), work, least.seconds)
        whole, memory = command(work, url)
        line("ours: whole command, start-up included", whole, work, least.seconds, f"peak {memory:.0f} MB")
    print(f"official / ours: {way / seconds:.1f} (target {TARGET_OFFICIAL}); load {os.getloadavg()[0]:.1f} at the end")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", metavar="CLIP.mp4", type=Path, nargs="*")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds from a request's body to its answer")
    parser.add_argument("--clips", type=int, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = make_work(Path(folder), chosen.files, chosen.clips)
        with_images(work, chosen.latency)
        print(f"\n{'without images, no latency':52} {'requests/s':>11}   {'/ bare':>6}")
        found = rates(work)
        for name, rate in found.items():
            target = f"   target {TARGET_RATE:,}" if name == "ours" else ""
            print(f"{name:52} {rate:11,.0f}   {rate / found['bare client']:6.2f}{target}")


if __name__ == "__main__":
    main()
