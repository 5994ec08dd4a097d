"""What a training corpus costs: CPU seconds and peak memory of `export-train` at several sizes.

    python -m benchmarks.corpus [--sizes 500,2000,8000] [--video frames] [--folder DIR]

A question file of so many clips, copies of the demo's two-second clips under other names, with both open and ten closed
questions on each; the command is the user's, in a process of its own. CPU seconds count, those of decoding processes
too, since the machine may have other work. Then the same command again, which has every picture already.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from mabench_eval.journal import write_json
from tests.support.paths import ROOT

DEMO = ROOT / "demo"
MOST_GROWTH = 1.35
"""Times that seconds may grow beyond the growth in clips."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="500,2000,8000", help="clips, the smaller first")
    parser.add_argument("--video", default="frames", choices=("frames", "clips"))
    parser.add_argument("--folder", type=Path, help="where to work (default: a folder that is removed)")
    options = parser.parse_args()

    print(f"{'clips':>8}{'conversations':>15}{'CPU s':>9}{'MB':>7}{'again, CPU s':>14}{'ms a clip':>11}")
    costs: list[tuple[int, float]] = []
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=options.folder) as place:
            source, out = _source(Path(place), size), Path(place) / "corpus"
            seconds, megabytes = _exported(source, out, options.video)
            again, _ = _exported(source, out, options.video)
            rows = sum(1 for _ in (out / "train.jsonl").open("rb"))
        costs.append((size, seconds))
        print(
            f"{size:>8,}{rows:>15,}{seconds:>9.1f}{megabytes:>7,.0f}{again:>14.1f}{1000 * seconds / size:>11.1f}",
            flush=True,
        )

    (first, least), (last, most) = costs[0], costs[-1]
    if most > MOST_GROWTH * last / first * max(least, 1.0):
        sys.exit(f"{most / least:.1f} times the seconds for {last / first:.1f} times the clips")


def _source(place: Path, size: int) -> Path:
    """A folder of questions and clips: links to the demo's, each under a name of its own."""
    asked: dict[str, list[dict[str, str]]] = {}
    for row in json.loads((DEMO / "questions.json").read_text(encoding="utf-8")):
        asked.setdefault(row["video"], []).append(row)
    names, rows = sorted(asked), []
    (place / "videos").mkdir()
    for number in range(size):
        original, video = names[number % len(names)], f"{number:05d}.mp4"
        os.link(DEMO / "videos" / original, place / "videos" / video)
        rows += [{**row, "video": video, "qid": f"{row['qid']}_{number:05d}"} for row in asked[original]]
    write_json(place / "questions.json", rows)
    return place


def _exported(source: Path, out: Path, video: str) -> tuple[float, float]:
    """CPU seconds of the command and of what it started, and the most megabytes that one process held."""
    words = ["export-train", source, "-o", out, "--closed", "--video", video, "--frames", 8]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "mabench_eval", *map(str, words)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, after.ru_maxrss / 1024  # of the largest so far, and sizes grow


if __name__ == "__main__":
    main()
