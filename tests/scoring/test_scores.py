"""Scores: every expected number is derived in the comment beside it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.catalogue.cards import TaskCard
from mabench_eval.runfiles import GroupAccuracy, GroupLevels, Share, TaskScores, to_json
from mabench_eval.scoring.scores import averages, clip_labels, score
from mabench_eval.stats import metrics
from mabench_eval.taxonomy import BODY_PARTS, LEVELS, MICRO_ACTIONS, OFFICIAL_CLOSED, OFFICIAL_TASKS, body_part
from mabench_eval.types import AnswerKind, Outcome, Question, Sample

YES_NO = ("Yes", "No")
PARTS = dict(zip("ABCDEFG", BODY_PARTS.values(), strict=True))
ACTIONS = list(MICRO_ACTIONS.values())


def card(name: str, kind: AnswerKind, options: Sequence[str] = (), levels: Sequence[str] = ()) -> TaskCard:
    return TaskCard(
        name=name,
        full_name=name,
        tier="perceptual recognition",
        answer=kind,
        system_prompt="",
        user_prompt="{question}",
        max_tokens=8,
        version=1,
        options=tuple(options),
        chance=1 / len(options) if options else None,
        metric="levels" if levels else "accuracy",
        levels=tuple(levels),
    )


CARDS = [
    card("CMAR", AnswerKind.CHOICE, "ABCDEFG"),
    card("FMAR", AnswerKind.CHOICE, "ABCDE"),
    *(card(name, AnswerKind.YES_NO, YES_NO) for name in ("SAD", "MAD", "MAS", "PPR")),
    card("MADU", AnswerKind.TEXT, levels=LEVELS),
    card("MARE", AnswerKind.TEXT, levels=LEVELS),
]
KIND = {task.name: task for task in CARDS}


def question(task: str, clip: str, answer: str | None, options: dict[str, str] | None = None) -> Question:
    return Question(f"{task}_{clip}", task, clip, "?", options or {}, answer)


def cmar(clip: str, answer: str | None) -> Question:
    return question("CMAR", clip, answer, PARTS)


def fmar(clip: str, actions: Sequence[str], answer: str | None) -> Question:
    return question("FMAR", clip, answer, dict(zip("ABCDE", actions, strict=False)))


def closed(of: Question, prediction: str | None) -> Sample:
    """An answer (a letter or a word), or an outcome by its name."""
    outcome = Outcome(prediction) if prediction in set(Outcome) else Outcome.ANSWERED
    graded = of.answer is not None and outcome is not Outcome.ERROR
    read = prediction if outcome is Outcome.ANSWERED else None
    correct = read == of.answer if graded else None
    return Sample(of.qid, of.task, of.clip, outcome, prediction, read, of.answer, correct)


def judged(of: Question, levels: tuple[int, int, int] | None, outcome: Outcome = Outcome.ANSWERED) -> Sample:
    scores = dict(zip(LEVELS, levels, strict=True)) if levels else None
    return Sample(of.qid, of.task, of.clip, outcome, "text", "text", of.answer, levels=scores)


def task_scores(name: str, samples: Sequence[Sample], questions: Sequence[Question] = ()) -> Any:
    """The scores of a run of one task: ``YesNoScores``, ``ChoiceScores`` or ``OpenScores``."""
    return score(samples, [KIND[name]], questions).tasks[name]


# -- closed tasks ------------------------------------------------------------------------------------------


def test_unreadable_and_refused_are_wrong_and_errors_are_missing() -> None:
    asked = [question("SAD", str(i), "Yes") for i in range(5)]
    given_ = ["Yes", "No", "unparsable", "refused", "error"]
    scores = task_scores("SAD", [closed(q, p) for q, p in zip(asked, given_, strict=True)])
    assert (scores.n, scores.total) == (4, 5)  # 5 asked, 1 error
    assert scores.accuracy == 25.0  # 1 right of 4, not of 5
    assert scores.coverage == 80.0  # 4 of 5
    assert scores.outcomes == {"answered": 2, "unparsable": 1, "refused": 1, "error": 1}


def test_chance_corrected_accuracy() -> None:
    asked = [cmar(str(i), "A") for i in range(4)]
    scores = task_scores("CMAR", [closed(q, p) for q, p in zip(asked, "AABC", strict=True)])
    assert scores.chance == pytest.approx(14.2857, abs=1e-4)  # 1 of 7
    assert scores.chance_corrected == pytest.approx(100 * (1 / 2 - 1 / 7) / (6 / 7))  # 41.67
    assert scores.predictions == {"A": 2, "B": 1, "C": 1, "D": 0, "E": 0, "F": 0, "G": 0}
    none_right = task_scores("CMAR", [closed(q, "B") for q in asked])
    assert none_right.chance_corrected == pytest.approx(-100 / 6)  # (0 - 1/7) / (6/7) = -1/6


def test_balanced_accuracy_and_yes_rate() -> None:
    # References: 3 Yes, 1 No. Always Yes: 75 % right, recalls 100 and 0.
    asked = [question("PPR", str(i), a) for i, a in enumerate(["Yes", "Yes", "Yes", "No"])]
    always = task_scores("PPR", [closed(q, "Yes") for q in asked])
    assert (always.accuracy, always.balanced_accuracy, always.yes_rate) == (75.0, 50.0, 100.0)
    # Yes, unparsable, No | No: recall on Yes 1/3, on No 1/1; of 3 readable predictions 1 is Yes.
    mixed = ["Yes", "unparsable", "No", "No"]
    scores = task_scores("PPR", [closed(q, p) for q, p in zip(asked, mixed, strict=True)])
    assert scores.balanced_accuracy == pytest.approx((100 / 3 + 100) / 2)
    assert scores.yes_rate == pytest.approx(100 / 3)


def test_balanced_accuracy_needs_both_answers_among_the_references() -> None:
    asked = [question("MAS", str(i), "Yes") for i in range(2)]
    assert task_scores("MAS", [closed(q, "Yes") for q in asked]).balanced_accuracy is None


def test_without_references_there_is_no_accuracy_but_all_else() -> None:
    asked = [question("MAD", str(i), None) for i in range(2)]
    scores = task_scores("MAD", [closed(asked[0], "Yes"), closed(asked[1], "error")])
    assert scores.accuracy is None and scores.chance_corrected is None
    assert (scores.n, scores.coverage, scores.yes_rate) == (1, 50.0, 100.0)
    assert scores.by_body_part == {}


def test_only_errors_give_no_accuracy() -> None:
    scores = task_scores("SAD", [closed(question("SAD", "a", "Yes"), "error")])
    assert scores.accuracy is None and scores.yes_rate is None and scores.coverage == 0.0


# -- open tasks --------------------------------------------------------------------------------------------


def test_levels_are_means_over_judged_samples() -> None:
    asked = [question("MADU", str(i), "text") for i in range(4)]
    samples = [
        judged(asked[0], (5, 4, 3)),
        judged(asked[1], (0, 0, 0), Outcome.REFUSED),  # zeros by rule: they count
        judged(asked[2], None),  # answered, but the judge gave no score
        judged(asked[3], None, Outcome.ERROR),
    ]
    scores = task_scores("MADU", samples)
    assert scores.levels == {"L1": 2.5, "L2": 2.0, "L3": 1.5}  # (5 + 0) / 2, (4 + 0) / 2, (3 + 0) / 2
    assert (scores.judged, scores.n, scores.total, scores.coverage) == (2, 3, 4, 75.0)


def test_zeros_by_rule_alone_are_no_score() -> None:
    """Without any judged answer, the zeros of refusals would pass for the model's level."""
    asked = [question("MADU", str(i), "text") for i in range(2)]
    scores = task_scores("MADU", [judged(asked[0], None), judged(asked[1], (0, 0, 0), Outcome.REFUSED)])
    assert scores.levels == {"L1": None, "L2": None, "L3": None} and scores.judged == 0
    # A model that refuses everything has earned its zeros.
    refusals = [judged(q, (0, 0, 0), Outcome.REFUSED) for q in asked]
    assert task_scores("MADU", refusals).levels == {"L1": 0.0, "L2": 0.0, "L3": 0.0}


# -- labels of clips ---------------------------------------------------------------------------------------


def test_clips_are_labelled_by_references_even_of_tasks_not_run() -> None:
    known = [cmar("a", "B"), fmar("a", ["Nodding", "Tiptoe"], "A"), fmar("b", ["Waving", "Tiptoe - D1"], "B")]
    asked = [question("SAD", clip, "Yes") for clip in "abc"]
    samples = [closed(q, p) for q, p in zip(asked, ["Yes", "No", "Yes"], strict=True)]
    scores = task_scores("SAD", samples, [*known, *asked])
    # Clip b has no CMAR question: Tiptoe lies in the lower limb. Clip c has no label and no group.
    assert scores.by_body_part == {"Head": GroupAccuracy(100.0, 1), "Lower limb": GroupAccuracy(0.0, 1)}
    assert list(scores.by_action) == ["Nodding", "Tiptoe"]  # the code is dropped
    assert score(samples, [KIND["SAD"]], [*known, *asked]).hierarchy_consistency == Share(None, 0)


def test_open_tasks_by_body_part_count_judged_samples() -> None:
    asked = [question("MADU", clip, "text") for clip in "ab"]
    samples = [judged(asked[0], (1, 2, 3)), judged(asked[1], None)]
    scores = task_scores("MADU", samples, [cmar("a", "B"), cmar("b", "B"), *asked])
    assert scores.by_body_part == {"Head": GroupLevels({"L1": 1.0, "L2": 2.0, "L3": 3.0}, 1)}


def test_unknown_labels_are_kept_and_come_last() -> None:
    known = [question("CMAR", "a", "A", {"A": "Aura"}), cmar("b", "A")]
    assert clip_labels(known)["a"].body_part == "Aura" and clip_labels(known)["a"].action is None
    assert list(task_scores("CMAR", [closed(q, "A") for q in known], known).by_body_part) == ["Body", "Aura"]


# -- averages ----------------------------------------------------------------------------------------------


def test_averages_are_the_papers() -> None:
    """Qwen3-VL-8B in Table 2 of the paper: 46.97 and 0.75."""
    accuracies = dict(zip(OFFICIAL_CLOSED, [32.23, 37.11, 56.10, 53.69, 47.94, 54.74], strict=True))
    nothing = score([], CARDS, [])
    tasks: dict[str, TaskScores] = {
        name: replace(nothing.closed_tasks[name], accuracy=value) for name, value in accuracies.items()
    }
    tasks["MADU"] = replace(nothing.open_tasks["MADU"], levels={"L1": 0.50, "L2": 0.51, "L3": 0.47})
    tasks["MARE"] = replace(nothing.open_tasks["MARE"], levels={"L1": 1.18, "L2": 1.00, "L3": 0.84})
    closed_avg, open_avg, final = averages(tasks)
    assert closed_avg == pytest.approx(281.81 / 6)  # 46.968
    assert open_avg == pytest.approx(4.50 / 6)  # 0.75
    assert final == pytest.approx((281.81 + 20 * 4.50) / 12)  # 30.984
    del tasks["MAS"]
    assert averages(tasks) == (None, open_avg, None)


def test_tasks_of_others_never_enter_an_average() -> None:
    own = card("GAZE", AnswerKind.YES_NO, YES_NO)
    questions, samples = perfect(2)
    extra = question("GAZE", "0", "Yes")
    scores = score([*samples, closed(extra, "No")], [*CARDS, own], [*questions, extra])
    assert scores.accuracy("GAZE") == 0.0
    assert (scores.closed_avg, scores.open_avg, scores.final) == (100.0, 5.0, 100.0)


def test_samples_of_other_tasks_are_not_counted() -> None:
    questions, samples = perfect(1)
    scores = score(samples, [KIND["SAD"]], questions)
    assert (scores.total, list(scores.tasks)) == (1, ["SAD"])


# -- two figures over clips --------------------------------------------------------------------------------


def test_hierarchy_consistency_compares_predictions_alone() -> None:
    fine = ["Nodding", "Tiptoe - D1", "Waving", "Rising up", "Levitating"]
    asked = [q for clip in "abcde" for q in (cmar(clip, None), fmar(clip, fine, None))]
    # a: Head + Nodding (agree), b: Body + Tiptoe (Lower limb: not), c: Lower limb + Tiptoe (agree),
    # d: Head + unreadable (out), e: Head + a label the taxonomy does not know (out). So 2 of 3.
    answers = ["B", "A", "A", "B", "D", "B", "B", "unparsable", "B", "E"]
    samples = [closed(q, a) for q, a in zip(asked, answers, strict=True)]
    found = score(samples, CARDS, asked).hierarchy_consistency
    assert [found.value, found.n] == pytest.approx([200 / 3, 3])


def test_all_correct_per_clip() -> None:
    asked = [question(task, clip, "Yes") for clip in "abc" for task in ("SAD", "MAD")]
    # a: both right. b: one refused, so wrong. c: one missing, so the clip cannot be told. So 1 of 2.
    answers = ["Yes", "Yes", "Yes", "refused", "Yes", "error"]
    only_open = judged(question("MADU", "d", "text"), (5, 5, 5))  # no closed question: not a clip of this figure
    samples = [*(closed(q, a) for q, a in zip(asked, answers, strict=True)), only_open]
    assert score(samples, CARDS, asked).all_correct_per_clip == Share(50.0, 2)


# -- general rules -----------------------------------------------------------------------------------------


def perfect(clips: int) -> tuple[list[Question], list[Sample]]:
    """Clips with one question a task, all answered right."""
    questions, samples = [], []
    for clip in range(clips):
        action = ACTIONS[clip * 7 % len(ACTIONS)]
        letter = {part: letter for letter, part in PARTS.items()}[body_part(action) or ""]
        closed_ones = [cmar(str(clip), letter), fmar(str(clip), [action, "Waving"], "A")]
        closed_ones += [question(name, str(clip), YES_NO[clip % 2]) for name in ("SAD", "MAD", "MAS", "PPR")]
        open_ones = [question(name, str(clip), "text") for name in ("MADU", "MARE")]
        questions += [*closed_ones, *open_ones]
        samples += [*(closed(q, q.answer) for q in closed_ones), *(judged(q, (5, 5, 5)) for q in open_ones)]
    return questions, samples


def test_perfect_answers() -> None:
    questions, samples = perfect(14)
    scores = score(samples, CARDS, questions)
    assert (scores.closed_avg, scores.open_avg, scores.final) == (100.0, 5.0, 100.0)
    assert scores.hierarchy_consistency == Share(100.0, 14)
    assert scores.all_correct_per_clip == Share(100.0, 14)
    assert all(scores.tasks[name].coverage == 100.0 for name in OFFICIAL_TASKS)
    assert scores.closed_tasks["SAD"].chance_corrected == 100.0


def test_nothing_asked() -> None:
    scores = score([], CARDS, [])
    assert (scores.n, scores.total, scores.coverage, scores.final) == (0, 0, 100.0, None)


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[Question], list[Sample]]:
    """A small benchmark with arbitrary outcomes, predictions and levels."""
    questions, _ = perfect(draw(st.integers(1, 5)))
    samples = []
    for asked in questions:
        outcome = draw(st.sampled_from(Outcome))
        if KIND[asked.task].closed:
            answer = draw(st.sampled_from(list(asked.options) or list(YES_NO)))
            samples.append(closed(asked, answer if outcome is Outcome.ANSWERED else outcome.value))
        elif outcome in (Outcome.UNPARSABLE, Outcome.REFUSED):
            samples.append(judged(asked, (0, 0, 0), outcome))
        else:
            levels = draw(st.none() | st.tuples(*[st.integers(0, 5)] * 3)) if outcome is Outcome.ANSWERED else None
            samples.append(judged(asked, levels, outcome))
    return questions, samples


@given(runs(), st.randoms(use_true_random=False))
def test_the_order_of_samples_changes_nothing(run: tuple[list[Question], list[Sample]], rng: random.Random) -> None:
    questions, samples = run
    shuffled = rng.sample(samples, len(samples))
    as_text = json.dumps(to_json(score(samples, CARDS, questions)))  # JSON: the order of the keys counts too
    assert json.dumps(to_json(score(shuffled, CARDS, questions))) == as_text


@given(runs())
def test_all_figures_are_in_range(run: tuple[list[Question], list[Sample]]) -> None:
    scores = score(run[1], CARDS, run[0])
    shares = [scores.coverage, scores.closed_avg, scores.final]
    shares += [scores.hierarchy_consistency.value, scores.all_correct_per_clip.value]
    levels = [scores.open_avg]
    for task in scores.tasks.values():
        assert sum(task.outcomes.values()) == task.total and task.n <= task.total
        levels += getattr(task, "levels", {}).values()
        shares += [getattr(task, name, None) for name in ("coverage", "accuracy", "balanced_accuracy", "yes_rate")]
        assert -100 <= (getattr(task, "chance_corrected", None) or 0) <= 100
    assert all(value is None or 0 <= value <= 100 for value in shares)
    assert all(value is None or 0 <= value <= 5 for value in levels)


@given(runs(), st.sampled_from(OFFICIAL_TASKS))
def test_a_further_error_lowers_coverage_and_nothing_else(run: tuple[list[Question], list[Sample]], name: str) -> None:
    questions, samples = run
    failed = Sample("new", name, "new clip", Outcome.ERROR, None, None, "Yes", error="timeout")
    before = score(samples, CARDS, questions).tasks[name]
    after = score([*samples, failed], CARDS, questions).tasks[name]
    assert after.coverage < before.coverage or before.coverage == 0
    figures = ("accuracy", "levels", "balanced_accuracy", "yes_rate", "by_body_part", "by_action")
    assert all(getattr(after, figure, None) == getattr(before, figure, None) for figure in figures)


@given(runs(), st.data())
def test_losing_an_answer_to_an_error_never_counts_as_wrong(
    run: tuple[list[Question], list[Sample]], data: st.DataObject
) -> None:
    questions, samples = run
    position = data.draw(st.sampled_from(range(len(samples))))
    lost = samples[position]
    error = replace(lost, outcome=Outcome.ERROR, prediction=None, correct=None, levels=None)
    changed = [*samples[:position], error, *samples[position + 1 :]]
    without = [*samples[:position], *samples[position + 1 :]]
    one, other = (score(s, CARDS, questions).tasks[lost.task] for s in (changed, without))
    assert all(getattr(one, figure, None) == getattr(other, figure, None) for figure in ("accuracy", "levels"))


def test_formulas_without_a_value() -> None:
    assert metrics.percent(0, 0) is None and metrics.coverage(0, 0) == 100.0
    assert metrics.mean([]) is None and metrics.mean([1.0, None]) is None
    assert metrics.chance_corrected(50.0, None) is None and metrics.chance_corrected(100.0, 1.0) is None
    assert metrics.final_score([50.0], [None]) is None
