"""Few-shot examples: from the same task, never from the clip in question, part of the key."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.planning.config import RunConfig
from mabench_eval.planning.preflight import prepare
from mabench_eval.planning.shots import choose_shots
from tests.support.benchmarks import Ask, write_benchmark

TASKS = load_catalogue().tasks


def test_examples_are_solved_questions_of_the_task_on_other_clips(tmp_path: Path) -> None:
    labelled = load_benchmark(str(write_benchmark(tmp_path, clips=6)), TASKS)
    choose = choose_shots(labelled, 3, seed=0, tasks={"SAD", "CMAR"}).of
    for question in labelled.questions:
        if question.task not in ("SAD", "CMAR"):
            continue
        shots = choose(question)
        assert len(shots) == 3
        assert all(question.clip not in shot.question for shot in shots)  # their texts name their clips
        assert all(shot.answer in ("Yes", "No") for shot in shots) == (question.task == "SAD")
        assert choose(question) == shots
    other = choose_shots(labelled, 3, seed=1, tasks={"SAD"}).of
    assert any(other(q) != choose(q) for q in labelled.questions if q.task == "SAD")


def test_too_few_examples_are_an_error(tmp_path: Path) -> None:
    labelled = load_benchmark(str(write_benchmark(tmp_path, clips=3)), TASKS)
    with pytest.raises(InputError, match="too few answered questions of MAS, SAD"):
        choose_shots(labelled, 3, seed=0, tasks={"SAD", "MAS"})


def test_examples_make_another_question(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", clips=4, videos=True)
    plain = ask(data, tasks="sad")
    shot = ask(data, tasks="sad", shots=2, shots_data=str(data))
    assert plain.folder != shot.folder
    assert asked.total() == 8 + 8
    prompt = next(prompt for prompt in asked if "Answer: " in prompt)
    assert prompt.count("Answer: ") == 2


@pytest.mark.parametrize("choices", [{"shots": 2}, {"shots_data": "demo"}, {"shots": -1, "shots_data": "demo"}])
def test_shots_and_their_file_go_together(choices: dict[str, object]) -> None:
    with pytest.raises(InputError, match="go together"):
        prepare(RunConfig("random", **choices))  # type: ignore[arg-type]
