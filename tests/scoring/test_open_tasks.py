"""Figures of the open tasks: what the judges gave, and the labels that answers name."""

from __future__ import annotations

from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.runfiles import LabelScores
from mabench_eval.scoring.open_tasks import by_rule, judge_scores, label_scores, panel_scores
from mabench_eval.types import Outcome, Question, Sample

TASKS = load_catalogue().tasks
CMAR = {"A": "Body", "B": "Head", "C": "Upper limb"}
FMAR = {"A": "Nodding - A1", "B": "Shaking head", "C": "Waving"}


def open_sample(clip: str, outcome: Outcome = Outcome.ANSWERED, **given: Any) -> Sample:
    """A sample of MARE; ``levels``: judge -> the score it gave on every level."""
    judgments = {name: {"levels": dict.fromkeys(("L1", "L2", "L3"), score)} for name, score in given.items()}
    zero = dict.fromkeys(("L1", "L2", "L3"), 0)
    by_rule = outcome in (Outcome.UNPARSABLE, Outcome.REFUSED)
    levels = zero if by_rule else next((each["levels"] for each in judgments.values()), None)
    return Sample(
        f"MARE_{clip}",
        "MARE",
        clip,
        outcome,
        "text",
        "text",
        "reference",
        levels=levels,
        judgments=judgments or None,
        by_rule=by_rule or None,
    )


def test_histogram_and_share_of_high_scores() -> None:
    samples = [open_sample(str(n), j=score) for n, score in enumerate((5, 4, 4, 2))]
    samples += [open_sample("e", Outcome.REFUSED), open_sample("f"), open_sample("g", Outcome.ERROR)]
    given = judge_scores(TASKS["MARE"], samples, "j")
    # 5, 4, 4, 2 and a zero by rule; one answer without a score, one error: neither counts
    assert (by_rule(samples), given.judged) == (1, 5)
    assert given.histogram["L2"] == (1, 0, 1, 0, 2, 1)
    assert given.levels["L2"] == 3  # 15 / 5
    assert given.high["L2"] == 60  # three of five are 4 or 5


def test_zeros_by_rule_alone_are_no_score() -> None:
    given = judge_scores(TASKS["MARE"], [open_sample("a"), open_sample("b", Outcome.UNPARSABLE)], "j")
    assert (given.judged, given.levels["L1"], given.high["L1"]) == (0, None, None)
    assert given.histogram["L1"] == (0, 0, 0, 0, 0, 0)
    assert judge_scores(TASKS["MARE"], [open_sample("b", Outcome.REFUSED)], "j").levels["L1"] == 0


def test_agreement_leaves_out_zeros_by_rule() -> None:
    samples = [open_sample(str(n), a=n, b=n) for n in range(4)] + [open_sample("z", Outcome.REFUSED)]
    panel = panel_scores(TASKS["MARE"], samples, ["a", "b"])
    assert panel.agreement["L1"].items == 4
    assert panel.agreement["L1"].pairs[0].kappa.value == 1
    assert panel.median["L1"] == pytest.approx((0 + 1 + 2 + 3 + 0) / 5)  # with the zero by rule


def named(clip: str, reference: str, answer: str | None, cmar: str | None = None, fmar: str | None = None) -> list[Any]:
    """The questions and the samples of one clip."""
    questions = [
        Question(f"CMAR_{clip}", "CMAR", clip, "?", CMAR, "B"),
        Question(f"FMAR_{clip}", "FMAR", clip, "?", FMAR, "A"),
        Question(f"MARE_{clip}", "MARE", clip, "?", {}, reference),
    ]
    outcome = Outcome.ANSWERED if answer else Outcome.ERROR
    samples = [
        Sample(f"CMAR_{clip}", "CMAR", clip, Outcome.ANSWERED, cmar, cmar, "B"),
        Sample(f"FMAR_{clip}", "FMAR", clip, Outcome.ANSWERED, fmar, fmar, "A"),
        Sample(f"MARE_{clip}", "MARE", clip, outcome, answer, answer, reference),
    ]
    return [questions, samples]


def test_labels_that_answers_name() -> None:
    nodding = "The head dips; coarse-grained: Head, fine-grained: Nodding."
    clips = [
        named("a", nodding, "Coarse: Head. Fine: Nodding.", "B", "A"),  # both right, both as chosen
        named("b", nodding, "Coarse-grained: Head, fine-grained: Shaking head.", "A", "B"),  # fine wrong, as chosen
        named("c", nodding, "The person does something.", "B", "A"),  # names none: wrong, and no pair
        named("d", nodding, "Coarse: Upper limb. Fine: Waving.", "C", None),  # both wrong; FMAR not answered
        named("e", nodding, None, "B", "A"),  # no response: not counted
        named("f", "The head dips.", "Coarse: Head. Fine: Nodding.", "B", "A"),  # the reference names none
    ]
    questions = [question for clip in clips for question in clip[0]]
    samples = [sample for clip in clips for sample in clip[1]]
    found = label_scores([s for s in samples if s.task == "MARE"], questions, samples)
    assert found["coarse"] == LabelScores(
        accuracy=50,  # a and b of a, b, c, d
        named=75,  # all but c
        n=4,
        same_as_closed=75,  # a, d, f; b said Head and chose Body
        pairs=4,
    )
    assert found["fine"] == LabelScores(
        accuracy=25,  # a alone
        named=75,
        n=4,
        same_as_closed=100,  # a, b and f; the code behind the option is no part of the label
        pairs=3,
    )
