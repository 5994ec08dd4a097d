"""Models that read text alone, on the engine transformers: as judges, and under test with ``--input text-only``."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkpoints import TEMPLATES, build

# After the checkpoints, which let torchvision be imported beside a CPU build of torch.
pytest.importorskip("torch", reason="the engine transformers needs torch")
pytest.importorskip("transformers", reason="the engine transformers needs transformers")
pytest.importorskip("torchvision", reason="its packages are asked for together")

import torch

from mabench_eval import evaluate, register_model
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.transformers import decoding
from mabench_eval.engines.transformers.model import TransformersModel
from mabench_eval.engines.transformers.prompts import Prompts
from mabench_eval.errors import InputError, ModelError
from mabench_eval.journal.journal import read_journal
from mabench_eval.judging import model_judge
from mabench_eval.types import AnswerKind, Clip, ClipWork, Request
from tests.engines.asked import answers_of, clip_of, request
from tests.support.benchmarks import write_benchmark
from tests.support.scripted_judge import GOOD, LEVELS, Teller

FORMS = sorted(TEMPLATES)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(2)
    return tmp_path_factory.mktemp("text")


@cache
def checkpoint(form: str, root: Path) -> Path:
    """Its tokens are mostly single letters, so that a rubric takes some 4,000 of them."""
    return build(form, root / form)


@pytest.fixture
def benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One clip, so two open answers, by the model ``teller``. A verdict has 12 tokens, so that random ones end."""
    monkeypatch.setattr(model_judge, "MAX_TOKENS", 12)
    register_model("teller", needs_frames=False)(Teller)
    return write_benchmark(tmp_path / "data", clips=1)


def open_tasks(data: Path, judge: Path | str, **choices: Any) -> Any:
    """The teller's open answers, judged."""
    output = data.parent.parent / "results"
    return evaluate("teller", tasks="open", data=str(data), judge=str(judge), output=output, **choices)


def records(run: Any) -> Counter[tuple[str, int]]:
    """What the journal says of the judgments: kind and calls -> how many."""
    found: Counter[tuple[str, int]] = Counter()
    for line in (run.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line[line.index("{") :])
        if record.get("judge"):
            found[record["kind"], record["calls"]] += 1
    return found


def prompts_put(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prompts of all that is asked from here on, as the template writes them."""
    put: list[str] = []
    text = Prompts.text

    def noted(self: Prompts, asked: Request, seen: Any) -> str:
        put.append(text(self, asked, seen))
        return put[-1]

    monkeypatch.setattr(Prompts, "text", noted)
    return put


@pytest.mark.parametrize("form", FORMS)
def test_a_judge_that_reads_text_alone_is_asked_in_its_own_form(
    form: str, root: Path, benchmark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random weights give no verdict: 2 answers, 2 calls each, no score anywhere, and no 0 either."""
    put = prompts_put(monkeypatch)
    run = open_tasks(benchmark, checkpoint(form, root))
    assert records(run) == {("error", 2): 2}
    assert [(task.judged, task.levels) for task in run.scores.open_tasks.values()] == [(0, dict.fromkeys(LEVELS))] * 2
    assert not run.complete

    assert len(put) == 4
    for prompt in put:
        assert "# " in prompt
        assert "<<<<< ANSWER" in prompt
        assert "\n" in prompt.partition("<<<<< REFERENCE")[2]  # a Python list would have none
        assert "'type'" not in prompt


def test_batches_of_verdicts_read_a_rubric_once(
    root: Path, benchmark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rubrics, 4 answers: two prefixes, longer than what follows them; a verdict that can be read is one call."""
    prefixes: list[int] = []
    prefill = decoding.prefill

    def noted(model: Any, inputs: Mapping[str, Any]) -> Any:
        prefixes.append(inputs["input_ids"].shape[1])
        return prefill(model, inputs)

    monkeypatch.setattr(decoding, "prefill", noted)
    monkeypatch.setattr(Prompts, "decode", lambda self, ids: GOOD)
    run = open_tasks(write_benchmark(tmp_path / "two", clips=2), checkpoint("plain", root))
    assert records(run) == {("judgment", 1): 4}
    assert run.complete
    assert {task.levels["L1"] for task in run.scores.open_tasks.values()} == {4}
    assert len(prefixes) == 2
    usage = run.record.judging["plain"]
    assert usage.prompt_tokens == sum(record["prompt_tokens"] for record in read_journal(run.folder).judgments.values())
    assert 4 * min(prefixes) < usage.prompt_tokens < 2 * 4 * min(prefixes)


@pytest.mark.parametrize("form", FORMS)
def test_together_and_alone_the_answers_are_the_same(form: str, root: Path) -> None:
    model = TransformersModel(LocalSettings(str(checkpoint(form, root)), dtype="float32"), 0, print)
    texts = ("Describe it.", "Describe it at length, part by part.", "Does it move?")
    asked = tuple(request(text, tokens=12) for text in texts)
    together = answers_of(model, ClipWork(Clip(""), None, asked))
    alone = [answers_of(model, ClipWork(Clip(""), None, (one,))) for one in asked]
    assert {key: each.text for key, each in together.items()} == {
        key: each.text for one in alone for key, each in one.items()
    }
    assert len({each.text for each in together.values()}) > 1


@pytest.mark.parametrize("form", FORMS)
def test_under_test_without_frames(form: str, root: Path, tmp_path: Path) -> None:
    """Constrained, every closed question of the two clips is answered: 10 each."""
    data = write_benchmark(tmp_path / "data", clips=2)
    choices: dict[str, Any] = {"input": "text-only", "settings": {"answers": "constrained"}, "judge": "none"}
    run = evaluate(str(checkpoint(form, root)), tasks="closed", data=str(data), output=tmp_path, **choices)
    assert run.complete
    assert len(run.samples) == 20
    assert {sample.outcome for sample in run.samples} == {"answered"}


@pytest.mark.parametrize("medium", ["video", "images"])
def test_frames_are_refused_with_the_way_on(medium: Any, root: Path) -> None:
    model = TransformersModel(LocalSettings(str(checkpoint("parts", root)), input=medium), 0, print)
    with pytest.raises(ModelError, match="takes text alone, and no") as told:
        list(model.generate(iter([clip_of(0)])))
    assert "--input text-only" in told.value.hint


def test_what_is_too_long_is_lost_alone(root: Path) -> None:
    """The context is 8,192 tokens, of letters; where nothing has been answered yet nothing else would be either."""
    model = TransformersModel(LocalSettings(str(checkpoint("plain", root))), 0, print)
    short, long = request("Yes?", AnswerKind.YES_NO), request("?! " * 4000)
    found = {each.key: each for each in model.generate(iter([ClipWork(Clip(""), None, (long, short))]))}
    assert found[short.key].error is None
    assert "reads 8,192 tokens; a question of this run needs 12," in (found[long.key].error or "")
    other = TransformersModel(LocalSettings(str(checkpoint("plain", root))), 0, print)
    with pytest.raises(ModelError, match="reads 8,192 tokens"):
        list(other.generate(iter([ClipWork(Clip(""), None, (long,))])))


def without_template(folder: Path) -> str:
    (folder / "chat_template.jinja").unlink()
    return "has no chat template"


def short_of_breath(folder: Path) -> str:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 1024}))
    return "reads 1,024 tokens; MADU takes "


def of_another_kind(folder: Path) -> str:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "no_such_model"}))
    return "cannot be loaded"


@pytest.mark.parametrize("damage", [without_template, short_of_breath, of_another_kind])
@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_a_judge_that_cannot_judge_is_refused_before_the_first_answer(
    damage: Any, engine: str, root: Path, benchmark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mabench_eval.engines.vllm.engine._has_device", lambda: True)
    monkeypatch.setattr("mabench_eval.engines.local.engine.package_problems", lambda *given: [])
    folder = tmp_path / "judge"
    shutil.copytree(checkpoint("plain", root), folder)
    told = damage(folder)
    with pytest.raises(InputError, match="nothing was run") as refused:
        open_tasks(benchmark, folder, judge_settings={"engine": engine})
    assert refused.value.problems
    assert all(problem.startswith("judge 'judge': ") for problem in refused.value.problems)
    assert told in "\n".join(refused.value.problems)
    assert not list(tmp_path.rglob("journal.jsonl"))


def test_a_checkpoint_that_looks_judges_by_text_too(root: Path, benchmark: Path) -> None:
    run = open_tasks(benchmark, build("qwen3_vl", root / "qwen3_vl", context=16384))
    assert records(run) == {("error", 2): 2}
