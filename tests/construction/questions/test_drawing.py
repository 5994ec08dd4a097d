"""Which statement is asked of which clip: the coin, the room, and what the questions of a clip tell of each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import sqrt

import numpy as np
import pytest

from mabench_eval.construction import statement_of, statements, truth
from mabench_eval.construction.questions.drawing import Drawn, TruthTable, draw_statements, truth_table
from mabench_eval.construction.questions.topics import conflict, topics_of
from mabench_eval.construction.questions.truths import all_statements
from tests.support.construction import DrawnClip, drawn_clips

WANTED = {"SAD": 2, "MAD": 2, "MAS": 2, "PPR": 2}


@pytest.fixture(scope="module")
def clips() -> list[DrawnClip]:
    return list(drawn_clips(60))


@pytest.fixture(scope="module")
def table(clips: list[DrawnClip]) -> TruthTable:
    return truth_table(clip.descriptor for clip in clips)


def of_clips(drawn: list[Drawn]) -> dict[int, list[Drawn]]:
    found = defaultdict(list)
    for each in drawn:
        found[each.clip].append(each)
    return found


def made_table(clips: int, rows: dict[str, tuple[list[int], list[int]]]) -> TruthTable:
    """Id -> the clips of which it is false, and those of which it is true."""
    numbers = {each.id: place for place, each in enumerate(statements())}
    entries: dict[int, list[int]] = {}
    for id, (false, true) in rows.items():
        entries |= {2 * numbers[id]: false, 2 * numbers[id] + 1: true}
    sizes = [len(entries.get(key, ())) for key in range(2 * len(numbers))]
    order = [clip for key in sorted(entries) for clip in entries[key]]
    return TruthTable(clips, np.array(order, np.int32), np.concatenate([[0], np.cumsum(sizes)]))


def test_every_answer_is_the_truth(clips: list[DrawnClip], table: TruthTable) -> None:
    for each in draw_statements(table, WANTED, 0):
        assert truth(all_statements()[each.statement], clips[each.clip].descriptor) is each.so


def test_no_clip_is_asked_more_than_it_has_room_for_or_twice_the_same(table: TruthTable) -> None:
    wanted = {"SAD": 3, "MAD": 1, "MAS": 0, "PPR": 2}
    drawn = draw_statements(table, wanted, 0)
    for asked in of_clips(drawn).values():
        counts = Counter(all_statements()[each.statement].task for each in asked)
        assert all(counts[task] <= wanted[task] for task in counts)
        assert len({each.statement for each in asked}) == len(asked)
    counts = Counter(all_statements()[each.statement].task for each in drawn)
    assert counts["SAD"] > 0.8 * 3 * 60
    assert counts["MAD"] > 0.8 * 60


def test_the_same_seed_draws_the_same_and_another_one_something_else(table: TruthTable) -> None:
    assert draw_statements(table, WANTED, 3) == draw_statements(table, WANTED, 3)
    assert draw_statements(table, WANTED, 3) != draw_statements(table, WANTED, 4)


def test_questions_of_a_clip_do_not_tell_each_other(table: TruthTable) -> None:
    for asked in of_clips(draw_statements(table, WANTED, 0)).values():
        topics = [topics_of(all_statements()[each.statement]) for each in asked]
        for place, (tells, presumes) in enumerate(topics):
            for told, presumed in topics[:place]:
                assert not tells & (told | presumed)
                assert not presumes & told


@pytest.mark.parametrize(
    ("one", "other", "tell"),
    [
        ("SAD/stillness/left hand", "MAS/before/left upper arm+head", True),  # what starts moves
        ("SAD/direction/left hand/early/upward", "MAD/together/left hand+head/early/upward+upward", True),
        ("SAD/direction/left hand/early/upward", "MAD/together/head+left hand/early/upward+upward", True),
        ("SAD/direction/left hand/early/upward", "SAD/direction/left hand/early/downward", True),
        ("SAD/direction/left hand/early/upward", "SAD/direction/left hand/late/upward", False),
        ("SAD/direction/left hand/early/upward", "MAS/starts/left hand/late", True),  # it has started early
        ("SAD/direction/left hand/late/upward", "MAS/starts/left hand/middle", False),
        ("MAS/before/left hand+head", "MAS/before/head+left hand", True),
        ("MAS/before/left hand+head", "MAS/before/left hand+right hand", False),
        ("MAS/settles/left hand/late", "SAD/repetition/left hand", True),  # of what is repeated nobody asks it
        ("PPR/approach/left hand+head/early", "PPR/apart/head+left hand/early", True),
        ("PPR/approach/left hand+head/early", "PPR/approach/right hand+head/early", True),  # the head's way
        ("MAD/larger/left hand+head", "SAD/repetition/left hand", False),
    ],
)
def test_what_tells_by_hand(one: str, other: str, tell: bool) -> None:
    first, second = topics_of(statement_of(one)), topics_of(statement_of(other))
    numbers = {topic: 1 << place for place, topic in enumerate(sorted(set().union(*first, *second)))}
    bits = [sum(numbers[topic] for topic in topics) for topics in (*first, *second)]
    assert conflict(*bits) is tell
    assert conflict(bits[2], bits[3], bits[0], bits[1]) is tell


def test_a_statement_is_asked_while_there_are_clips_of_either_answer() -> None:
    """One clip of which it is false and five of which it is true: it is asked once, and of none where all are true."""
    still = made_table(6, {"SAD/stillness/head": ([0], [1, 2, 3, 4, 5])})
    assert [len(draw_statements(still, {"SAD": 2}, seed)) for seed in range(9)] == [1] * 9
    assert not draw_statements(made_table(6, {"SAD/stillness/head": ([], [1, 2, 3])}), {"SAD": 2}, 0)
    assert not draw_statements(made_table(0, {}), WANTED, 0)


def test_the_answer_is_a_fair_coin_however_many_clips_have_it() -> None:
    """200 builds of one question, true of 19 clips in 20: 100 Yes, give or take 7 (one standard deviation)."""
    rare = made_table(20, {"SAD/stillness/head": ([0], list(range(1, 20)))})
    yes = sum(draw_statements(rare, {"SAD": 1}, seed)[0].so for seed in range(200))
    assert abs(yes - 100) < 3 * 7


def test_how_often_a_statement_is_asked_says_nothing_of_its_answers() -> None:
    """Two false and three true: it is asked twice, whatever comes up; else what is left would tell the last answer."""
    few = made_table(5, {"SAD/stillness/head": ([0, 1], [2, 3, 4])})
    answers = Counter(tuple(each.so for each in draw_statements(few, {"SAD": 1}, seed)) for seed in range(200))
    assert set(answers) == {(a, b) for a in (True, False) for b in (True, False)}
    assert all(abs(count - 50) < 3 * sqrt(200 * 3 / 16) for count in answers.values())


def test_answers_on_a_clip_are_independent(clips: list[DrawnClip], table: TruthTable) -> None:
    """Over 12 builds, of two questions of a task on a clip half have the same answer."""
    same = [
        pair[0].so == pair[1].so
        for seed in range(12)
        for pair in of_clips(draw_statements(table, {"SAD": 2}, seed)).values()
        if len(pair) == 2
    ]
    assert abs(np.mean(same) - 0.5) < 3 * sqrt(0.25 / len(same))


def test_words_alone_do_not_answer_and_exact_balance_would_let_them(table: TruthTable) -> None:
    pytest.importorskip("sklearn", reason="the extra `audit` is not installed")
    from benchmarks.questions_probe import accuracy, balanced, by_clip, by_statement, of_statements

    asked = of_statements(draw_statements(table, WANTED, 0))
    margin = 3 * sqrt(0.25 / len(asked))
    assert abs(accuracy(asked, by_clip, folds=4) - 0.5) < margin
    assert abs(accuracy(asked, by_statement, folds=4) - 0.5) < margin
    leaky = of_statements(balanced(table, WANTED, 0))
    assert accuracy(leaky, by_clip, folds=4) < 0.5 - margin
