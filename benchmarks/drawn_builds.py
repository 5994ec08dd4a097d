"""Whether builds of clips that nobody has seen pass the gate, and are refused once their words tell the answers.

PYTHONPATH=. python -m benchmarks.drawn_builds [--clips 200 600] [--seeds 101 102 103 104]

For each seed clips are drawn (the demo's figure with random movements and labels), described, and go through `build
ask` and `build audit` with the same seed. Then a leaky writer is played: in a share of the Yes/No questions that are
true it says "clearly". Printed are what words alone get right, by clip and by statement, with the 95 % interval of
chance (* where it is outside), and whether the gate let it through.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random

from benchmarks.building_scale import described
from mabench_eval.auditing.looks import BY_CLIP, BY_STATEMENT
from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction import BuildFolder, GateRecord, ask_questions, audit_build
from mabench_eval.construction.folder import QUESTIONS, write_rows
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.journal import Silent
from mabench_eval.runfiles import read_lines
from tests.support.construction import drawn_clips

ASKED = {"CMAR": 1, "FMAR": 1, "SAD": 2, "MAD": 2, "MAS": 2, "PPR": 2, "MADU": 0, "MARE": 0}
"""Questions a clip: of the six tasks that the gate looks at."""


def main() -> int:
    """Print a table a size; 1 if a leaky one passes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[200, 600])
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103, 104])
    parser.add_argument("--leak", type=float, default=0.5, help="share of the true questions that say so")
    chosen = parser.parse_args()

    leaky_ones_that_pass = 0
    print("| clips | seed | " + " | ".join(("SAD", "MAD", "MAS", "PPR")) + " | gate | with a leaky writer |")
    print("|---:|---:|---|---|---|---|---|---|")
    for count in chosen.clips:
        for seed in chosen.seeds:
            with tempfile.TemporaryDirectory() as place:
                build = asked(Path(place) / "mine", count, seed)
                fair = audit_build(build)
                leak(build, chosen.leak, seed)
                leaky = audit_build(build)
            leaky_ones_that_pass += leaky.passed
            cells = " | ".join(words(fair, task) for task in ("SAD", "MAD", "MAS", "PPR"))
            print(f"| {count} | {seed} | {cells} | {outcome(fair)} | {outcome(leaky)} |", flush=True)
    return int(leaky_ones_that_pass > 0)


def asked(folder: Path, count: int, seed: int) -> BuildFolder:
    """A build with questions."""
    build = described(folder, list(drawn_clips(count, seed)), count, seed)
    build = replace(build, settings=replace(build.settings, questions=ASKED))
    ask_questions(build, load_catalogue(), None, Silent())
    return build


def leak(build: BuildFolder, share: float, seed: int) -> None:
    """Let words tell: a writer that knows the answers says "clearly" where something is so."""
    lot = Random(seed)
    rows = []
    for question in read_lines(BuiltQuestion, build.path / QUESTIONS):
        tells = question.answer == "Yes" and lot.random() < share
        rows.append(replace(question, text=question.text.replace("?", " clearly?", 1)) if tells else question)
    write_rows(build.path / QUESTIONS, rows)


def words(record: GateRecord, task: str) -> str:
    """What the probe gets right by clip, by statement, and what chance gets."""
    readings = [each for each in record.readings if each.task == task and each.look in (BY_CLIP, BY_STATEMENT)]
    shown = ", ".join(f"{each.accuracy:.1f}{'*' * (each.verdict != 'chance')}" for each in readings)
    return f"{shown} ({readings[0].chance_low:.0f}-{readings[0].chance_high:.0f})"


def outcome(record: GateRecord) -> str:
    """Passed, or what speaks against it."""
    if record.passed:
        return "passed"
    against = sorted(f"{each.task} {each.look}" for each in record.readings if each.verdict == "leak")
    return "refused: " + (", ".join(against[:2]) + (", ..." if len(against) > 2 else "") or record.findings[0].told)


if __name__ == "__main__":
    sys.exit(main())
