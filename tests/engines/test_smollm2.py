"""A real language model, SmolLM2-135M-Instruct, as a judge and under test: real prose, JSON that breaks, no end.

It is a poor judge. What is tested is that this is counted and said, and that nothing of its prose is taken for a score.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.cli import main
from mabench_eval.journal.journal import read_journal
from mabench_eval.judging import model_judge
from mabench_eval.judging.verdict import UnreadableError, read_verdict
from tests.support.benchmarks import rows_of_clip, write_benchmark, write_rows
from tests.support.checkpoints.smollm2 import convert, missing_package
from tests.support.scripted_judge import LEVELS, Teller

lacking = missing_package()
pytestmark = pytest.mark.skipif(lacking is not None, reason=f"{lacking} is not installed (CONTRIBUTING.md has the way)")


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert(tmp_path_factory.mktemp("smollm2") / "smollm2-135m")


def judged(data: Path, judge: Path, output: Path) -> Any:
    """The open answers of the model ``teller``, judged."""
    register_model("teller", needs_frames=False)(Teller)
    return evaluate("teller", tasks="open", data=str(data), judge=str(judge), output=output)


def check_counts(run: Any, answers: int) -> None:
    """Every answer has a score or a reason; a score is what its words say, read once more; nothing else is one."""
    records = read_journal(run.folder)
    assert len(records.judgments) + len(records.errors) == answers
    tasks = run.scores.open_tasks.values()
    assert sum(task.judged for task in tasks) == len(records.judgments)
    assert run.complete == (not records.errors)
    for record in records.judgments.values():
        assert read_verdict(record["text"], LEVELS)[0] == record["levels"]
    for record in records.errors.values():
        assert record["calls"] == 2
        assert record["error"].startswith("no verdict: ")
        with pytest.raises(UnreadableError):
            read_verdict(record["text"], LEVELS)

    # Means are over what was scored alone: a missing score is no 0.
    means = Counter(task.levels["L1"] is None for task in tasks)
    assert means[True] == sum(task.judged == 0 for task in tasks)
    usage = run.record.judging["smollm2-135m"]
    everything = [*records.judgments.values(), *records.errors.values()]
    assert usage.calls == sum(record["calls"] for record in everything)
    assert usage.output_tokens == sum(record["output_tokens"] for record in everything)


def test_prose_is_no_verdict(smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 tokens, since this is slow without a GPU; what it writes has words, of this clip and its own."""
    monkeypatch.setattr(model_judge, "MAX_TOKENS", 40)
    run = judged(write_benchmark(tmp_path / "data", clips=1), smollm2, tmp_path)
    check_counts(run, answers=2)
    records = read_journal(run.folder)
    words = " ".join(record["text"] for record in [*records.judgments.values(), *records.errors.values()]).split()
    assert len(set(words)) > 10


def test_an_answer_without_end_is_cut_off_and_asked_for_once_more(
    smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """16 tokens hold no verdict whatever it says: 2 answers, 2 calls each, at most 2 x 2 x 16 tokens."""
    monkeypatch.setattr(model_judge, "MAX_TOKENS", 16)
    run = judged(write_benchmark(tmp_path / "data", clips=1), smollm2, tmp_path)
    check_counts(run, answers=2)
    usage = run.record.judging["smollm2-135m"]
    assert usage.calls == 4
    assert usage.output_tokens <= 64
    assert not read_journal(run.folder).judgments


def test_check_judge_says_how_bad_it_is(
    smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One clip's description and its cases, each asked once."""
    monkeypatch.setattr(model_judge, "MAX_TOKENS", 24)
    rows = [row for row in rows_of_clip("clip0") if row["task"] == "MADU"]
    data = write_rows(tmp_path / "questions.json", rows)
    words = ["check-judge", str(smollm2), "--data", str(data), "--repeats", "1", "-o", str(tmp_path), "--json"]
    code = main(words)
    card = json.loads(capsys.readouterr().out)

    usage = card["usage"]
    assert code == 3
    assert 0 < usage["without_score"] <= usage["requests"]
    assert usage["requests"] + usage["without_score"] <= usage["calls"] <= 2 * usage["requests"]
    failed = {check["name"] for check in card["passes"] if check["ok"] is False}
    assert {"reference: mean", "no score, share"} <= failed


def test_under_test_it_is_asked_without_frames(smollm2: Path, tmp_path: Path) -> None:
    """Of one clip 2 choices and 8 questions of Yes or No."""
    choices: dict[str, Any] = {"input": "text-only", "settings": {"answers": "constrained"}, "judge": "none"}
    data = write_benchmark(tmp_path / "data", clips=1)
    run = evaluate(str(smollm2), tasks="closed", data=str(data), output=tmp_path, **choices)
    assert run.complete
    assert Counter(sample.prediction in ("Yes", "No") for sample in run.samples) == {True: 8, False: 2}
