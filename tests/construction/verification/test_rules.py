"""The rules: a question is answered anew by its words, and nothing that cannot be read is taken for fine."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction import (
    BuildFolder,
    forecast_verification,
    open_build,
    statements,
    truths,
    verify_questions,
)
from mabench_eval.construction.captions import Caption, Sentence
from mabench_eval.construction.folder import CAPTIONS, DESCRIPTORS, QUESTIONS, VERIFIED, write_rows
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verification, VerifyReport
from mabench_eval.errors import InputError
from mabench_eval.journal import Silent
from mabench_eval.runfiles import read_lines
from tests.construction.verification.asked import OTHER, asked_build, with_lies, write_questions


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    """Not to be changed."""
    return asked_build(tmp_path_factory.mktemp("asked") / "mine")


@pytest.fixture
def build(asked: BuildFolder, tmp_path: Path) -> BuildFolder:
    """A copy of it."""
    return open_build(Path(shutil.copytree(asked.path, tmp_path / "mine")))


def questions(build: BuildFolder) -> list[BuiltQuestion]:
    return read_lines(BuiltQuestion, build.path / QUESTIONS)


def statements_of(build: BuildFolder) -> list[BuiltQuestion]:
    return [each for each in questions(build) if each.statement]


def verify(build: BuildFolder) -> VerifyReport:
    return verify_questions(build, load_catalogue(), None, Silent())


def verified(build: BuildFolder) -> dict[str, Verification]:
    return {each.qid: each for each in read_lines(Verification, build.path / VERIFIED)}


def said_of(build: BuildFolder, question: BuiltQuestion) -> tuple[str, str]:
    """What the rules find of one question, and why, when it alone is asked."""
    write_questions(build, [question])
    verify(build)
    (verdict,) = verified(build)[question.qid].verdicts
    return verdict.finding, verdict.reason


def one(build: BuildFolder, task: str, **having: str) -> BuiltQuestion:
    return next(
        each
        for each in questions(build)
        if each.task == task and all(getattr(each, name) == value for name, value in having.items())
    )


def test_right_questions_are_verified(build: BuildFolder) -> None:
    report = verify(build)
    assert report.complete
    assert {task: (each.verified, each.not_verified, each.rejected) for task, each in report.tasks.items()} == {
        **dict.fromkeys(("CMAR", "FMAR", "MADU", "MARE"), (28, 0, 0)),
        **{task: (report.tasks[task].verified, 0, 0) for task in ("SAD", "MAD", "MAS", "PPR")},
    }
    assert all(report.tasks[task].verified >= 50 for task in ("SAD", "MAD", "MAS", "PPR"))
    lines = verified(build)
    assert list(lines) == [question.qid for question in questions(build)]
    assert {each.digest for each in lines.values()} == {question.digest for question in questions(build)}


@pytest.mark.parametrize("seed", range(3))
def test_every_turned_answer_is_caught_and_no_other_question_lost(build: BuildFolder, seed: int) -> None:
    """A fifth of the answers is turned over: the words are read, the descriptor answers otherwise."""
    lying, lies = with_lies(questions(build), 0.2, seed)
    assert len(lies) >= 40
    write_questions(build, lying)
    report = verify(build)
    rejected = {qid for qid, each in verified(build).items() if each.rejected}
    assert rejected == lies
    assert report.rejected.keys() == {"the descriptor says otherwise"}
    assert report.left_out == len(lies)


def test_a_rewording_that_changes_the_meaning_is_caught(build: BuildFolder) -> None:
    """Left and right change places in the words of every fifth statement: whether it is true then or not, it goes."""
    # Of parts of one side: two hands that change places may say the same as before.
    sided = [
        each for each in statements_of(build) if ("left " in str(each.statement)) != ("right " in str(each.statement))
    ]
    swapped = {each.qid for each in sided[::5]}
    assert len(swapped) >= 20
    other = {"left": "right", "right": "left"}

    def swap(word: re.Match[str]) -> str:
        text = other[word[0].lower()]
        return text.title() if word[0].istitle() else text

    reworded = [
        replace(each, text=re.sub("left|right", swap, each.text, flags=re.IGNORECASE)) if each.qid in swapped else each
        for each in questions(build)
    ]
    write_questions(build, reworded)
    report = verify(build)
    assert {qid for qid, each in verified(build).items() if each.rejected} == swapped
    assert report.rejected.keys() <= {
        "the descriptor says otherwise",
        "the descriptor leaves it open",
        "its words say another statement than it was made of",
    }


def test_words_that_cannot_be_read_are_not_verified_and_never_fine(build: BuildFolder) -> None:
    sad = one(build, "SAD")
    for words in ("Is the person happy with the left hand?", "", "Does the left hand move upward or downward?"):
        assert said_of(build, replace(sad, text=words)) == ("not verified", "its words cannot be read back")
    assert said_of(build, replace(sad, task="MAS")) == ("not verified", "its words cannot be read back")
    report = verify(build)
    assert report.tasks["MAS"].not_verified == 1
    assert report.not_verified == {"its words cannot be read back": {"MAS": 1}}


def test_words_that_say_another_statement_are_rejected(build: BuildFolder) -> None:
    """Both hold of the clip, so that the answer is right: but the wording of the one is not the other's."""
    first = one(build, "SAD", answer="Yes")
    second = next(
        each
        for each in questions(build)
        if (each.task, each.clip, each.answer) == ("SAD", first.clip, "No") and each.qid != first.qid
    )
    reworded = replace(first, text=second.text, answer="No")
    assert said_of(build, reworded) == ("contradicts", "its words say another statement than it was made of")
    assert said_of(build, replace(reworded, statement=None))[0] == "agrees"


def test_what_the_descriptor_leaves_open_is_rejected(build: BuildFolder) -> None:
    """The clip has a second person in it: of such a clip nothing is said."""
    sad = one(build, "SAD")
    descriptors = list(build.descriptors())
    write_rows(
        build.path / DESCRIPTORS, [replace(each, quality=replace(each.quality, persons=2)) for each in descriptors]
    )
    assert said_of(build, sad) == ("contradicts", "the descriptor leaves it open")
    write_rows(build.path / DESCRIPTORS, [each for each in descriptors if each.clip != sad.clip])
    assert said_of(build, sad) == ("not verified", "its clip is not described")


def test_options_hold_the_label_once_at_the_answers_letter(build: BuildFolder) -> None:
    cmar = one(build, "CMAR")
    right = next(line for line in cmar.text.splitlines() if line.startswith(f"{cmar.answer}."))
    others = [line for line in cmar.text.splitlines()[1:] if line != right]
    letter = "A" if cmar.answer != "A" else "B"
    assert said_of(build, replace(cmar, answer=letter)) == ("contradicts", "the label stands at another letter")
    doubled = cmar.text.replace(others[0], f"{others[0][:3]}{right[3:]} - A1")
    assert said_of(build, replace(cmar, text=doubled)) == ("contradicts", "an option stands twice")
    missing = cmar.text.replace(right, f"{right[:3]}Tail")
    assert said_of(build, replace(cmar, text=missing)) == ("contradicts", "the label is not among the options")
    assert said_of(build, replace(cmar, text="Which is it?")) == ("not verified", "its words cannot be read back")


def test_references_name_the_labels_and_rest_on_what_is_true(build: BuildFolder) -> None:
    madu, mare = one(build, "MADU"), one(build, "MARE")
    assert said_of(build, replace(madu, answer=" ")) == ("contradicts", "the reference is empty")
    assert said_of(build, replace(madu, answer="It moves.")) == ("not verified", "its reference is not the caption's")
    row = next(row for row in build.clips() if row.clip == mare.clip)
    other = next(each.fine for each in build.clips() if each.fine != row.fine)
    wrong = replace(mare, answer=mare.answer.replace(row.fine, other))
    assert said_of(build, wrong) == ("contradicts", "the reference names other labels than the clip's")

    captions = read_lines(Caption, build.path / CAPTIONS)
    caption = next(each for each in captions if each.clip == madu.clip)
    descriptor = next(each for each in build.descriptors() if each.clip == madu.clip)
    false = next(each.id for each, value in zip(statements(), truths(descriptor), strict=True) if value == -1)
    for id, expected in (
        (false, ("contradicts", "a sentence of the reference rests on what is not so")),
        ("XYZ/left hand", ("not verified", "a sentence rests on something of an unknown kind")),
    ):
        changed = replace(caption, madu=(*caption.madu[:-1], Sentence(caption.madu[-1].text, (id,))))
        write_rows(build.path / CAPTIONS, [changed if each.clip == madu.clip else each for each in captions])
        assert said_of(build, madu) == expected
    (build.path / CAPTIONS).unlink()
    assert said_of(build, madu) == ("not verified", "its clip has no caption")


def test_a_task_without_a_rule(build: BuildFolder) -> None:
    strange = replace(one(build, "SAD"), task="OWN")
    assert said_of(build, strange) == ("not verified", "there is no rule for its task")


def test_what_has_not_changed_is_not_done_again(build: BuildFolder) -> None:
    before = forecast_verification(build, load_catalogue())
    assert not before.complete
    assert not (build.path / VERIFIED).exists()
    verify(build)
    written = (build.path / VERIFIED).stat().st_mtime_ns, (build.path / VERIFIED).read_bytes()
    assert forecast_verification(build, load_catalogue()).complete
    assert verify(build).tasks == verify(build).tasks
    assert ((build.path / VERIFIED).stat().st_mtime_ns, (build.path / VERIFIED).read_bytes()) == written

    (build.path / VERIFIED).write_text("half of a li")
    assert verify(build).complete
    assert (build.path / VERIFIED).read_bytes() == written[1]
    asked = questions(build)
    write_questions(build, [replace(each, answer=OTHER.get(each.answer, each.answer)) for each in asked])
    assert not forecast_verification(build, load_catalogue()).complete
    assert verify(build).left_out == sum(each.answer in OTHER for each in asked)


def test_without_questions_it_says_who_makes_them(build: BuildFolder) -> None:
    (build.path / QUESTIONS).unlink()
    with pytest.raises(InputError) as raised:
        verify(build)
    assert raised.value.hint == f"Make them: mabench-eval build {build.path} ask"


def test_questions_on_clips_that_are_gone(build: BuildFolder) -> None:
    write_questions(build, [replace(one(build, "SAD"), clip="nowhere")])
    with pytest.raises(InputError, match="questions on clips that are not in, nowhere for one"):
        verify(build)
