"""Builds to review: the demo's clips with tracks, a few questions about each, and clips that any browser plays."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from demo.motions import FPS
from mabench_eval.construction import PARTS, BuildFolder, Statement, TrackedClip, Tracks, truth, write_settings
from mabench_eval.construction.descriptors import Descriptor
from mabench_eval.construction.folder import CLIPS, DESCRIPTORS, QUESTIONS, write_rows
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.tracking.track_files import tracks_to_bytes
from mabench_eval.runfiles import read_lines
from tests.support.construction import TORSO, demo_build, demo_tracks

CMAR = "Which body part does the micro-action belong to?\nA. Body\nB. Head\nC. Upper limb\nD. Lower limb"
MADU = "Describe the movement of every body part."


def review_build(folder: Path, clips: int = 4) -> BuildFolder:
    """The demo's first clips with tracks, and of each two Yes/No questions, a choice and an open one."""
    build = demo_build(folder)
    rows = build.clips()[:clips]
    write_rows(folder / CLIPS, rows)
    (folder / "tracks").mkdir(exist_ok=True)
    for row in rows:
        (folder / "tracks" / f"{row.clip}.npz").write_bytes(tracks_to_bytes(tracked(row.clip)))
    descriptors = {each.clip: each for each in read_lines(Descriptor, folder / DESCRIPTORS, "")}
    questions = [each for number, row in enumerate(rows) for each in asked(number, descriptors[row.clip], row.coarse)]
    write_rows(folder / QUESTIONS, questions)
    return build


def tracked(clip: str) -> TrackedClip:
    """Its known tracks, as two sources: the second is a little off, and sees shorter ways."""
    paths = demo_tracks()[clip]
    positions = np.stack([paths[part.title()].path for part in PARTS], axis=1) / TORSO
    seen = np.ones(positions.shape[:2])
    sources = (
        Tracks("pose", positions, seen),
        Tracks("flow", positions[0] + 0.85 * (positions - positions[0]) + 0.03, seen),
    )
    return TrackedClip(np.arange(len(positions)) / FPS, "viewer", TORSO, 1.0, sources, persons=1)


def asked(number: int, descriptor: Descriptor, coarse: str) -> list[BuiltQuestion]:
    """Questions on one clip."""
    found = []
    still = [Statement("SAD", "stillness", (part,)) for part in ("left foot", "head", "right hand", "torso")]
    decided = [each for each in still if truth(each, descriptor) is not None]
    for place, statement in enumerate(decided[:2]):
        answer = "Yes" if truth(statement, descriptor) else "No"
        text = f"Does the {statement.parts[0]} keep still throughout the clip?"
        measures = descriptor.parts[statement.parts[0]].sources
        evidence = {name: {"amplitude": measure.amplitude} for name, measure in measures.items()}
        qid = f"SAD_{10 * number + place:04d}"
        found.append(BuiltQuestion(1, qid, descriptor.clip, "SAD", text, answer, statement.id, "template", evidence))
    letter = {option[3:]: option[0] for option in CMAR.split("\n")[1:]}.get(coarse, "A")
    cmar = BuiltQuestion(
        1, f"CMAR_{number:04d}", descriptor.clip, "CMAR", CMAR, letter, None, "template", {"label": coarse}
    )
    madu = BuiltQuestion(
        1, f"MADU_{number:04d}", descriptor.clip, "MADU", MADU, "The head leads.", None, "template", {}
    )
    return [*found, cmar, madu]


def playable(build: BuildFolder, folder: Path) -> BuildFolder:
    """The same build with its clips as VP8 in WebM, which every browser plays."""
    import av

    from mabench_eval.journal import file_digest

    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for row in build.clips():
        file = folder / f"{row.clip}.webm"
        with av.open(str(build.file_of(row))) as source, av.open(str(file), "w") as target:
            stream = target.add_stream("libvpx", rate=Fraction(FPS))
            stream.width, stream.height, stream.pix_fmt = row.width, row.height, "yuv420p"
            stream.options = {"deadline": "realtime", "cpu-used": "8"}
            for frame in source.decode(video=0):
                target.mux(stream.encode(av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24"), format="rgb24")))
            target.mux(stream.encode())
        rows.append(replace(row, file=file.name, sha256=file_digest(file)))
    write_rows(build.path / CLIPS, rows)
    return write_settings(build.path, replace(build.settings, clips=str(folder)))
