"""A build that can be exported: the demo's own questions as if they had been built, and all that is said of them."""

from __future__ import annotations

import json
from pathlib import Path

from mabench_eval.auditing import Reading
from mabench_eval.catalogue import Catalogue, load_catalogue
from mabench_eval.construction import BuildFolder, gate
from mabench_eval.construction.captions import Caption, Sentence, Structure
from mabench_eval.construction.decisions import final_questions
from mabench_eval.construction.folder import CAPTIONS, GATE, QUESTIONS, VERIFIED, write_rows
from mabench_eval.construction.gate import Coverage, GateRecord
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verdict, Verification
from mabench_eval.journal import write_json
from mabench_eval.runfiles import to_json
from tests.support.construction import demo_build
from tests.support.paths import ROOT

ROWS = json.loads((ROOT / "demo" / "questions.json").read_text(encoding="utf-8"))
"""28 clips, 12 questions each: 28 each of CMAR, FMAR, MADU, MARE, and 56 each of SAD, MAD, MAS, PPR."""
STATEMENTS = {
    "SAD": "SAD/stillness/head",
    "MAD": "MAD/together/left hand+head/early/upward+downward",
    "MAS": "MAS/before/head+torso",
    "PPR": "PPR/approach/left hand+head/late",
}
"""What every question of a task is said to ask for."""
CATALOGUE: Catalogue = load_catalogue()


def exportable_build(folder: Path) -> BuildFolder:
    """Captioned, asked, verified by rules, and passed by the gate."""
    build = demo_build(folder)
    write_rows(folder / QUESTIONS, [built(row) for row in ROWS])
    write_rows(folder / CAPTIONS, [caption(row.clip, row.coarse, row.fine) for row in build.clips()])
    agrees = (Verdict("rules", "rules", "agrees"),)
    asked = [built(row) for row in ROWS]
    write_rows(folder / VERIFIED, [Verification(1, each.qid, each.digest, agrees, None) for each in asked])
    pass_gate(build)
    return build


def pass_gate(build: BuildFolder) -> None:
    """What the gate would write of questions that tell nothing: it looks for minutes, and is tested elsewhere."""
    final = final_questions(build)
    reading = Reading("SAD", "words by clip", "", 50.0, 50.0, 37.0, 63.0, 1.0, 1.0, 56, 56, 28, True, 50.0, 37.0, 63.0)
    coverage = Coverage(28, 28, 28, 52, None, {}, {}, {})
    record = GateRecord(1, gate._key(build, final, ()), final.digest, True, (reading,), (), coverage, {}, 0)
    write_json(build.path / GATE, to_json(record))


def built(row: dict[str, str]) -> BuiltQuestion:
    task = row["task"]
    return BuiltQuestion(
        1,
        row["qid"],
        row["video"].removesuffix(".mp4"),
        task,
        row["question"],
        row["answer"],
        STATEMENTS.get(task),
        "template",
        {"pose": {"amplitude": 0.5}, "flow": {"amplitude": 0.4}},
    )


def caption(clip: str, coarse: str, fine: str) -> Caption:
    """Whose texts are the answers of the open questions."""
    texts = {row["task"]: row["answer"] for row in ROWS if row["video"] == f"{clip}.mp4"}
    rests = Sentence("The head keeps still.", ("SAD/stillness/head",))
    evidence, verdict = texts["MARE"].split(" ", 1)
    madu, mare = Sentence(texts["MADU"], rests.statements), (Sentence(evidence, rests.statements), Sentence(verdict))
    structure = Structure(rests, rests, rests, rests, rests)
    return Caption(1, clip, coarse, fine, {"head": rests}, structure, (madu,), mare, "template")
