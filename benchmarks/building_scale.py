"""What every stage of a build costs after its clips are described: time and peak memory at two sizes.

PYTHONPATH=. python -m benchmarks.building_scale [--clips 2000,20500] [--folder DIR]

A few hundred clips are drawn (the demo's figure with random movements) and copied under new names, clips' files too;
each stage is the command that a user gives, in a process of its own; CPU seconds count, since the machine may have
other work. ``init`` and ``track`` are measured elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mabench_eval.construction import BuildFolder, BuildSettings, ClipRow, Descriptor, open_build, write_settings
from mabench_eval.construction.folder import ACTIONS, CLIPS, DESCRIPTORS, LEFT_OUT, write_rows
from mabench_eval.construction.intake.actions import ma52_actions
from mabench_eval.journal import write_text
from tests.support.construction import DrawnClip, drawn_clips

DRAWN = 300
"""Clips that are drawn; the others are copies of them."""
STAGES = (
    ("caption",),
    ("ask",),
    ("verify",),
    ("audit",),
    ("export", "--ungated", "--clips-licence", "none: drawn"),
)
MOST_GROWTH = 1.35
"""Times that seconds may grow beyond the growth in clips."""
MOST_MB = 6_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one stage."""

    seconds: float
    """Of CPU."""
    megabytes: float
    """Most that the process held at once."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", default="2000,20500", help="sizes, the smaller first")
    parser.add_argument("--folder", type=Path, help="where to work (default: a folder that is removed)")
    options = parser.parse_args()
    sizes = [int(size) for size in options.clips.split(",")]

    with tempfile.TemporaryDirectory() as own:
        place = options.folder or Path(own)
        costs = {size: measured(place / f"build-{size}", size) for size in sizes}

    print(f"{'stage':<10}" + "".join(f"{size:>12,} clips{'':>12}" for size in sizes))
    failed = []
    for stage, *_ in STAGES:
        cells = [costs[size][stage] for size in sizes]
        print(f"{stage:<10}" + "".join(f"{cost.seconds:>12.1f} s {cost.megabytes:>10,.0f} MB" for cost in cells))
        growth, first, last = sizes[-1] / sizes[0], cells[0], cells[-1]
        if last.seconds > MOST_GROWTH * growth * max(first.seconds, 1.0):
            failed.append(
                f"{stage}: {last.seconds / first.seconds:.1f} times the seconds for {growth:.1f} times the clips"
            )
        if last.megabytes > MOST_MB:
            failed.append(f"{stage}: {last.megabytes:,.0f} MB")
    if failed:
        sys.exit("; ".join(failed))
    print("linear in time, bounded in memory")


def measured(folder: Path, size: int) -> dict[str, Cost]:
    """Stage -> what it costs on so many clips."""
    described(folder, list(drawn_clips(min(size, DRAWN))), size)
    return {stage: cost_of("build", str(folder), stage, *more) for stage, *more in STAGES}


def cost_of(*words: str) -> Cost:
    """Run a command of the library to its end."""
    process = subprocess.Popen([sys.executable, "-m", "mabench_eval", *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 3):  # refused by the gate, or something left: told, and no failure of the measurement
        sys.exit(f"{' '.join(words)}: exit status {code}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def described(folder: Path, drawn: Sequence[DrawnClip], size: int, seed: int = 0) -> BuildFolder:
    """A build with so many described clips: the drawn ones, and copies of them."""
    videos = folder / "clips"
    videos.mkdir(parents=True)
    rows: list[ClipRow] = []
    for number in range(size):
        name, first = f"clip_{number:05d}", drawn[number % len(drawn)].row
        content = name.encode()  # no stage from here on looks into a clip
        (videos / f"{name}.mp4").write_bytes(content)
        rows.append(replace(first, clip=name, file=f"{name}.mp4", sha256=hashlib.sha256(content).hexdigest()))

    def descriptors() -> Iterator[Descriptor]:
        for number, row in enumerate(rows):
            yield replace(drawn[number % len(drawn)].descriptor, clip=row.clip, sha256=row.sha256)

    write_settings(folder, BuildSettings(1, str(videos), str(folder / "labels.csv"), seed=seed))
    write_text(folder / ACTIONS, ma52_actions().table())
    write_rows(folder / LEFT_OUT, [])
    write_rows(folder / CLIPS, rows)
    write_rows(folder / DESCRIPTORS, descriptors())
    return open_build(folder)


if __name__ == "__main__":
    main()
