"""What is left of the questions when verifiers are done."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval.construction import BuildFolder, BuildSettings
from mabench_eval.construction.decisions import final_questions
from mabench_eval.construction.folder import QUESTIONS, VERIFIED, write_rows
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verdict, Verification
from mabench_eval.errors import InputError

FINE = Verdict("rules", "rules", "agrees", "Yes")


def question(number: int) -> BuiltQuestion:
    return BuiltQuestion(1, f"SAD_{number}", f"c{number}", "SAD", f"Does part {number} move?", "Yes", None, "rule", {})


def said(of: BuiltQuestion, rejected: str | None = None, *verdicts: Verdict) -> Verification:
    return Verification(1, of.qid, of.digest, verdicts or (FINE,), rejected)


@pytest.fixture
def folder(tmp_path: Path) -> BuildFolder:
    write_rows(tmp_path / QUESTIONS, [question(number) for number in range(4)])
    return BuildFolder(tmp_path, BuildSettings(1, "videos", "labels.csv"))


def test_without_verifiers_all_are_left_and_none_is_verified(folder: BuildFolder) -> None:
    final = final_questions(folder)
    assert [q.qid for q in final.questions] == ["SAD_0", "SAD_1", "SAD_2", "SAD_3"]
    assert (final.rejected, final.dropped, final.not_verified) == (Counter(), Counter(), 4)


def test_what_verifiers_reject_is_left_out_and_counted(folder: BuildFolder) -> None:
    """Two of four go for one reason; of the two that stay one was seen by nobody but a blind model."""
    blind = Verdict("blind", "m", "agrees", "Yes")
    rows = [
        said(question(0), "contradicts its descriptor"),
        said(question(1)),
        said(question(2), "contradicts its descriptor"),
        said(question(3), None, blind),
    ]
    before = final_questions(folder).digest
    write_rows(folder.path / VERIFIED, rows)
    final = final_questions(folder)
    assert [q.qid for q in final.questions] == ["SAD_1", "SAD_3"]
    assert (final.rejected, final.not_verified) == (Counter({"contradicts its descriptor": 2}), 1)
    assert final.digest != before


def test_a_verdict_on_other_words_says_nothing(folder: BuildFolder) -> None:
    earlier = replace(question(0), text="Does part 0 stop?")
    write_rows(folder.path / VERIFIED, [said(earlier, "ambiguous")])
    assert len(final_questions(folder).questions) == 4


def test_the_digest_is_of_words_numbers_and_answers(folder: BuildFolder) -> None:
    asked, digests = [question(number) for number in range(4)], {final_questions(folder).digest}
    for other in (replace(asked[0], answer="No"), replace(asked[0], text="?"), replace(asked[0], qid="SAD_9")):
        write_rows(folder.path / QUESTIONS, [other, *asked[1:]])
        digests.add(final_questions(folder).digest)
    assert len(digests) == 4
    write_rows(folder.path / QUESTIONS, [replace(asked[0], wording="somebody"), *asked[1:]])
    assert final_questions(folder).digest in digests  # who worded it is not asked


def test_a_folder_without_questions_is_told_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"questions\.jsonl is missing") as error:
        final_questions(BuildFolder(tmp_path, BuildSettings(1, "videos", "labels.csv")))
    assert error.value.hint.endswith(f"build {tmp_path} ask")
