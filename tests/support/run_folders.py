"""Folders of finished runs, written without a run: what readers check, and no more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NOTHING = {"value": None, "n": 0}
SCORES: Mapping[str, Any] = {
    "judges": [],
    "rubrics": {},
    "frames": None,
    "answers": "generate",
    "input": "video",
    "complete": True,
    "n": 0,
    "total": 0,
    "coverage": 100.0,
    "outcomes": {},
    "tasks": {},
    "closed_avg": None,
    "open_avg": None,
    "final": None,
    "intervals": {},
    "hierarchy_consistency": NOTHING,
    "all_correct_per_clip": NOTHING,
}
BENCHMARK: Mapping[str, Any] = {
    "name": "b",
    "sha256": "ab" * 32,
    "official": False,
    "clips": 0,
    "questions": 0,
    "labelled": True,
}
RECORD: Mapping[str, Any] = {
    "run_id": "b-0123456789ab",
    "complete": True,
    "command": "python -m mabench_eval",
    "config": {"model": "m"},
    "benchmark": BENCHMARK,
    "frames": None,
    "decoder": None,
    "prompts": {},
    "versions": {},
    "environment": None,
    "engine": {},
    "machine": {},
    "totals": {
        "answers": 0,
        "prompt_tokens": 0,
        "output_tokens": 0,
        "cached_tokens": 0,
        "seconds": 0.0,
        "cost_usd": None,
        "served_by": {},
    },
    "judging": {},
    "seconds": 0.0,
    "sessions": [],
}
IDENTITY: Mapping[str, Any] = {"sampling": {"rule": "uniform", "frames": 8}, "tasks": {"SAD": {"version": 2}}}
JUDGE: Mapping[str, Any] = {"official": False, "model_id": None, "identity": {}}
SAMPLE: Mapping[str, Any] = {"outcome": "answered", "response": "text", "prediction": None, "reference": None}


def run_folder(folder: Path, rows: Sequence[Mapping[str, Any]], model: str = "m", **changes: Any) -> Path:
    """A finished run with these samples. ``changes``: of its identity, else of its scores."""
    identity = {**IDENTITY, **{name: value for name, value in changes.items() if name in IDENTITY}}
    scores = {**SCORES, "model": model, **{name: value for name, value in changes.items() if name not in identity}}
    scores["benchmark"] = {**BENCHMARK, **changes.get("benchmark", {})}
    scores["judges"] = [{**JUDGE, **judge} for judge in scores["judges"]]
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({**RECORD, "model": model, "identity": identity}))
    (folder / "scores.json").write_text(json.dumps(scores))
    (folder / "samples.jsonl").write_text("".join(json.dumps({**SAMPLE, **row}) + "\n" for row in rows))
    return folder


def closed(answers: Mapping[str, str], task: str = "SAD") -> list[dict[str, Any]]:
    """Clip -> its questions, right (1) or wrong (0) or without an answer (-)."""
    return [
        {"qid": f"{task}_{clip}_{place}", "task": task, "clip": clip, "correct": None if right == "-" else right == "1"}
        for clip, rights in answers.items()
        for place, right in enumerate(rights)
    ]
