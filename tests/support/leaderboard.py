"""Runs for the leaderboard: their files, written without asking a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mabench_eval.leaderboard import leaderboard_document, load_paper, markdown_page
from mabench_eval.leaderboard.known import known
from mabench_eval.stats import coverage, final_score, mean
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from tests.support.paths import ROOT

COMMITTED = ROOT / "leaderboard"
PAPER = load_paper(COMMITTED / "paper.json")
DEMO = {"name": "demo", "sha256": "d" * 64, "official": False, "clips": 28, "questions": 336, "labelled": True}
OFFICIAL = {
    "name": "MA-Bench",
    "sha256": "0f" * 32,
    "official": True,
    "clips": 1000,
    "questions": 12000,
    "labelled": True,
}
PAPERS_JUDGE: dict[str, Any] = {
    "name": "gpt-4o",
    "official": True,
    "model_id": "gpt-4o-2024-11-20",
    "sha256": known().judges["gpt-4o"][-1],
    "identity": {},
}
OTHER_JUDGE: dict[str, Any] = {
    "name": "lexical",
    "official": False,
    "model_id": None,
    "sha256": "99999999" * 8,
    "identity": {},
}
RUBRICS = {"MADU": {"version": "1", "sha256": known().rubrics["MADU"]["1"]}}


def render(folder: Path, runs: Sequence[Path]) -> str:
    """The Markdown page of a leaderboard's folder and further runs."""
    return markdown_page(leaderboard_document(folder, runs))


def closed_task(accuracy: float | None, n: int, total: int) -> dict[str, Any]:
    """A closed task of ``scores.json``."""
    return {
        "accuracy": accuracy,
        "n": n,
        "total": total,
        "coverage": coverage(n, total),
        "outcomes": {"answered": n, "error": total - n},
        "chance": None,
        "chance_corrected": None,
        "predictions": {"A": n},
        "by_body_part": {},
        "by_action": {},
    }


def open_task(levels: Mapping[str, float | None], judged: int, n: int, total: int) -> dict[str, Any]:
    """An open task of ``scores.json``."""
    return {
        "levels": dict(levels),
        "judged": judged,
        "by_rule": 0,
        "judges": {},
        "n": n,
        "total": total,
        "coverage": coverage(n, total),
        "outcomes": {"answered": n, "error": total - n},
        "by_body_part": {},
        "by_action": {},
    }


def averages_of(tasks: Mapping[str, Any]) -> dict[str, float | None]:
    """The three averages of tasks."""
    accuracies = [tasks.get(name, {}).get("accuracy") for name in OFFICIAL_CLOSED]
    levels = [tasks.get(name, {}).get("levels", {}).get(level) for name in OFFICIAL_OPEN for level in LEVELS]
    return {"closed_avg": mean(accuracies), "open_avg": mean(levels), "final": final_score(accuracies, levels)}


def scores_with(tasks: Mapping[str, Any], **top: Any) -> dict[str, Any]:
    """``scores.json`` of a run with these tasks; ``top``: keys that differ."""
    n, total = (sum(task[count] for task in tasks.values()) for count in ("n", "total"))
    share = {"value": None, "n": 0}
    return {
        "model": "m",
        "judges": [PAPERS_JUDGE],
        "rubrics": RUBRICS,
        "benchmark": OFFICIAL,
        "frames": {"count": 8, "sampling": "uniform"},
        "answers": "generate",
        "input": "video",
        "complete": n == total,
        "n": n,
        "total": total,
        "coverage": coverage(n, total),
        "outcomes": {"answered": n, "error": total - n},
        "tasks": dict(tasks),
        **averages_of(tasks),
        "intervals": {},
        "hierarchy_consistency": share,
        "all_correct_per_clip": share,
        **top,
    }


def scores_of(
    accuracy: float | None = 60.0, level: float | None = 2.0, *, missing: int = 0, unjudged: int = 0, **top: Any
) -> dict[str, Any]:
    """``scores.json`` of a run on the full benchmark; ``missing`` answers of SAD, ``unjudged`` of MADU."""
    tasks = {}
    for name, total in PAPER.questions.items():
        n = total - missing if name == "SAD" else total
        if name in OFFICIAL_CLOSED:
            tasks[name] = closed_task(accuracy, n, total)
        else:
            judged = 0 if level is None else n - unjudged if name == "MADU" else n
            tasks[name] = open_task(dict.fromkeys(LEVELS, level), judged, n, total)
    return scores_with(tasks, **top)


def identity_of(scores: Mapping[str, Any], repeats: int = 1, **changed: Any) -> dict[str, Any]:
    """The identity of a run by the paper's protocol, as far as its scores tell; ``changed``: fields that differ."""
    frames, answers = scores.get("frames"), scores.get("answers", "generate")
    prompts = {
        name: versions.popitem() for name in scores["tasks"] if (versions := dict(known().prompts.get(name, {})))
    }
    return {
        "model": {"name": scores.get("model", "m"), **({} if answers == "generate" else {"answers": answers})},
        "sampling": {"rule": frames["sampling"], "frames": frames["count"]} if frames else None,
        "seed": 0,
        "repeat": 0,
        "benchmark": scores["benchmark"]["sha256"],
        "tasks": {name: {"version": int(version), "prompt": user} for name, (version, (user, _)) in prompts.items()},
        "limit": None,
        "shard": None,
        **({"repeats": repeats} if repeats > 1 else {}),
        **changed,
    }


def run_folder(path: Path, scores: Mapping[str, Any], repeats: int = 1, **identity: Any) -> Path:
    """A run's folder with its two files; ``identity``: fields in which it differs from the paper's protocol."""
    path.mkdir(parents=True)
    try:
        recorded = identity_of(scores, repeats, **identity)
    except (TypeError, KeyError):  # scores that are none
        recorded = {}
    record = {
        "run_id": path.name,
        "model": scores.get("model", "m"),
        "complete": True,
        "command": "",
        "config": {},
        "identity": recorded,
        "benchmark": {},
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
        "sessions": [["2026-08-01T10:00:00+00:00", "2026-08-02T11:00:00+00:00"]],
    }
    (path / "run.json").write_text(json.dumps(record))
    (path / "scores.json").write_text(json.dumps(scores))
    return path
