"""A question file of the official shape and size, made on the spot: 12 questions a clip, shuffled, without answers."""

from __future__ import annotations

import json
import random
from pathlib import Path

from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS

QUESTIONS_A_CLIP = 12


def write_questions(file: Path, clips: int) -> Path:
    """Write ``12 * clips`` questions to ``file`` and return it."""
    lot = random.Random(0)
    rows = [row for clip in range(clips) for row in _rows(clip, lot)]
    lot.shuffle(rows)
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


def _rows(clip: int, lot: random.Random) -> list[dict[str, str]]:
    parts = lot.sample(sorted(BODY_PARTS.values()), 7)
    actions = lot.sample(sorted(MICRO_ACTIONS.values()), 5)
    asked = [("CMAR", _choice("Which coarse-grained category does the movement in this clip belong to?", parts))]
    asked += [("FMAR", _choice("Which fine-grained label fits the movement in this clip?", actions))]
    for task in ("SAD", "MAD", "MAS", "PPR"):
        for side in ("left", "right"):
            asked += [(task, f"In the middle phase of clip {clip}, does the {side} hand move upward before the head?")]
    asked += [("MADU", "Describe the movements of each body part of the person in the video.")]
    asked += [("MARE", "Reason step by step from the movements in the video to the coarse and the fine label.")]
    return [
        {"video_name": f"clip_{clip:06d}", "task": task, "qid": f"{task}_{clip:06d}_{place}", "question": question}
        for place, (task, question) in enumerate(asked)
    ]


def _choice(question: str, options: list[str]) -> str:
    return "\n".join([question, *(f"{letter}. {option}" for letter, option in zip("ABCDEFG", options, strict=False))])
