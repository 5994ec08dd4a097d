"""Reading the coarse and fine label out of a MARE text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.answers.labels import Labels, read_labels, without_labels
from mabench_eval.taxonomy import MICRO_ACTIONS, body_part
from tests.support.paths import SHARED

LABELLED = SHARED / "mabench_labelled_50.json"


@pytest.mark.parametrize(
    "text",
    [
        "[Body part (coarse-grained)] Head | [Micro-action (fine-grained)] Nodding",
        "**Body part (coarse-grained): Head** and **Micro-action (fine-grained): Nodding**.",
        'It is the micro-action **"Nodding"** under the coarse-grained category **"Head"**.',
        "This shows the coarse-grained category **Head** and the fine-grained micro-action **Nodding**.",
        "- **Coarse-grained label:** B. Head\n- **Fine-grained label:** B1. nodding",
        "The chin dips twice, which fits **Head | Nodding**.",
        "The **Nodding (fine-grained)** is part of **Head (coarse-grained)**.",
        '{"coarse": "Head", "fine": "Nodding"}',
        "The coarse-grained category is 'head' and the fine-grained action is 'nodding'.",
    ],
)
def test_formats(text: str) -> None:
    assert read_labels(text) == Labels("Head", "Nodding")


@pytest.mark.parametrize("action", MICRO_ACTIONS.values())
def test_every_label_is_read_back(action: str) -> None:
    part = body_part(action)
    text = f"The reasons agree. Body part (coarse-grained): {part} | Micro-action (fine-grained): {action}."
    assert read_labels(text) == Labels(part, action)
    assert read_labels(f"Therefore it is a {part} action, {action.upper()}.").fine == action


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("Fine-grained: scratching the neck", "Scratching or touching neck"),
        ("Fine-grained: touching his face", "Scratching or touching face"),
        ("Fine-grained: scratching/touching shoulder", "Scratching or touching shoulder"),
        ("Fine-grained: head shaking", "Shaking head"),
        ("Fine-grained: touching one's ear", "Touching ears"),
        ("Fine-grained: retracting the foot", "Retracting feet"),
        ("Fine-grained: pointing at a lamp", None),
    ],
)
def test_spellings(text: str, fine: str | None) -> None:
    assert read_labels(text).fine == fine


def test_plainer_statement_wins_over_later_mention() -> None:
    text = "Micro-action (fine-grained): Waving, with some head shaking besides."
    assert read_labels(text).fine == "Waving"


def test_last_of_equally_plain_statements_wins() -> None:
    assert read_labels("Fine-grained: Nodding. No, corrected. Fine-grained: Bowing head.").fine == "Bowing head"


def test_two_labels_in_one_statement_are_none() -> None:
    assert read_labels("The fine-grained micro-action is either Nodding or Bowing head.").fine is None


@pytest.mark.parametrize(
    "text",
    [
        "Fine-grained: Waving rather than Nodding",
        "This is not nodding. Fine-grained: Waving",
        "Unlike nodding, the movement is waving.",
        'The micro-action "Nodding" is not present; fine-grained: Waving.',
    ],
)
def test_labels_ruled_out_are_passed_over(text: str) -> None:
    assert read_labels(text).fine == "Waving"


def test_ruled_out_in_fields() -> None:
    text = "with no indication of **[Body part (coarse-grained)] Head | [Micro-action (fine-grained)] Nodding**"
    assert read_labels(text) == Labels(None, None)


def test_field_without_label() -> None:
    text = "The head nods, therefore Coarse-grained: Head, Fine-grained: not applicable."
    assert read_labels(text) == Labels("Head", None)


def test_body_parts_in_running_text_are_no_labels() -> None:
    assert read_labels("The head and the upper body move.") == Labels(None, None)
    assert read_labels("") == Labels(None, None)


def test_coarse_label_is_not_filled_in_from_the_fine_one() -> None:
    assert read_labels("Fine-grained: Nodding") == Labels(None, "Nodding")


def test_contact_labels_are_not_read_as_plain_ones() -> None:
    assert read_labels("coarse-grained category: Head-hand").coarse == "Head-hand"
    assert read_labels("coarse-grained category: head \u2013 hand").coarse == "Head-hand"


def test_without_labels() -> None:
    assert "nod" not in without_labels("The head goes down: Nodding")
    assert "goes down" in without_labels("The head goes down: Nodding")


@given(st.text(alphabet="head-n|o *[](): \n.B1", max_size=300))
def test_any_text_is_read(text: str) -> None:
    labels = read_labels(text)
    assert labels.fine is None or labels.fine in MICRO_ACTIONS.values()


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled sample is not on this machine")
def test_references_agree_with_the_closed_answers() -> None:
    """Of 50 references 49 name a coarse and 48 a fine label; 47 each are the clip's CMAR and FMAR answer.

    The others say something else themselves: one concludes another pair, one finds another body part and the fine
    label not applicable, one finds "no indication of" its pair and so names none.
    """
    rows: list[dict[str, Any]] = json.loads(LABELLED.read_text(encoding="utf-8"))
    truth: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["task"] in ("CMAR", "FMAR"):
            options = dict(re.findall(r"^([A-G])\. *(.+?) *$", row["question"], re.M))
            truth.setdefault(row["video"], {})[row["task"]] = options[row["answer"]]
    pairs = [(read_labels(row["answer"]), truth[row["video"]]) for row in rows if row["task"] == "MARE"]
    coarse = [labels.coarse == answers["CMAR"] for labels, answers in pairs if labels.coarse]
    fine = [labels.fine == answers["FMAR"] for labels, answers in pairs if labels.fine]
    assert (len(coarse), sum(coarse)) == (49, 47)
    assert (len(fine), sum(fine)) == (48, 47)
