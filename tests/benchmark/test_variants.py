"""Questions asked several times and with their options rotated: what is asked, kept, scored and handed in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import compare, evaluate, register_judge, register_model
from mabench_eval.benchmark import load_benchmark
from mabench_eval.benchmark.options import parse_options, rotate_options
from mabench_eval.benchmark.variants import as_printed, expand_variants, first_asked, rotated
from mabench_eval.catalogue import TaskCard, load_catalogue
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.journal.journal import read_journal
from mabench_eval.planning.config import RunConfig
from mabench_eval.planning.forecast import forecast_run
from mabench_eval.planning.plan import make_plan
from mabench_eval.planning.preflight import prepare
from mabench_eval.runfiles import Share
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.runs.submission import prediction_problems, read_predictions
from mabench_eval.types import AnswerKind, Clip, ClipWork, JudgeRequest, Judgment, Question, Response
from tests.support.benchmarks import Ask, read_files, write_benchmark

TEXT = (
    "Please identify the exact fine-grained action category shown in this video.\n"
    "A. Playing or tidying hair - D7 \r\n"
    "\n"
    " B) Nodding - B2\n"
    "C: Nodding - B3\n"
    "D. Tiptoe\n"
    "E.Shaking legs - E1.\n"
    "Look at A and B closely."
)
LETTERS = "ABCDE"


def choice(answer: str | None = "B") -> Question:
    return Question("FMAR_0007", "FMAR", "clip", TEXT, parse_options(TEXT, LETTERS), answer)


# -- the text ----------------------------------------------------------------------------------------------


def test_options_move_and_all_else_stays_as_printed() -> None:
    """Behind letter i stands the option of letter i + 2; codes, duplicate labels, blanks and line ends are kept."""
    assert rotate_options(TEXT, 2) == (
        "Please identify the exact fine-grained action category shown in this video.\n"
        "A. Nodding - B3 \r\n"
        "\n"
        " B) Tiptoe\n"
        "C: Shaking legs - E1.\n"
        "D. Playing or tidying hair - D7\n"
        "E.Nodding - B2\n"
        "Look at A and B closely."
    )
    assert rotate_options(TEXT, 0) == TEXT
    assert rotate_options(rotate_options(TEXT, 2), 3) == TEXT  # 2 + 3 = 5 places: all the way round


def test_the_reference_moves_with_its_option() -> None:
    """B is the second of five: moved up by 1 it is the first, A; by 2 the last, E; by 3 D; by 4 C."""
    forms = [rotated(choice(), places) for places in range(5)]
    assert [form.answer for form in forms] == ["B", "A", "E", "D", "C"]
    assert {form.options[str(form.answer)] for form in forms} == {"Nodding - B2"}
    assert [form.variant for form in forms] == [("FMAR_0007", 0, places) for places in range(5)]
    assert rotated(choice(None), 1).answer is None
    for form in forms:
        assert parse_options(form.text, LETTERS) == form.options


def test_every_choice_of_the_demo_reads_as_it_was_rotated() -> None:
    catalogue = load_catalogue()
    questions = load_benchmark("demo", catalogue.tasks).questions
    forms = [form for form in expand_variants(questions, circular=True) if form.rotation]
    assert len(forms) == 28 * (6 + 4)
    for form in forms:
        assert parse_options(form.text, catalogue.tasks[form.task].options) == form.options


def test_the_ways_of_a_question() -> None:
    """Three times as printed, and four more rotations of a choice of five; Yes and No have no places to change."""
    yes_no = Question("SAD_1", "SAD", "clip", "Does it move?", {}, "Yes")
    found = expand_variants([choice(), yes_no], 3, circular=True)
    assert [(q.repeat, q.rotation) for q in found if q.task == "FMAR"] == [
        (0, 0),
        (1, 0),
        (2, 0),
        (0, 1),
        (0, 2),
        (0, 3),
        (0, 4),
    ]
    assert [(q.repeat, q.rotation) for q in found if q.task == "SAD"] == [(0, 0), (1, 0), (2, 0)]
    assert expand_variants([choice(), yes_no]) == (choice(), yes_no)
    assert (len(as_printed(found)), first_asked(found)) == (6, [choice(), yes_no])


# -- keys --------------------------------------------------------------------------------------------------


def pick_benchmark(folder: Path) -> RunConfig:
    """A task, a model and a question of its own: nothing of the repository is part of its keys."""
    for name in ("tasks", "models"):
        (folder / name).mkdir()
    (folder / "tasks" / "pick.yaml").write_text(
        "name: PICK\nfull_name: Pick\ntier: perceptual recognition\nanswer: choice\noptions: [A, B, C]\nchance: 1/3\n"
        'system_prompt: One letter.\nuser_prompt: "{question}"\nmax_tokens: 4\nversion: 1\n'
    )
    (folder / "models" / "fixed-a.yaml").write_text(
        "name: fixed-a\nengine: python\ndescription: Says A.\nneeds_frames: false\n"
    )
    (folder / "models" / "fixed-a.py").write_text(
        "from mabench_eval import register_model\n\n\n@register_model('fixed-a', needs_frames=False)\n"
        "def says_a(frames, prompt):\n    return 'A'\n"
    )
    row = {"video": "c.mp4", "task": "PICK", "qid": "P1", "question": "Which?\nA. Nodding\nB. Waving\nC. Tiptoe"}
    (folder / "q.json").write_text(json.dumps([{**row, "answer": "B"}]))
    return RunConfig("fixed-a", "PICK", str(folder / "q.json"), include=(folder,), output=folder / "out", judge="none")


def test_keys_and_ids_of_ordinary_runs_are_what_they_were_before_there_were_repeats(tmp_path: Path) -> None:
    """Taken from commit df6e3c7: another key would make every journal ask anew."""
    run = prepare(pick_benchmark(tmp_path))
    assert run.folder.name == "q-a404f3433f30"
    assert list(run.plan.keys.values()) == ["1dc66e413a40b8151b92e44718927aa8b62f34914d70ebf3384c3aaaf775ab60"]
    assert not {"repeats", "circular"} & run.identity.keys()


def test_a_repeat_and_a_rotation_have_keys_of_their_own() -> None:
    task = TaskCard("FMAR", "", "perceptual recognition", AnswerKind.CHOICE, "s", "{question}", 4, 1, tuple(LETTERS))
    base = {"model": {"name": "m"}, "seed": 0, "repeat": 0}
    plan = make_plan(expand_variants([choice()], 3, circular=True), [task], {"clip": Clip("clip")}, base)
    alone = make_plan([choice()], [task], {"clip": Clip("clip")}, base)
    assert len(set(plan.keys.values())) == 3 + 4
    assert plan.keys["FMAR_0007", 0, 0] == alone.keys["FMAR_0007", 0, 0]
    assert [request.repeat for request in plan.requests] == [0, 1, 2, 0, 0, 0, 0]


# -- runs --------------------------------------------------------------------------------------------------


def test_only_what_is_missing_is_asked(tmp_path: Path, ask: Ask, asked: Counter[str]) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    plain = ask(data)
    assert asked.total() == 24
    twice = ask(data, repeats=2)
    assert asked.total() == 24 + 24  # the first answers are those of the plain run
    both = ask(data, repeats=2, circular=True)
    assert asked.total() == 48 + 2 * (6 + 4)
    ask(data, repeats=2, circular=True)
    assert asked.total() == 68
    assert len({plain.folder, twice.folder, both.folder}) == 3
    assert len(both.samples) == 68
    assert both.record.identity["repeats"] == 2 and both.record.identity["circular"] is True
    assert both.record.command.endswith("--circular") and " --repeats 2 " in both.record.command


def test_a_line_of_a_sample_names_its_repeat_and_rotation_where_there_is_one(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    result = ask(data, repeats=2, circular=True, tasks="fmar")
    rows = [json.loads(line) for line in (result.folder / "samples.jsonl").read_text().splitlines()]
    told = [{name: row[name] for name in ("repeat", "rotation") if name in row} for row in rows]
    assert told == [{}, {"repeat": 1}, *({"rotation": places} for places in range(1, 5))]
    # Nodding, the first option as printed, is the last after one place, then one higher each time
    assert [row["reference"] for row in rows] == ["A", "A", "E", "D", "C", "B"]
    assert sorted(record.get("repeat", 0) for record in read_journal(result.folder).answers.values()) == [0] * 5 + [1]


def test_random_draws_anew_each_time_and_the_first_time_as_ever(tmp_path: Path) -> None:
    data = str(write_benchmark(tmp_path / "data", clips=4))
    choices: dict[str, Any] = {"tasks": "closed", "judge": "none"}
    plain = evaluate("random", data=data, output=tmp_path / "a", **choices)
    several = evaluate("random", data=data, output=tmp_path / "b", repeats=3, **choices)
    answers = [[s.response for s in several.samples if s.repeat == number] for number in range(3)]
    assert answers[0] == [sample.response for sample in plain.samples]
    assert answers[0] != answers[1] != answers[2] != answers[0]


def test_figures_are_means_over_all_answers(tmp_path: Path) -> None:
    """Yes at the first and third asking, No at the second: of a Yes and a No question 2 + 1 of 6 answers are right.

    Of each pair of questions on a clip: 2/3 of the one, 1/3 of the other; 50 % every time, so that clips do not differ.
    """

    @register_model("fickle", needs_frames=False)
    class Fickle:
        def __init__(self, settings: Any, seed: int) -> None: ...

        def generate(self, work: Iterator[ClipWork]) -> Iterator[Response]:
            for item in work:
                yield from (Response(r.key, text="No" if r.repeat == 1 else "Yes") for r in item.requests)

    data = str(write_benchmark(tmp_path / "data", clips=3))
    result = evaluate("fickle", data=data, tasks="sad", repeats=3, judge="none", output=tmp_path)
    task, figure, repeats = result.scores.closed_tasks["SAD"], result.scores.intervals["SAD"], result.scores.repeats
    assert (task.n, task.total, task.accuracy, result.scores.benchmark.questions) == (18, 18, 50.0, 6)
    assert [figure.value, figure.se] == pytest.approx([50, 0])
    assert task.outcomes["answered"] == 18
    # each question: scores 100, 0, 100 or 0, 100, 0, whose variance is 10,000/3; the means 200/3 and 100/3, three of
    # each, have the variance 6/5 x (100/6)^2 = 1000/3, less than the 10,000/9 that luck alone would give them
    assert repeats
    luck = repeats.figures["SAD"]
    assert (repeats.k, luck.questions, luck.between) == (3, 6, 0.0)
    assert luck.within == pytest.approx(10000 / 3)
    assert "Every question asked 3 times" in (result.folder / "scores.md").read_text()
    # the clip's closed questions at their first asking: Yes is right for one of two, so no clip is all correct
    assert result.scores.all_correct_per_clip == Share(0.0, 3)


def test_judging_again_keeps_repeats_and_rotations(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    result = ask(data, repeats=2, circular=True)
    before = read_files(result.folder)
    assert result.scores.open_tasks["MADU"].judged == 4  # two clips, two answers each

    @register_judge("ones")
    def ones(request: JudgeRequest) -> Judgment:
        return Judgment(request.key, dict.fromkeys(request.levels, 1))

    again = judge_run(result.folder, "ones")
    assert (again.scores.open_avg, again.scores.circular) == (1, result.scores.circular)
    assert [s.variant for s in again.samples] == [s.variant for s in result.samples]
    judge_run(result.folder, "threes")
    assert read_files(result.folder) == before


def test_what_is_handed_in_is_the_first_answer_to_the_options_as_printed(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=3)
    choices: dict[str, Any] = {"data": str(data), "judge": "none"}
    plain = evaluate("random", output=tmp_path / "a", **choices)
    several = evaluate("random", output=tmp_path / "b", repeats=2, circular=True, **choices)
    file = several.folder / "submission.json"
    assert file.read_bytes() == (plain.folder / "submission.json").read_bytes()
    tasks = load_catalogue().tasks
    assert prediction_problems(read_predictions(file), load_benchmark(str(data), tasks), tasks) == []
    assert several.scores.hierarchy_consistency == plain.scores.hierarchy_consistency
    assert several.scores.all_correct_per_clip == plain.scores.all_correct_per_clip
    assert several.scores.open_tasks["MARE"].labels == plain.scores.open_tasks["MARE"].labels


def test_compare_pairs_questions_not_answers(tmp_path: Path) -> None:
    data = str(write_benchmark(tmp_path / "data", clips=4))
    choices: dict[str, Any] = {"data": data, "tasks": "closed", "judge": "none"}
    plain = evaluate("random", output=tmp_path / "a", **choices)
    several = evaluate("random", output=tmp_path / "b", repeats=2, circular=True, **choices)
    (pair,) = compare([plain.folder, several.folder])
    rows = {row.figure: row for row in pair.differences}
    assert (rows["CMAR"].questions, rows["SAD"].questions) == (4, 8)
    assert rows["CMAR"].second == pytest.approx(several.scores.accuracy("CMAR"))
    assert pair.warnings == ("they differ in more than the model, in repeats: 1 against 2",)


def test_a_forecast_counts_every_asking(tmp_path: Path) -> None:
    data = str(write_benchmark(tmp_path / "data", clips=2))
    found = forecast_run(prepare(RunConfig("random", data=data, output=tmp_path, repeats=3, circular=True)))
    assert found.requests == 2 * (3 * 12 + 6 + 4)
    assert (found.questions["CMAR"], found.questions["SAD"]) == (2 * (3 + 6), 2 * 3 * 2)


# -- what cannot be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"temperature": 0.0}])
@pytest.mark.parametrize("engine", ["vllm", "transformers", "adapter"])
def test_repeats_of_a_greedy_checkpoint_are_refused(engine: str, settings: dict[str, Any], tmp_path: Path) -> None:
    choices: dict[str, Any] = {"engine": engine, "repeats": 3, "output": tmp_path}
    with pytest.raises(InputError) as caught:
        prepare(RunConfig("hf:org/model", settings=settings, **choices))
    (told,) = (problem for problem in caught.value.problems if "--repeats" in problem)
    assert told.startswith("--repeats 3: it decodes greedily") and told.endswith("--set temperature=1")
    with pytest.raises(InputError) as caught:  # nothing else has changed: the checkpoint is still not there
        prepare(RunConfig("hf:org/model", settings={"temperature": 1.0}, **choices))
    assert "--repeats" not in str(caught.value.problems)


def test_answers_that_are_looked_up_do_not_vary(tmp_path: Path) -> None:
    settings = {"temperature": 1.0, "answers": "constrained"}
    with pytest.raises(InputError) as caught:
        prepare(RunConfig("hf:org/model", engine="transformers", settings=settings, repeats=2, output=tmp_path))
    assert any("--answers constrained takes the best option" in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "--set temperature=1"),
        ({"temperature": 1.0, "extra_body": {"temperature": 0}}, "extra_body sends temperature 0"),
        ({"temperature": 1.0, "extra_body": {"seed": 1}}, "extra_body sends one seed"),
        ({"temperature": 1.0}, None),
        ({"temperature": None}, None),
        ({"extra_body": {"temperature": 0.5}}, None),
    ],
)
@pytest.mark.usefixtures("openai_key")
def test_repeats_behind_an_endpoint(settings: dict[str, Any], told: str | None, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")
    choices: dict[str, Any] = {"engine": "openai", "repeats": 2, "output": tmp_path, "tasks": "closed"}
    config = RunConfig("m", settings={"base_url": "http://localhost:1/v1", "model_id": "m", **settings}, **choices)
    if told is None:
        assert prepare(config).plan.requests
        return
    with pytest.raises(InputError) as caught:
        prepare(config)
    (problem,) = caught.value.problems
    assert told in problem


def test_numbers_and_tasks_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--repeats must be at least 1, got 0"):
        RunConfig("random", repeats=0)
    with pytest.raises(InputError) as caught:
        evaluate("random", tasks="sad", circular=True, output=tmp_path)
    assert caught.value.problems == ("--circular: no question of the run has options to rotate",)
    assert main(["--model", "random", "--repeats", "-1", "--output", str(tmp_path)]) == 2
