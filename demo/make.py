"""Make the demo benchmark: ``python -m demo.make`` writes questions.json, ground_truth.json and videos/.

``python -m demo.make --check`` writes nothing and fails when what is committed is not what would be made.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from demo.figure import HEIGHT, SIDES, WIDTH, draw
from demo.motions import CLIPS, FPS, look
from demo.questions import breath_of, clip_name, write_questions
from demo.truth import as_json, tracks
from mabench_eval.taxonomy import body_part

FOLDER = Path(__file__).parent
ENCODER: Mapping[str, str] = {
    "crf": "27",
    "preset": "veryslow",
    "g": "1000",
    "threads": "1",
    "x264-params": "sliced-threads=0",
}
"""One thread and fixed options: the same library gives the same bytes."""
CLOSE = 6.0
"""Mean absolute difference, 0-255, that compression may make between a drawn frame and a decoded one."""


def frames(number: int) -> Iterator[NDArray[np.uint8]]:
    """The frames of the n-th clip as drawn, (HEIGHT, WIDTH, 3) RGB each."""
    clip, noise = CLIPS[number], np.random.default_rng([7, number])
    for frame in range(clip.frames):
        yield draw(clip.pose(frame, breath_of(number)), look(number), noise)


def encode(number: int, file: Path) -> None:
    """Write the n-th clip as H.264."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt, stream.options = WIDTH, HEIGHT, "yuv420p", dict(ENCODER)
        for pixels in frames(number):
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def questions_text() -> str:
    """The content of questions.json."""
    return json.dumps(write_questions(), indent=1, ensure_ascii=False) + "\n"


def truth_text() -> str:
    """The content of ground_truth.json: what moves in each clip. It is for readers and tests, and is not shipped."""
    clips = {
        clip_name(number): {
            "action": clip.action,
            "body_part": body_part(clip.action),
            "seconds": clip.seconds,
            "parts": as_json(tracks(clip, breath_of(number))),
        }
        for number, clip in enumerate(CLIPS)
    }
    return json.dumps({"sides": SIDES, "clips": clips}, indent=1) + "\n"


def make() -> None:
    """Write all files."""
    (FOLDER / "videos").mkdir(exist_ok=True)
    (FOLDER / "questions.json").write_text(questions_text(), encoding="utf-8")
    (FOLDER / "ground_truth.json").write_text(truth_text(), encoding="utf-8")
    for number in range(len(CLIPS)):
        encode(number, FOLDER / "videos" / f"{clip_name(number)}.mp4")


def differences() -> list[str]:
    """What of the committed files is not what would be made; empty when all is."""
    found = [
        f"{name} differs"
        for name, text in (("questions.json", questions_text()), ("ground_truth.json", truth_text()))
        if (FOLDER / name).read_text(encoding="utf-8") != text
    ]
    return found + [problem for number in range(len(CLIPS)) if (problem := clip_difference(number))]


def clip_difference(number: int) -> str | None:
    """How the committed n-th clip differs from what is drawn, beyond compression; None when it does not."""
    name = f"{clip_name(number)}.mp4"
    with av.open(str(FOLDER / "videos" / name)) as container:
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    drawn = list(frames(number))
    if len(decoded) != len(drawn):
        return f"{name} has {len(decoded)} frames, not {len(drawn)}"
    error = max(float(np.abs(a.astype(float) - b).mean()) for a, b in zip(decoded, drawn, strict=True))
    return f"{name} differs from what is drawn by {error:.1f} of 255" if error > CLOSE else None


def main() -> int:
    """Make, or check."""
    if "--check" not in sys.argv[1:]:
        make()
        return 0
    found = differences()
    print("\n".join(found) or "the demo benchmark is what `python -m demo.make` makes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
