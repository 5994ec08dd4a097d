"""A run taken up again from a large journal: peak memory and time, beside the version before.

python -m benchmarks.journal [CHECKOUT] [--megabytes 249]

Two journals of that size, with every answer: 12,000 long answers (reasoning in their text), and 120,000 short ones.
CHECKOUT is another checkout, run by the same Python.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.questions import QUESTIONS_A_CLIP, write_questions

HERE = Path(__file__).parents[1]
CLIPS = {"12,000 long answers": 1_000, "120,000 short answers": 10_000}
MODEL = """
from mabench_eval import register_model

@register_model("silent", needs_frames=False)
def silent(frames, prompt):
    raise AssertionError("everything is answered")
"""
WRITE = """
import json, sys, time
from mabench_eval.planning import RunConfig, prepare

data, output, include, size = sys.argv[1:]
run = prepare(RunConfig("silent", data=data, output=output, include=(include,), judge="none"))
run.folder.mkdir(parents=True)
words, requests = "The head moves down a little and returns. ", run.plan.requests
with (run.folder / "journal.jsonl").open("w") as stream:
    for request in requests:
        record = {"kind": "answer", "key": request.key, "text": "", "seconds": 1.5, "prompt_tokens": 900,
                  "output_tokens": 300, "qid": request.qid, "task": request.task, "frames": None, "at": time.time()}
        room = int(size) // len(requests) - len(json.dumps(record)) - 1
        record["text"] = f"<think>{(words * (room // len(words) + 1))[: room - 16]}</think>B"
        stream.write(json.dumps(record) + "\\n")
"""
RESUME = """
import sys
from mabench_eval import evaluate

data, output, include, _ = sys.argv[1:]
assert evaluate("silent", data=data, output=output, include=(include,), judge="none").complete
"""


def run(checkout: Path, code: str, words: list[str]) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a process that runs the code with a checkout's library."""
    variables = {**os.environ, "PYTHONPATH": str(checkout)}
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code, *words], env=variables, cwd=words[1]) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{checkout}: ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?")
    parser.add_argument("--megabytes", type=int, default=249)
    chosen = parser.parse_args()
    for name, clips in CLIPS.items():
        for checkout in [HERE, *([chosen.checkout.resolve()] if chosen.checkout else [])]:
            with tempfile.TemporaryDirectory() as folder:
                data = write_questions(Path(folder) / "questions.json", clips)
                model = Path(folder) / "silent.py"
                model.write_text(MODEL, encoding="utf-8")
                words = [str(data), folder, str(model), str(chosen.megabytes * 1_000_000)]
                run(checkout, WRITE, words)
                seconds, megabytes = run(checkout, RESUME, words)
            print(f"{name:24} {checkout!s:30} {seconds:7.1f} s {megabytes:7.0f} MB", flush=True)
    print(f"{QUESTIONS_A_CLIP} questions a clip")


if __name__ == "__main__":
    main()
