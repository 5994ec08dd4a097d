"""What the descriptors of a tracker are worth on the demo, whose motions are known, and what its tracks cost.

mabench-eval env make mediapipe; PYTHONPATH=. $(mabench-eval env path mediapipe) -m benchmarks.construction

Statements that the descriptors decide are compared with the ground truth of the figures that are drawn, where that
decides them too: of what the demo asks by its own answers, of other families by their rules on the paths as drawn.
Rendered figures are easier than people: how much is right on real clips, human review measures.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from demo.motions import CLIPS
from demo.questions import breath_of, clip_name, multiple, order, proximity, single
from demo.truth import CLEAR, STILL, Track, tracks
from mabench_eval import ClipToTrack, Picture
from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction import Descriptor, OpenTracker, Statement, describe, open_tracker, statements, truths
from mabench_eval.video import each_frame
from tests.support.construction import described

VIDEOS = Path("demo/videos")
EARLIER = {"SAD": (98.6, 0), "MAD": (99.7, 0), "MAS": (100.0, 12), "PPR": (99.8, 5)}
"""Task -> percent true, and clips with fewer than two statements, of the scripts that the design was tried out with."""
TARGETS = {"SAD": 98.0, "MAD": 99.0, "MAS": 99.0, "PPR": 99.0}
SHORT = 10
"""Clips with fewer than two statements of MAS, at most."""


@dataclass
class Proof:
    """What the descriptors of all clips say, beside the truth."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)
    """Task, or family, -> statements that the truth does not decide."""
    said: dict[str, Counter[bool]] = field(default_factory=lambda: defaultdict(Counter))
    """Family -> statements that are said to be true, and to be false."""
    counts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Task -> statements of each clip."""
    moving: list[float] = field(default_factory=list)
    still: list[float] = field(default_factory=list)
    """Amplitudes, of the last source, of parts that truly move or do not."""
    late: list[float] = field(default_factory=list)
    """Seconds between onsets measured and true, of parts that move."""

    def share(self, name: str) -> float:
        """Percent true of a task's or a family's statements."""
        return 100 * self.right[name] / max(self.right[name] + self.wrong[name], 1)

    def apart(self) -> float:
        """Area under the curve: how often a part that moves has the larger amplitude than one that is still."""
        moving, still = np.array(self.moving), np.array(self.still)
        return float(np.mean(moving[:, None] > still) + np.mean(moving[:, None] == still) / 2)


def wording(statement: Statement) -> str | None:
    """The demo's question that asks for a statement; None for a family that it does not ask for."""
    first, second = (*statement.parts, "")[:2]
    phase = f"In the {statement.phase} phase"
    match statement.family:
        case "direction":
            return f"{phase}, does the {first} move primarily {statement.directions[0]}?"
        case "repetition":
            return f"Does the {first} move back and forth repeatedly?"
        case "stillness":
            return f"Does the {first} stay almost still throughout the clip?"
        case "together":
            one, other = statement.directions
            return f"{phase}, while the {first} moves {one}, does the {second} move {other}?"
        case "larger":
            return f"Does the {first} show a larger movement than the {second}?"
        case "before":
            return f"Did the {first} start to move before the {second}?"
        case "approach" | "apart":
            how = {"approach": "noticeably approach", "apart": "noticeably move away from"}[statement.family]
            return f"{phase} of the video, does the {first.title()} {how} the {second.title()}?"
    return None


def compare(descriptor: Descriptor, known: Mapping[str, Track], proof: Proof) -> None:
    """Add a clip to the proof."""
    answers = {text: answer for ask in (single, multiple, order, proximity) for _, text, answer in ask(known)}
    exact = truths(described(descriptor.clip, "", known))
    said: Counter[str] = Counter()
    for statement, measured, drawn in zip(statements(), truths(descriptor).tolist(), exact.tolist(), strict=True):
        if not measured:
            continue
        said[statement.task] += 1
        asked = wording(statement)
        so = drawn if asked is None else {"Yes": 1, "No": -1, None: 0}[answers.get(asked)]
        tally = proof.right if so == measured else proof.wrong if so else proof.open
        tally.update((statement.task, statement.family))
        proof.said[statement.family][measured > 0] += 1
    for task in EARLIER:
        proof.counts[task].append(said[task])

    for name, track in known.items():
        *_, measure = descriptor.parts[name.lower()].sources.values()
        if track.amplitude <= STILL:
            proof.still.append(measure.amplitude)
        elif track.amplitude >= CLEAR:
            proof.moving.append(measure.amplitude)
            if measure.onset is not None:
                proof.late.append(abs(measure.onset - track.start))


def track_demo(tracker: OpenTracker) -> Iterator[tuple[Descriptor, Mapping[str, Track]]]:
    """Each clip's descriptor and truth."""
    for number, clip in enumerate(CLIPS):
        name = clip_name(number)
        path = VIDEOS / f"{name}.mp4"
        tracked = tracker.track(ClipToTrack(name, path, partial(each_frame, path), "viewer"))
        yield describe(tracked, name, None, tracker.facts), tracks(clip, breath_of(number))


def bare(pictures: Iterable[Picture]) -> None:
    """Pose and flow of the same pictures, as small as pose-flow gives them, and nothing else."""
    import cv2
    import mediapipe

    cv2.setNumThreads(1)
    flow: Any = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    before = None
    with mediapipe.solutions.pose.Pose(model_complexity=1, enable_segmentation=True) as pose:
        for _, picture in pictures:
            height, width = picture.shape[:2]
            large = picture if height <= 720 else cv2.resize(picture, (width * 720 // height, 720))
            pose.process(large)
            grey = cv2.cvtColor(cv2.resize(picture, (width * 360 // height, 360)), cv2.COLOR_RGB2GRAY)
            if before is not None:
                flow.calc(before, grey, None)
            before = grey


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of all threads of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def cost(tracker: OpenTracker, path: Path) -> str:
    """A line with the CPU time a frame of the tracker and of the bare tools, in turns; the clip is decoded before."""
    decoded = list(each_frame(path))
    clip = ClipToTrack(path.stem, path, lambda: iter(decoded), "viewer")
    pairs = [(cpu_seconds(lambda: tracker.track(clip)), cpu_seconds(lambda: bare(decoded))) for _ in range(3)]
    ours, theirs = (1000 * min(taken) / len(decoded) for taken in zip(*pairs, strict=True))
    return f"| {path.stem} | {len(decoded)} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} | 1.25 |"


def report(proof: Proof) -> None:
    """Print the tables."""
    print(
        "| task | true, % | of | earlier, % | target, % | a clip, median | clips with < 2 | earlier | truth open, % |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for task, (earlier, short) in EARLIER.items():
        decided = proof.right[task] + proof.wrong[task]
        unsaid = 100 * proof.open[task] / max(decided + proof.open[task], 1)
        few = sum(count < 2 for count in proof.counts[task])
        print(
            f"| {task} | {proof.share(task):.1f} | {decided:,} | {earlier} | {TARGETS[task]:.0f} "
            f"| {np.median(proof.counts[task]):.0f} | {few} | {short} | {unsaid:.0f} |"
        )
    print("\n| family | true, % | of | truth open | said to be so | not so |\n|---|---:|---:|---:|---:|---:|")
    for family, said in proof.said.items():
        decided = proof.right[family] + proof.wrong[family]
        figures = f"{proof.share(family):.1f} | {decided:,} | {proof.open[family]} | {said[True]} | {said[False]}"
        print(f"| {family} | {figures} |")
    print("\n| | measured | earlier | target |\n|---|---:|---:|---:|")
    print(f"| directions, % true | {proof.share('direction'):.1f} | 95.2 | 95 |")
    print(f"| moving or still, AUC | {proof.apart():.3f} | 0.955 | 0.95 |")
    print(f"| onset error, s, median | {np.median(proof.late):.2f} | 0.03 | |")
    print(f"| onset error, s, 90 % | {np.quantile(proof.late, 0.9):.2f} | 0.08 | 0.1 |")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracker", default="pose-flow")
    parser.add_argument("--cost", nargs="*", type=Path, default=[VIDEOS / "demo_01.mp4", VIDEOS / "demo_14.mp4"])
    chosen = parser.parse_args()
    tracker = open_tracker(load_catalogue().check().tracker(chosen.tracker), {})
    proof = Proof()
    for descriptor, known in track_demo(tracker):
        compare(descriptor, known, proof)
    report(proof)
    if chosen.tracker == "pose-flow":
        print("\n| clip | frames | tracker, CPU ms a frame | bare pose and flow | ratio | target |")
        print("|---|---:|---:|---:|---:|---:|")
        for path in chosen.cost:
            print(cost(tracker, path))


if __name__ == "__main__":
    main()
