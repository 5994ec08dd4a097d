"""What may be said of a clip: its names, and when it is true, false or open."""

from __future__ import annotations

import pytest

from mabench_eval.construction import Statement, statement_of, statements


def test_an_id_says_all_that_the_statement_says() -> None:
    together = Statement("MAD", "together", ("left hand", "head"), "early", ("upward", "downward"))
    assert together.id == "MAD/together/left hand+head/early/upward+downward"
    assert Statement("SAD", "stillness", ("head",)).id == "SAD/stillness/head"


def test_an_id_is_of_one_statement_and_leads_back_to_it() -> None:
    every = list(statements())
    assert [statement_of(each.id) for each in every] == every
    assert len({each.id for each in every}) == len(every)


@pytest.mark.parametrize(
    "text",
    [
        "SAD",
        "SAD/direction",
        "SAD//head",
        "SAD/direction/",
        "XXX/direction/head",
        "SAD/direction/nose",
        "SAD/direction/head/",
        "SAD/direction/head/early/forward",
        "SAD/direction/head/early/upward/more",
        "SAD/direction/head/upward/early",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no id of a statement"):
        statement_of(text)
