"""The audit's checks, each on questions made for it."""

from __future__ import annotations

import pytest

from mabench_eval.auditing.answers import contradictions, shares
from mabench_eval.auditing.findings import Finding
from mabench_eval.auditing.structure import MA_52, by_clip, check_structure, named_on_clip, named_option, twins
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.types import Question
from tests.support.paths import SHARED

LETTERS = "ABCDEFG"
PARTS = ("Body", "Head", "Upper limb", "Lower limb", "Body-hand", "Head-hand", "Leg-hand")


def choice(qid: str, options: tuple[str, ...], answer: str | None = None, clip: str = "c") -> Question:
    shown = dict(zip(LETTERS, options, strict=False))
    text = "Which?\n" + "\n".join(f"{letter}. {option}" for letter, option in shown.items())
    return Question(qid, qid.split("_")[0], clip, text, shown, answer)


def asked(qid: str, text: str, answer: str | None = None, clip: str = "c") -> Question:
    return Question(qid, qid.split("_")[0], clip, text, {}, answer)


def check(questions: list[Question], name: str) -> Finding:
    found = [*check_structure(questions), *contradictions(by_clip(questions))]
    return next(finding for finding in found if finding.check == name)


def test_the_demo_has_the_published_composition_and_nothing_odd() -> None:
    questions = load_benchmark("demo", load_catalogue(()).tasks).questions
    assert not [finding for finding in check_structure(questions) if finding.found]
    assert check(list(questions), "composition of clips").of == 28
    assert not check(list(questions), "CMAR against FMAR").found


def test_a_clip_without_one_of_its_questions_is_named() -> None:
    questions = [q for q in load_benchmark("demo", load_catalogue(()).tasks).questions if q.qid != "MAS_0003"]
    found = check(questions, "composition of clips")
    assert (found.found, found.of, len(found.places)) == (1, 28, 1)


def test_duplicates_are_the_later_ones_whatever_case_and_spaces() -> None:
    first, again = asked("SAD_1", "Does the head move?"), asked("SAD_2", "does the  Head move?")
    other = asked("SAD_3", "Does the head move?", clip="d")
    assert check([first, again, other], "duplicates").places == ("SAD_2",)


def test_twins_are_asked_again_on_the_same_bytes_under_another_name() -> None:
    """Of c, d and e, d has the bytes of c; what is asked twice on c itself is a duplicate and no twin."""
    words = "Does the head move?"
    questions = [
        asked("SAD_1", words),
        asked("SAD_2", words),
        *(asked(f"SAD_{clip}", words, clip=clip) for clip in "de"),
    ]
    other = asked("SAD_5", "Does the hand move?", clip="d")
    found = twins([*questions, other], {"c": "aa", "d": "aa", "e": "bb"})
    assert (found.places, found.of) == (("SAD_d",), 5)
    assert twins(questions, {"c": "aa", "e": "bb"}).found == 0  # the file of d is not there


@pytest.mark.parametrize(
    ("name", "options", "flag"),
    [
        ("repeated options", ("Nodding", "Waving", "Tiptoe", "Shrugging", "Nodding - B1"), "ill-posed"),
        ("unknown labels", ("Nodding", "Waving", "Tiptoe", "Shrugging", "Juggling"), "ill-posed"),
        ("annotation codes", ("Nodding", "Waving - C5", "Tiptoe", "Shrugging", "Head up"), "gave-itself-away"),
        ("odd casing or punctuation", ("Nodding", "Waving", "tiptoe", "Shrugging", "Head up"), "gave-itself-away"),
        ("odd casing or punctuation", ("Nodding", "Waving.", "Tiptoe", "Shrugging", "Head up"), "gave-itself-away"),
        ("odd length", ("Nodding", "Waving", "Tiptoe", "Shrugging", "Scratching or touching back"), "gave-itself-away"),
    ],
)
def test_options_that_repeat_or_stand_out(name: str, options: tuple[str, ...], flag: str) -> None:
    """Of two questions the second is like any other. Odd length: 27 letters are three times the 9 of Shrugging."""
    plain = choice("FMAR_2", ("Nodding", "Waving", "Tiptoe", "Shrugging", "Touching nose"))
    found = check([choice("FMAR_1", options), plain], name)
    assert (found.places, found.found, found.of, found.flag) == (("FMAR_1",), 1, 2, flag)


def test_codes_everywhere_give_nothing_away() -> None:
    assert not check([choice("FMAR_1", ("Nodding - B1", "Waving - C5"))], "annotation codes").found


def test_a_label_named_in_another_question_of_the_clip() -> None:
    """Fist clenching is Clenching fist, of the upper limb; head and hand are no labels by themselves."""
    fine = choice("FMAR_1", ("Nodding", "Clenching fist", "Tiptoe"))
    coarse = choice("CMAR_1", PARTS)
    telling = asked("SAD_1", "Does the right hand move during the fist clenching?")
    silent = asked("SAD_2", "Does the head move up?")
    named = named_on_clip([fine, coarse, telling, silent])
    assert named == {"Clenching fist"}
    assert named_option(fine, named) == "B"
    assert named_option(coarse, named) == "C"
    assert named_option(telling, named) is None
    assert check([fine, coarse, telling], "label named elsewhere").places == ("FMAR_1", "CMAR_1")
    assert not check([fine, coarse, silent], "label named elsewhere").found
    assert not check([fine, coarse, asked("SAD_3", telling.text, clip="d")], "label named elsewhere").found


def test_two_named_labels_name_none() -> None:
    fine = choice("FMAR_1", ("Nodding", "Clenching fist", "Tiptoe"))
    assert named_option(fine, {"Nodding", "Tiptoe"}) is None


def test_codes_that_mark_the_right_option() -> None:
    """Of two answered questions with a code it stands on the right option once; the third has no answer."""
    right = choice("FMAR_1", ("Nodding", "Waving - C5", "Tiptoe"), "B")
    wrong = choice("FMAR_2", ("Nodding - B1", "Waving", "Tiptoe"), "C", clip="d")
    unknown = choice("FMAR_3", ("Nodding - B1", "Waving", "Tiptoe"), clip="e")
    found = check([right, wrong, unknown], "codes on the right option")
    assert (found.places, found.found, found.of) == (("FMAR_1",), 1, 2)


def test_the_coarse_answer_must_be_the_part_of_the_fine_one() -> None:
    """Nodding is of the head (B); the answer C says upper limb."""
    fine = choice("FMAR_1", ("Nodding", "Waving"), "A")
    assert check([fine, choice("CMAR_1", PARTS, "C")], "CMAR against FMAR").places == ("CMAR_1", "FMAR_1")
    assert not check([fine, choice("CMAR_1", PARTS, "B")], "CMAR against FMAR").found


def test_the_reasons_must_end_with_the_clips_labels() -> None:
    fine, coarse = choice("FMAR_1", ("Nodding", "Waving"), "A"), choice("CMAR_1", PARTS, "B")
    good = asked("MARE_1", "Why?", "It goes down; therefore coarse-grained: Head, fine-grained: Nodding.")
    bad = asked("MARE_2", "Why?", "It goes down; therefore coarse-grained: Head, fine-grained: Head up.")
    found = check([fine, coarse, good, bad], "MARE against CMAR and FMAR")
    assert (found.places, found.of, found.flag) == (("MARE_2",), 2, "ill-posed")


def test_the_same_words_with_two_answers() -> None:
    yes, no = asked("SAD_1", "Does it move?", "Yes"), asked("SAD_2", "Does it move?", "No")
    assert check([yes, no], "duplicates that disagree").places == ("SAD_1", "SAD_2")
    assert not check([yes, asked("SAD_2", "Does it move?", "Yes")], "duplicates that disagree").found


def test_shares_by_hand() -> None:
    """Three of four Yes, on four clips: 75 %, with the Wilson interval of 4."""
    answers = ("Yes", "Yes", "Yes", "No")
    found = {row.answer: row for row in shares([asked(f"SAD_{n}", "?", a, f"c{n}") for n, a in enumerate(answers)])}
    assert (found["Yes"].share, found["No"].share, found["Yes"].even) == (75, 25, 50)
    assert found["Yes"].low == pytest.approx(100 - (found["No"].high or 0))
    assert shares([asked("SAD_1", "?")]) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the official questions, which may not be redistributed")
def test_what_docs_say_of_the_official_file() -> None:
    """The counts of docs/audit.md."""
    questions = list(load_benchmark(str(SHARED / "mabench_data.json"), load_catalogue(()).tasks).questions)
    found = {finding.check: (finding.found, finding.of) for finding in check_structure(questions)}
    assert found == {
        "composition of clips": (0, 1000),
        "duplicates": (1, 12000),
        "repeated options": (62, 2000),
        "unknown labels": (0, 2000),
        "annotation codes": (94, 2000),
        "odd casing or punctuation": (0, 2000),
        "odd length": (1, 2000),
        "label named elsewhere": (575, 2000),
    }


@pytest.mark.parametrize("again", ["nodding", "Head nodding", "Nodding - B1"])
def test_options_that_mean_the_same_in_other_words(again: str) -> None:
    options = ("Nodding", "Waving", "Tiptoe", "Shrugging", again)
    assert check([choice("FMAR_1", options)], "repeated options").places == ("FMAR_1",)


def test_every_label_means_itself_alone() -> None:
    questions = [choice(f"FMAR_{n}", tuple(MA_52)[n : n + 7]) for n in range(0, 52, 7)]
    assert check(questions, "repeated options").found == 0


def test_labels_of_another_taxonomy() -> None:
    """Its own labels are known and looked for; those of the 52 are not."""
    parts = {"Jumping (both feet)": "Whole", "Winking": "Face"}
    fine = choice("FMAR_1", ("Winking", "Jumping (both feet)"), "A")
    coarse = choice("CMAR_1", ("Face", "Whole"), "B")
    beside = asked("SAD_1", "Is the winking fast?")
    found = {each.check: each for each in check_structure([fine, coarse, beside], parts)}
    assert found["unknown labels"].found == 0
    assert found["label named elsewhere"].places == ("FMAR_1", "CMAR_1")
    (against,) = [f for f in contradictions(by_clip([fine, coarse]), parts) if f.check == "CMAR against FMAR"]
    assert against.places == ("CMAR_1", "FMAR_1")
