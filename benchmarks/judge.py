"""Judging through an endpoint: how near the calls in flight come to what they allow.

python -m benchmarks.judge [--judgments 2000] [--latency 0.1] [--concurrency 64]

A finished run with that many different open answers is judged by a model behind an endpoint in a process of its own:
the judging stage with its journal, then the whole of `judge RUN` (reading the run, judging, scoring, writing), then the
same again. The floor is judgments x latency / calls in flight. Linux.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.api import endpoint
from mabench_eval import evaluate, register_model
from mabench_eval.catalogue import load_catalogue
from mabench_eval.journal import Journal, Silent
from mabench_eval.judging import JudgePlan, Judging, open_judges
from mabench_eval.runs import judge_run, read_run
from mabench_eval.types import ClipWork, Response
from tests.support.scripted_server import Reply

TARGET = 1.3
VERDICT = json.dumps({level: {"reason": "as told", "score": 3} for level in ("L1", "L2", "L3")})
REFERENCES = {
    "MADU": "The head leads with a downward movement near the midline, then returns upward and settles.",
    "MARE": "The head moves down and up; therefore coarse-grained: Head, fine-grained: Nodding.",
}


def verdict(body: Any, before: int) -> Reply:
    """What the endpoint answers."""
    return Reply(VERDICT)


@register_model("teller", needs_frames=False)
class Teller:
    """Answers with something else on each clip."""

    def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
        """Take nothing."""

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Name the clip."""
        for item in work:
            for request in item.requests:
                yield Response(request.key, text=f"On {item.clip.name} the head moves down, then up.")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgments", type=int, default=2000)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds from a call's body to its answer")
    parser.add_argument("--concurrency", type=int, default=64, help="calls in flight")
    chosen = parser.parse_args()
    floor = chosen.judgments * chosen.latency / chosen.concurrency
    with tempfile.TemporaryDirectory() as name, endpoint(chosen.latency, "benchmarks.judge:verdict") as server:
        folder = Path(name)
        data = write_open_questions(folder / "questions.json", chosen.judgments // 2)
        result = evaluate("teller", data=str(data), tasks="open", judge="none", output=folder / "results")
        settings = {"base_url": server.base_url, "model_id": "m", "concurrency": chosen.concurrency}
        print(f"{chosen.judgments} judgments, {chosen.latency * 1000:.0f} ms, {chosen.concurrency} in flight")
        print(f"{'':24} {'seconds':>8} {'/ floor':>8} {'calls':>7}")
        print(f"{'floor':24} {floor:8.2f} {1:8.2f} {chosen.judgments:7}")
        seconds = stage(result.folder, folder / "alone", settings)
        print(f"{'the judging stage':24} {seconds:8.2f} {seconds / floor:8.2f} {chosen.judgments:7}   target {TARGET}")
        before = 0
        for what in ("judge RUN", "judge RUN, again"):
            start = time.perf_counter()
            judged = judge_run(result.folder, "openai", settings)
            seconds, calls = time.perf_counter() - start, judged.record.judging["m"].calls
            target = "   target: no call" if before else ""
            print(f"{what:24} {seconds:8.2f} {seconds / floor:8.2f} {calls - before:7}{target}")
            assert judged.complete
            before = calls


def stage(run: Path, journal_folder: Path, settings: Mapping[str, Any]) -> float:
    """Seconds of the judging stage, into a journal of its own."""
    finished = read_run(run)
    samples = finished.unjudged_samples()
    keys = JudgePlan(open_judges("openai", load_catalogue(), settings), finished.tasks, finished.material.rubrics)
    with Journal(journal_folder) as journal:
        start = time.perf_counter()
        with Judging(keys, journal.records, journal.append, Silent()) as judging:
            for question, sample in zip(finished.questions, samples, strict=True):
                judging.take(question, sample)
            assert not judging.finish()
        seconds = time.perf_counter() - start
        assert len(journal.records.judgments) == len(samples)
    return seconds


def write_open_questions(file: Path, clips: int) -> Path:
    """Two open questions a clip, with references."""
    rows = [
        {
            "video": f"clip{clip}.mp4",
            "task": task,
            "qid": f"{task}_{clip}",
            "question": f"Tell ({task}).",
            "answer": text,
        }
        for clip in range(clips)
        for task, text in REFERENCES.items()
    ]
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


if __name__ == "__main__":
    main()
