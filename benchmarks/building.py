"""What building a benchmark costs besides its tracker, and that killing it costs nothing: time, memory, equal files.

python -m benchmarks.building [many] [writes]                    # any Python that has this library
mabench-eval env make mediapipe; python -m benchmarks.building pose-flow --clips 200

Clips are copies with other bytes at their end, so that each is a clip of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mabench_eval.construction.tracking.stage import WORKERS_LOG
from mabench_eval.journal import FILE, write_bytes

DEMO = Path("demo/videos")
CARD = "name: trivial\ndescription: Nothing is looked at; parts go where the clip's name says.\nlicence: MIT\n"
CODE = '''\
"""A tracker that costs nothing."""
import zlib

import numpy as np

from mabench_eval import PARTS, TrackedClip, Tracks, register_tracker


@register_tracker("trivial")
def trivial(clip):
    times = np.arange(FRAMES) / 30
    way = np.random.default_rng(zlib.crc32(clip.name.encode())).normal(0, 0.02, (FRAMES, len(PARTS), 2)).cumsum(axis=0)
    seen = np.ones(way.shape[:2])
    return TrackedClip(times, clip.sides, 100.0, 1.0, (Tracks("one", way, seen), Tracks("other", 0.9 * way, seen)))
'''
QUARTERS = 4


@dataclass
class Watched:
    """A command that has ended."""

    seconds: float
    cpu: float
    """Seconds of processor time, of all its processes."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    """(time, MB) of its first process, seconds since 1970."""
    children: float = 0.0
    """MB of its largest process at any time."""
    code: int = 0


def copies(folder: Path, count: int, sources: Sequence[Path]) -> tuple[Path, Path]:
    """A folder of so many clips, each with a box at its end that is passed over, and their labels."""
    clips = folder / "videos"
    clips.mkdir(parents=True)
    contents = [source.read_bytes() for source in sources]
    for number in range(count):
        box = struct.pack(">I4sQ", 16, b"free", number)
        (clips / f"clip_{number:05}.mp4").write_bytes(contents[number % len(contents)] + box)
    labels = folder / "labels.csv"
    rows = "".join(f"clip_{number:05}.mp4,A{1 + number % 5}\n" for number in range(count))
    labels.write_text(f"clip,label\n{rows}")
    return clips, labels


def words(folder: Path, *more: str) -> list[str]:
    """The command line of a step."""
    return [sys.executable, "-m", "mabench_eval", "build", str(folder), *more]


def environment() -> dict[str, str]:
    """With this checkout."""
    return {**os.environ, "PYTHONPATH": str(Path.cwd())}


def watch(command: Sequence[str]) -> Watched:
    """Run a command to its end, and look at its memory meanwhile."""
    began, memory = time.monotonic(), []
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            memory.append((time.time(), resident(process.pid)))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    ended.set()
    watcher.join()
    seconds = time.monotonic() - began
    return Watched(
        seconds, used.ru_utime + used.ru_stime, memory, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)
    )


def resident(pid: int) -> float:
    """MB of a process's memory; 0 where it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


def units(folder: Path) -> Mapping[str, list[dict[str, Any]]]:
    """Stage -> its records in the journal."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in (folder / FILE).read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            continue  # torn by a kill
        record = json.loads(line)
        if record["kind"] == "unit":
            found.setdefault(record["stage"], []).append(record)
    return found


def quarters(records: Sequence[Mapping[str, Any]], watched: Watched) -> Iterator[tuple[int, float, float]]:
    """Of each quarter of a stage: units up to its end, its seconds, MB of the first process at its end."""
    edges = [len(records) * part // QUARTERS - 1 for part in range(1, QUARTERS + 1)]
    before = float(records[0]["at"])
    for edge in edges:
        at = float(records[edge]["at"])
        yield edge + 1, at - before, max((mb for when, mb in watched.memory if when <= at), default=0.0)
        before = at


def digest(folder: Path) -> str:
    """Of all that a build has made: names and bytes, but the journal's times and what workers printed."""
    sums = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name not in (FILE, "lock", WORKERS_LOG) and not file.name.startswith("."):
            sums.update(f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return sums.hexdigest()


def killed(folder: Path, command: Sequence[str], times: int, total: int) -> tuple[int, list[int]]:
    """Kill a command so often, each time when a random share of what is left is done; then let it end.

    `total`: units of the whole. Its exit code, and how many units were done at each kill.
    """
    lot = random.Random(0)
    done: list[int] = []
    for before_end in range(times, 0, -1):
        left = total - (done[-1] if done else 0)
        wanted = total - left + int(left * lot.uniform(0.2, 1.8) / (before_end + 1))
        with subprocess.Popen(
            command,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # killed with the process that tracks in the tracker's environment
        ) as process:
            while process.poll() is None and lines(folder) < wanted:
                time.sleep(0.02)
            os.killpg(process.pid, signal.SIGKILL)
        done.append(sum(map(len, units(folder).values())))
    return watch(command).code, done


def lines(folder: Path) -> int:
    """Of the journal: about as many as units."""
    return (folder / FILE).read_bytes().count(b"\n")


def show_build(name: str, folder: Path, watched: Watched, jobs: int) -> None:
    """Print how a finished build went, stage by stage."""
    print(f"\n{name}: {watched.seconds:.0f} s, {watched.cpu:.0f} s of processor time, exit code {watched.code}")
    print(f"\nlargest process: {watched.children:.0f} MB\n")
    print(
        "| stage | clips | seconds of the quarter | clips a second | first process, MB | workers with a clip in hand |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    for stage, records in units(folder).items():
        held = sum(float(record["seconds"]) for record in records)
        busy = held / jobs / max(float(records[-1]["at"]) - float(records[0]["at"]), 1e-9)
        before = 0
        for clips, seconds, mb in quarters(records, watched):
            rate = (clips - before) / max(seconds, 1e-9)
            print(f"| {stage} | {clips:,} | {seconds:.1f} | {rate:.1f} | {mb:.0f} | {min(busy, 1):.0%} |")
            before = clips


def many(count: int, folder: Path, jobs: int) -> None:
    """So many clips through init, tracking and describing, by a tracker that costs nothing; and again, killed."""
    from tests.support.benchmarks import write_clip

    frames = 12
    write_clip(folder / "small.mp4", frames=frames)
    clips, labels = copies(folder, count, [folder / "small.mp4"])
    (folder / "code" / "trackers").mkdir(parents=True)
    (folder / "code" / "trackers" / "trivial.yaml").write_text(CARD)
    (folder / "code" / "trackers" / "trivial.py").write_text(CODE.replace("FRAMES", str(frames)))
    begun = watch(words(folder / "straight", "init", "--clips", str(clips), "--labels", str(labels)))
    print(f"init, {count:,} clips: {begun.seconds:.0f} s, {begun.cpu:.0f} s of processor time, {begun.children:.0f} MB")
    shutil.copytree(folder / "straight", folder / "killed")
    step = ["track", "--tracker", "trivial", "--include", str(folder / "code"), "--jobs", str(jobs)]
    straight = watch(words(folder / "straight", *step))
    show_build(f"trivial tracker, {count:,} clips", folder / "straight", straight, jobs)
    again = watch(words(folder / "straight", *step))
    print(f"\nnothing to do: {again.seconds:.0f} s, {again.cpu:.0f} s of processor time, {again.children:.0f} MB")
    show_kills(folder, step)


def pose_flow(count: int, folder: Path, jobs: int) -> None:
    """So many clips of the demo by the real tracker; and a fifth of them again, killed."""
    sources = sorted(DEMO.glob("*.mp4"))
    for name, number in (("all", count), ("few", max(count // 5, 4))):
        clips, labels = copies(folder / name, number, sources)
        watch(words(folder / name / "straight", "init", "--clips", str(clips), "--labels", str(labels)))
        shutil.copytree(folder / name / "straight", folder / name / "killed")
    step = ["track", "--env", "auto", "--jobs", str(jobs)]
    straight = watch(words(folder / "all" / "straight", *step))
    show_build(f"pose-flow, {count:,} clips", folder / "all" / "straight", straight, jobs)
    print(f"\nprocessor time over {jobs} cores of wall time: {straight.cpu / jobs / straight.seconds:.0%}")
    watch(words(folder / "few" / "straight", *step))
    show_kills(folder / "few", step)


def show_kills(folder: Path, step: Sequence[str], times: int = 5) -> None:
    """Kill the same build again and again, and compare what it ends with."""
    total = sum(map(len, units(folder / "straight").values()))
    code, done = killed(folder / "killed", words(folder / "killed", *step), times, total)
    same = digest(folder / "killed") == digest(folder / "straight")
    print(f"\nkilled at {', '.join(map(str, done))} units, then continued: exit code {code}, ", end="")
    print("the same files to the byte" if same else "OTHER FILES")


def writes(count: int, folder: Path) -> None:
    """Files written into one folder."""
    print("| files in the folder | seconds of the quarter | processor time, s |\n|---:|---:|---:|")
    began, used = time.monotonic(), time.process_time()
    for number in range(1, count + 1):
        write_bytes(folder / f"clip_{number:05}.npz", bytes(2000))
        if number % (count // QUARTERS) == 0:
            print(f"| {number:,} | {time.monotonic() - began:.1f} | {time.process_time() - used:.1f} |")
            began, used = time.monotonic(), time.process_time()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=("many", "writes", "pose-flow"), default=["writes", "many"])
    parser.add_argument("--clips", type=int, help="default: 20,500; of pose-flow 200")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    for what in chosen.what:
        with tempfile.TemporaryDirectory() as folder:
            if what == "writes":
                writes(chosen.clips or 20_000, Path(folder))
            elif what == "many":
                many(chosen.clips or 20_500, Path(folder), chosen.jobs)
            else:
                pose_flow(chosen.clips or 200, Path(folder), chosen.jobs)


if __name__ == "__main__":
    main()
