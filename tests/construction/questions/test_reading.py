"""Questions read back by their words."""

from __future__ import annotations

import pytest

from mabench_eval.construction import read_question, statement_of, statements
from mabench_eval.construction.questions.wording import fill, template_text, templates


def test_every_template_is_read_back_to_its_statement() -> None:
    """Every 7th statement, in its own wording and in all others of its family."""
    every = list(statements())
    assert set(templates()) == {each.family for each in every}
    for statement in every[::7]:
        assert read_question(template_text(statement)) == statement
        for template in templates()[statement.family]:
            assert read_question(fill(template, statement)) == statement, template


def test_wordings_are_of_one_statement_each_and_all_templates_are_used() -> None:
    every = list(statements())
    assert len({template_text(each) for each in every}) == len(every)
    for family, forms in templates().items():
        of_family = [each for each in every if each.family == family]
        used = {form for each in of_family for form in forms if fill(form, each) == template_text(each)}
        assert used == set(forms)


def test_parts_have_capitals_in_ppr_alone() -> None:
    assert "Left Hand" in template_text(statement_of("PPR/approach/left hand+head/early"))
    assert "left hand" in template_text(statement_of("MAS/before/left hand+head"))


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (
            "In the early part of the clip, is the left hand's motion mainly upward?",
            "SAD/direction/left hand/early/upward",
        ),
        ("Does the LEFT FOREARM move to the right in the last third?", "SAD/direction/left lower arm/late/rightward"),
        ("Does the trunk rock back and forth again and again?", "SAD/repetition/torso"),
        ("Is the right foot at rest for the entire video?", "SAD/stillness/right foot"),
        (
            "Does the head move downward while the left hand moves upward in the early phase?",
            "MAD/together/left hand+head/early/upward+downward",
        ),
        ("Is the torso's movement smaller than the head's?", "MAD/larger/head+torso"),
        ("Compared with the head, is the torso's motion larger?", "MAD/larger/torso+head"),
        ("Did the head begin moving after the left hand?", "MAS/before/left hand+head"),
        ("Do the left hand and the head start to move simultaneously?", "MAS/at once/head+left hand"),
        ("Does the Right Hand get closer to the Head during the middle phase?", "PPR/approach/right hand+head/middle"),
    ],
)
def test_other_words_are_read_too(text: str, id: str) -> None:
    assert read_question(text) == statement_of(id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Does the head move primarily upward in the early phase",
        "Does the head move primarily upward in the early phase? Does it?",
        "Does the head not move primarily upward in the early phase?",
        "Doesn't the head move primarily upward in the early phase?",
        "Does the head or the torso move upward in the early phase?",
        "Does the head move primarily upward in the early and the late phase?",
        "Does the head move primarily upward in the early phase (0.1-0.4 s)?",
        "Does the head move upward and leftward in the early phase?",
        "Does the head move primarily upward?",
        "Does the hand move primarily upward in the early phase?",
        "Does the left hand move before the left upper arm starts to move?",
        "Does the head start to move upward in the early phase?",
        "Do the head and the torso approach each other and move apart in the early phase?",
        "Does the head show a larger movement than the torso and the left hand?",
        "Which micro-action does the person make?",
        "Does the head stay almost still " + "very " * 100 + "throughout?",
    ],
)
def test_what_is_in_doubt_is_no_statement(text: str) -> None:
    assert read_question(text) is None
