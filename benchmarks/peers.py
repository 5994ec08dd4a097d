"""Other tools on the same questions: whole commands side by side with ours, by processor time and by the clock.

python -m benchmarks.peers [CLIP.mp4 ...] [--inspect DIR/bin/inspect] [--also 'NAME=COMMAND'] [--rounds 3]

120 questions on ten clips of the real size, eight frames each, and an endpoint of 100 ms in a process of its own. Each
round runs every command once, in turns, so that a busy machine is busy for all; the ratio to ours is taken within a
round. Processor time is the command's and its children's, and not the endpoint's; that of the floor and
of the official way, which run in this process, has the endpoint's in it.

- inspect_ai, in an environment of its own (`pip install inspect_ai openai av pillow`): the task that is written below,
  as its user would write it: each clip decoded once, eight images in each sample, 64 connections.
- The official runner's way: one question after the other, seeking to each frame of its clip, a JPEG each. A few
  questions, extrapolated; its start is left out.
- Any other that is installed, VLMEvalKit say: `--also 'VLMEvalKit=COMMAND'`, where {url}, {questions} (JSON, the
  official form), {clips} (folder) and {out} (an empty folder) stand for what it is given.
- The floor: every clip decoded and encoded once, every body written to one plain socket, in a bare process.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.api import Endpoint, Work, endpoint, floor, make_work, official
from tests.support.paths import ROOT

OURS, OFFICIAL = "ours", "the official runner's way"
TASK = """
import base64, io, json
from pathlib import Path

import av
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, ContentImage, ContentText
from inspect_ai.scorer import match
from inspect_ai.solver import generate


def images(path):
    with av.open(str(path)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    for number in range(8):
        stream = io.BytesIO()
        frames[(2 * number + 1) * len(frames) // 16].save(stream, "JPEG", quality=95)
        yield ContentImage(image="data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode())


@task
def ma_bench(questions, clips):
    seen = {}
    samples = []
    for row in json.loads(Path(questions).read_text()):
        shown = seen.setdefault(row["video_name"], [])
        shown += [] if shown else images(Path(clips) / f"{row['video_name']}.mp4")
        said = [ChatMessageSystem(content="Answer briefly."),
                ChatMessageUser(content=[*shown, ContentText(text=row["question"])])]
        samples.append(Sample(input=said, target="A", id=row["qid"]))
    return Task(dataset=MemoryDataset(samples), solver=generate(), scorer=match())
"""
"""A task of inspect_ai."""


def taken(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """(CPU seconds, seconds) of a whole command."""
    variables = {**os.environ, "OPENAI_API_KEY": "none", "LOCAL_API_KEY": "none"}
    variables["PYTHONPATH"] = str(ROOT)
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, env=variables, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{shlex.join(words)} ended with {process.returncode}:\n{(folder / 'log.txt').read_text()}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start


def commands(
    work: Work, server: Endpoint, out: Path, inspect: Path | None, also: Sequence[str]
) -> dict[str, list[str]]:
    """Name -> words of each command; results go below ``out``."""
    url, clips = server.base_url, work.folder / "videos"
    given = ["--model", "m", "--engine", "openai", "--base-url", url, "--judge", "none"]
    data = ["--data", str(work.questions), "--output", str(out / "ours")]
    named = {OURS: [sys.executable, "-m", "mabench_eval", *given, *data]}
    if inspect:
        (out / "task.py").write_text(TASK, encoding="utf-8")
        model = ["--model", "openai-api/local/m", "--model-base-url", url, "--max-connections", "64"]
        task_is = ["-T", f"questions={work.questions}", "-T", f"clips={clips}", "--display", "none"]
        named["inspect_ai"] = [str(inspect), "eval", "task.py", *model, *task_is, "--log-dir", str(out / "inspect")]
    for each in also:
        name, _, line = each.partition("=")
        line = line.format(url=url, questions=work.questions, clips=clips, out=out / name)
        named[name] = shlex.split(line)
    return named


def print_table(cpu: Mapping[str, Sequence[float]], seconds: Mapping[str, Sequence[float]]) -> None:
    """Medians, and medians of the ratios to ours in the same round."""
    print(f"{'120 questions on ten clips':32} {'CPU s':>8} {'of ours':>8} {'seconds':>8} {'of ours':>8}")
    for name in cpu:
        cells = [
            figure
            for measured in (cpu, seconds)
            for figure in (
                statistics.median(measured[name]),
                statistics.median(one / own for one, own in zip(measured[name], measured[OURS], strict=True)),
            )
        ]
        print("{:32} {:8.2f} {:8.2f} {:8.2f} {:8.2f}".format(name, *cells))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", metavar="CLIP.mp4", type=Path, nargs="*")
    parser.add_argument("--inspect", type=Path, metavar="FILE", help="the command inspect of an environment of its own")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=COMMAND", help="another tool's command")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds from a request's body to its answer")
    chosen = parser.parse_args()

    cpu: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        work = make_work(Path(folder), chosen.files, 10)
        with endpoint(chosen.latency) as server:
            for number in range(chosen.rounds):
                out = work.folder / f"round{number}"
                out.mkdir()
                for name, words in commands(work, server, out, chosen.inspect, chosen.also).items():
                    taken_cpu, taken_seconds = taken(words, out)
                    cpu.setdefault(name, []).append(taken_cpu)
                    seconds.setdefault(name, []).append(taken_seconds)
                way, least = official(work, server.base_url), floor(work, chosen.latency)
                for name, both in ((OFFICIAL, (way.cpu, way.seconds)), ("floor", (least.cpu, least.seconds))):
                    cpu.setdefault(name, []).append(both[0])
                    seconds.setdefault(name, []).append(both[1])
    print_table(cpu, seconds)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
