"""Models that read text alone, on the engine vllm: as judges, held to the schema of a verdict."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm.inputs import Media, Prompts
from mabench_eval.journal.journal import read_journal
from mabench_eval.judging import model_judge
from tests.engines.asked import SYSTEM, needs_vllm, request
from tests.support.benchmarks import write_benchmark
from tests.support.checkpoints import TEMPLATES, build
from tests.support.scripted_judge import Teller

pytestmark = [needs_vllm, pytest.mark.filterwarnings("ignore")]  # vLLM's own, on threads of its own


@pytest.mark.parametrize("form", TEMPLATES)
def test_prompts_have_the_form_of_the_template(form: str, tmp_path: Path) -> None:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(build(form, tmp_path / form))
    prompts = Prompts(tokenizer, LocalSettings(form), "llama")
    text = tokenizer.decode(prompts.prompt(request("What\nmoves?"), Media())["prompt_token_ids"])
    assert text.count(SYSTEM) == text.count("What\nmoves?") == 1
    assert "'type'" not in text


def test_a_verdict_is_begun_as_its_schema_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By random weights, of which no end is to be expected: 2 answers, 2 calls each, all JSON, cut off and no score."""
    for name, value in {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}.items():
        monkeypatch.setitem(os.environ, name, value)
    monkeypatch.setattr(model_judge, "MAX_TOKENS", 24)
    register_model("teller", needs_frames=False)(Teller)
    data = write_benchmark(tmp_path / "data", clips=1)
    judge = build("llama-3", tmp_path / "judge", context=16384)
    settings: dict[str, Any] = {"engine": "vllm", "dtype": "float32", "gpu_memory": 0.2}
    choices: dict[str, Any] = {"judge": str(judge), "judge_settings": settings, "output": tmp_path}
    run = evaluate("teller", tasks="open", data=str(data), **choices)
    gc.collect()  # vLLM leaves a context of ZeroMQ open, and says so here

    errors = read_journal(run.folder).errors.values()
    assert [record["calls"] for record in errors] == [2, 2]
    for record in errors:
        written = "".join(record["text"].split())  # the schema leaves white space free
        assert written.startswith('{"L1"')
        assert '{"L1":{"reason":'.startswith(written[:16])
    assert not run.complete
    assert {task.judged for task in run.scores.open_tasks.values()} == {0}
