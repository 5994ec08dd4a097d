"""What entries are compared with is what the library has: benchmarks, prompts, rubrics, the paper's judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import TaskCard, load_catalogue
from mabench_eval.journal import fingerprint
from mabench_eval.judging import JudgePlan, open_judges
from mabench_eval.leaderboard.known import ids_digest, known
from mabench_eval.planning import official_layout
from tests.support.leaderboard import PAPER
from tests.support.paths import ROOT, SHARED

CATALOGUE = load_catalogue()
FILES = {
    "demo": "demo",
    "labelled sample": str(SHARED / "mabench_labelled_50.json"),
    "official": str(SHARED / "mabench_data.json"),
}
"""Known benchmark -> its questions; what may not be redistributed may be absent."""


def test_every_known_benchmark_has_its_questions_here_or_elsewhere() -> None:
    assert [benchmark.name for benchmark in known().benchmarks] == list(FILES)
    assert {name: count for name, (count, _) in known().official.tasks.items()} == PAPER.questions


@pytest.mark.parametrize("name", FILES)
def test_a_known_benchmark_is_its_questions(name: str) -> None:
    if name != "demo" and not Path(FILES[name]).exists():
        pytest.skip("the questions may not be redistributed")
    (benchmark,) = (each for each in known().benchmarks if each.name == name)
    questions = load_benchmark(FILES[name], CATALOGUE.tasks)
    assert benchmark.clips == len(questions.clip_names)
    assert benchmark.sha256 == (None if questions.official else questions.sha256)
    for task, (count, digest) in benchmark.tasks.items():
        pairs = [(question.qid, question.clip) for question in questions.questions if question.task == task]
        assert (count, digest) == (len(pairs), ids_digest(pairs)), f"write {task}: [{len(pairs)}, {ids_digest(pairs)}]"
        clips = [clip for _, clip in pairs]
        assert {clips.count(clip) for clip in clips} == {benchmark.on_each_clip(task)}
    assert benchmark.tasks.keys() == {question.task for question in questions.questions}


@pytest.mark.parametrize("task", CATALOGUE.tasks.values(), ids=lambda task: task.name)
def test_the_prompts_of_the_present_cards_are_known(task: TaskCard) -> None:
    if task.source is None or task.source.parent != ROOT / "tasks":
        pytest.skip("a task of a plugin has no protocol")
    digests = [fingerprint([each.system_prompt, each.user_prompt, each.max_tokens]) for each in both(task)]
    there = known().prompts[task.name].get(str(task.version))
    assert there == tuple(digests), f"add to known.yaml: prompts: {task.name}: {task.version}: {digests}"


def both(task: TaskCard) -> tuple[TaskCard, TaskCard]:
    """As it is asked with instructions in the user message, and in the system message."""
    return task, official_layout(task)


def test_the_rubrics_and_the_papers_judge_are_known() -> None:
    plan = JudgePlan((), tuple(CATALOGUE.tasks.values()))
    for task, rubric in plan.rubrics.items():
        assert known().rubrics[task].get(rubric.version) == rubric.sha256, f"add {rubric.sha256} to rubrics: {task}"
    official = [name for name, card in CATALOGUE.judges.items() if card.official]
    assert list(known().judges) == official
    for judge in open_judges(",".join(official), CATALOGUE, {}):
        identity = fingerprint(judge.identity)
        assert known().judges[judge.name][-1] == identity, f"add {identity} to judges: {judge.name}"
