"""What a training corpus costs: CPU seconds and peak memory of `export-train` at several sizes.

    python -m benchmarks.corpus [--sizes 500,2000,8000] [--video frames] [--of questions] [--folder DIR]

A question file of so many clips, copies of the demo's two-second clips under other names, with both open and ten closed
questions on each; or, `--of captions`, a build of them with captions, as MA-Bench-Train is. The command is the user's,
in a process of its own. CPU seconds count, those of decoding processes too, since the machine may have other work.
Then the same command again, which has every picture already.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mabench_eval.construction import is_build, read_captions, write_settings
from mabench_eval.construction.folder import write_rows
from mabench_eval.journal import write_json
from tests.construction.exportable import exportable_build
from tests.support.paths import ROOT

DEMO = ROOT / "demo"
MOST_GROWTH = 1.35
"""Times that seconds may grow beyond the growth in clips."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="500,2000,8000", help="clips, the smaller first")
    parser.add_argument("--video", default="frames", choices=("frames", "clips"))
    parser.add_argument("--of", default="questions", choices=("questions", "captions"))
    parser.add_argument("--folder", type=Path, help="where to work (default: a folder that is removed)")
    options = parser.parse_args()

    print(f"{'clips':>8}{'conversations':>15}{'CPU s':>9}{'MB':>7}{'again, CPU s':>14}{'ms a clip':>11}")
    costs: list[tuple[int, float]] = []
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=options.folder) as place:
            source, out = SOURCES[options.of](Path(place) / "source", size), Path(place) / "corpus"
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


def _questions(place: Path, size: int) -> Path:
    """A folder of questions and clips."""
    asked: dict[str, list[dict[str, str]]] = {}
    for row in json.loads((DEMO / "questions.json").read_text(encoding="utf-8")):
        asked.setdefault(row["video"], []).append(row)
    rows = []
    for name, original in _linked(place / "videos", size):
        rows += [{**row, "video": f"{name}.mp4", "qid": f"{row['qid']}_{name}"} for row in asked[f"{original}.mp4"]]
    write_json(place / "questions.json", rows)
    return place


def _captions(place: Path, size: int) -> Path:
    """A benchmark under construction whose clips have captions, and nothing was asked yet."""
    build = exportable_build(place)
    (place / "questions.jsonl").unlink()
    clips = {row.clip: row for row in build.clips()}
    captions = {each.clip: each for each in read_captions(build)}
    linked = list(_linked(place / "videos", size))
    write_rows(place / "clips.jsonl", (replace(clips[old], clip=name, file=f"{name}.mp4") for name, old in linked))
    write_rows(place / "captions.jsonl", (replace(captions[old], clip=name) for name, old in linked))
    write_settings(place, replace(build.settings, clips=str(place / "videos")))
    return place


SOURCES = {"questions": _questions, "captions": _captions}


def _linked(folder: Path, size: int) -> Iterator[tuple[str, str]]:
    """So many clips, links to the demo's: name, and which of the demo's it is."""
    names = sorted(path.stem for path in (DEMO / "videos").glob("*.mp4"))
    folder.mkdir(parents=True)
    for number in range(size):
        original = names[number % len(names)]
        os.link(DEMO / "videos" / f"{original}.mp4", folder / f"{number:05d}.mp4")
        yield f"{number:05d}", original


def _exported(source: Path, out: Path, video: str) -> tuple[float, float]:
    """CPU seconds of the command and of what it started, and the most megabytes that one process held."""
    closed = [] if is_build(source) else ["--closed"]
    words = ["export-train", source, "-o", out, *closed, "--video", video, "--frames", 8]
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
