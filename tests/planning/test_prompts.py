"""Prompts: the golden text of each task, and prompts of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.planning.plan import make_plan
from mabench_eval.planning.prompts import official_layout, with_prompts
from mabench_eval.taxonomy import OFFICIAL_TASKS
from mabench_eval.types import Clip, Question, one_text
from tests.support.benchmarks import CMAR_TEXT, FMAR_TEXT
from tests.support.paths import GOLDEN

TASKS = load_catalogue().tasks
TEXTS = {"CMAR": CMAR_TEXT, "FMAR": FMAR_TEXT}


@pytest.mark.parametrize("name", OFFICIAL_TASKS)
def test_no_prompt_changes_unseen(name: str) -> None:
    """What a model is asked, word for word. A wanted change: edit tests/golden/ too, and raise the task's version."""
    question = Question("Q", name, "a", TEXTS.get(name, "Does the {left} hand move?"))
    (planned,) = make_plan([question], [TASKS[name]], {"a": Clip("a")}, {}).clips
    (request,) = planned.requests
    expected = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert f"version {TASKS[name].version}, {request.max_tokens} tokens\n\n{one_text(request)}\n" == expected


def test_own_prompts_change_what_they_name_alone(tmp_path: Path) -> None:
    file = tmp_path / "prompts.yaml"
    file.write_text("cmar: Look.\nFMAR:\n  user_prompt: 'Q: {question}'\n  max_tokens: 4\n")
    changed = with_prompts(TASKS, file)
    assert (changed["CMAR"].system_prompt, changed["CMAR"].max_tokens) == ("Look.", TASKS["CMAR"].max_tokens)
    assert (changed["FMAR"].user_prompt, changed["FMAR"].max_tokens) == ("Q: {question}", 4)
    assert changed["FMAR"].system_prompt == TASKS["FMAR"].system_prompt
    assert changed["SAD"] is TASKS["SAD"]
    as_json = tmp_path / "prompts.json"
    as_json.write_text(json.dumps({"CMAR": "Look.", "FMAR": {"user_prompt": "Q: {question}", "max_tokens": 4}}))
    assert with_prompts(TASKS, as_json) == changed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CMRA: x", "no task 'CMRA'; did you mean 'CMAR'?"),
        ("CMAR: {sytem_prompt: x}", "CMAR: unknown field 'sytem_prompt'; did you mean 'system_prompt'?"),
        ("CMAR: {max_tokens: many}", "CMAR: max_tokens must be int, found 'many'"),
        ("CMAR: {max_tokens: 0}", "CMAR: max_tokens must be at least 1"),
        ("CMAR: {user_prompt: no place}", "CMAR: user_prompt must hold {question} once"),
        ("CMAR: 5", "CMAR: expected a text or the fields"),
        ("- a", "expected `task: system prompt` pairs"),
        ("a: [", ":2: not valid YAML"),
    ],
)
def test_a_prompts_file_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "prompts.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        with_prompts(TASKS, file)
    assert message in str(caught.value)


def test_yaml_cannot_run_code(tmp_path: Path) -> None:
    file = tmp_path / "prompts.yaml"
    file.write_text("CMAR: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(InputError, match=r"1: a tag, 'python/object/apply:os.system'"):
        with_prompts(TASKS, file)


def test_all_tasks_begin_alike() -> None:
    """So that an engine, or a provider's cache, works through the frames once for the twelve questions of a clip."""
    assert len({TASKS[name].system_prompt for name in OFFICIAL_TASKS}) == 1
    assert all(TASKS[name].user_prompt.endswith("\n\n{question}") for name in OFFICIAL_TASKS)


def test_the_official_layout_has_all_words_in_the_system_message() -> None:
    task = official_layout(TASKS["SAD"])
    assert task.system_prompt.startswith("You see frames")
    assert "\n\nThe question is about one detail" in task.system_prompt
    assert task.user_prompt == "{question}"
    assert official_layout(task) == task


def test_a_system_prompt_alone_leaves_none_of_our_words(tmp_path: Path) -> None:
    file = tmp_path / "prompts.yaml"
    file.write_text("CMAR: Look.\nFMAR: {system_prompt: Look., user_prompt: 'Q: {question}'}\n")
    changed = with_prompts(TASKS, file)
    assert changed["CMAR"].user_prompt == "{question}"
    assert changed["FMAR"].user_prompt == "Q: {question}"
