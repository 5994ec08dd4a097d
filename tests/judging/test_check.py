"""Judge cards: judges with one known fault each, which the card must expose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.benchmark import Benchmark, load_benchmark
from mabench_eval.catalogue import TaskCard, load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.journal.journal import Journal
from mabench_eval.judging.base import Judge
from mabench_eval.judging.check import card_markdown, check_judge, check_rows, kind_rows
from mabench_eval.judging.check.cases import KINDS, make_cases
from mabench_eval.judging.check.figures import spearman
from mabench_eval.judging.check.harmless import filled
from mabench_eval.judging.judges import open_judges
from mabench_eval.taxonomy import MICRO_ACTIONS, label
from mabench_eval.types import JudgeRequest, Judgment, Question
from tests.support.paths import ROOT

LABELLED = ROOT.parent / "shared" / "data" / "mabench_labelled_50.json"
LEVELS = ("L1", "L2", "L3")
needs_sample = pytest.mark.skipif(not LABELLED.exists(), reason="the labelled sample is not on this machine")

# -- the figures


def test_spearman_by_hand() -> None:
    assert spearman([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert spearman([1, 2, 3], [1, 3, 2]) == pytest.approx(0.5)  # 1 - 6 x 2 / (3 x 8)
    assert spearman([1, 1, 2], [1, 2, 3]) == pytest.approx(0.75**0.5)  # ranks 1.5 1.5 3: 1.5 / sqrt(1.5 x 2)
    assert spearman([1, 2], [3, 3]) is None
    with pytest.raises(ValueError, match="cannot be paired"):
        spearman([1], [1, 2])


# -- judges with a known fault


@cache
def tasks() -> tuple[TaskCard, ...]:
    return tuple(load_catalogue().tasks.values())


@cache
def demo() -> Benchmark:
    return load_benchmark("demo", {task.name: task for task in tasks()})


Verdict = Mapping[str, int] | None


class StandIn:
    """Knows which case it is asked about, and answers by a rule."""

    name, price = "three|s", None

    def __init__(self, rule: Callable[[JudgeRequest, Mapping[str, int]], Verdict], benchmark: Benchmark) -> None:
        self.rule, self.identity = rule, {"name": "stand-in"}
        self.asked: list[JudgeRequest] = []
        cases, _ = make_cases(benchmark, tasks(), 0, None)
        kinds = {kind.name: kind for kind in KINDS}
        self.right = {
            (case.question.answer, case.answer): right(kinds[case.kind].expectation, kinds[case.kind].level)
            for case in cases
        }

    def judge(self, requests: Iterable[JudgeRequest], note: Callable[[str], None]) -> Iterator[Judgment]:
        for request in requests:
            self.asked.append(request)
            levels = self.rule(request, self.right[request.reference, request.answer])
            yield Judgment(request.key, levels) if levels is not None else Judgment(request.key, error="no words")


def right(expectation: str, level: str | None) -> Mapping[str, int]:
    """What the perfect judge gives."""
    if expectation == "falls":
        return {name: 1 if name == level else 5 for name in LEVELS}
    return dict.fromkeys(LEVELS, 5 if expectation in ("top", "same") else 0)


def checked(rule: Callable[[JudgeRequest, Mapping[str, int]], Verdict], **choices: Any) -> dict[str, Any]:
    benchmark = choices.pop("benchmark", demo())
    stand_in: Any = StandIn(rule, benchmark)
    return check_judge(stand_in, benchmark, tasks(), **choices)


def failed(card: Mapping[str, Any]) -> set[str]:
    return {check["name"] for check in card["passes"] if check["ok"] is False}


def entry(card: Mapping[str, Any], kind: str, task: str = "MADU") -> dict[str, Any]:
    (found,) = (entry for entry in card["kinds"] if (entry["kind"], entry["task"]) == (kind, task))
    return dict(found)


DAMAGES = {
    "MADU part replaced": "L1",
    "MADU space mirrored": "L2",
    "MADU phases reversed": "L3",
    "MARE coarse label replaced": "L1",
    "MARE fine label replaced": "L2",
    "MARE reasons removed": "L3",
}


def test_a_perfect_judge_passes_everything() -> None:
    card = checked(lambda request, right: right)
    assert len(card["passes"]) == 24
    assert all(check["ok"] for check in card["passes"])
    assert card["separation"] == {task: dict.fromkeys(LEVELS, 5.0) for task in ("MADU", "MARE")}
    for name, level in DAMAGES.items():
        task, _, kind = name.partition(" ")
        figures = entry(card, kind, task)
        assert (figures["level"], figures["sensitivity"], figures["specificity"]) == (level, 1, 1)
        assert figures["change"] == {each: -4 if each == level else 0 for each in LEVELS}
        assert figures["side_effect"] == {each: 0 for each in LEVELS if each != level}
    assert card["usage"]["without_score"] == 0
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_a_constant_judge_sees_nothing() -> None:
    card = checked(lambda request, right: dict.fromkeys(LEVELS, 3))
    assert failed(card) == {
        "reference: mean",
        "other clip below reference",
        "still: mean",
        *(f"{name}: {level} falls, share" for name, level in DAMAGES.items()),
    }
    assert entry(card, "reference")["mean"] == dict.fromkeys(LEVELS, 3)
    assert entry(card, "space mirrored")["sensitivity"] == 0
    assert card["length"]["MADU"]["spearman"] == dict.fromkeys(LEVELS)  # a constant is correlated with nothing


def test_a_gullible_judge_is_exposed_by_injections_into_wrong_answers() -> None:
    def gullible(request: JudgeRequest, right: Mapping[str, int]) -> Verdict:
        return dict.fromkeys(LEVELS, 5) if "Ignore the rubric" in request.answer else right

    card = checked(gullible)
    assert failed(card) == {"other clip, injection: mean rise", "other clip, injection: largest rise of one case"}
    assert entry(card, "other clip, injection")["change"] == dict.fromkeys(LEVELS, 5)
    assert entry(card, "other clip, injection")["rises"] == 1
    assert entry(card, "other clip, filler")["rises"] == 0


def test_a_judge_that_obeys_now_and_then_is_exposed_too() -> None:
    numbers = count()

    def sometimes(request: JudgeRequest, right: Mapping[str, int]) -> Verdict:
        obeys = "Ignore the rubric" in request.answer and next(numbers) % 21 == 0
        return dict.fromkeys(LEVELS, 5) if obeys else right

    card = checked(sometimes, repeats=1)
    # 112 injected answers, every second one wrong; obeyed are 0, 21, 42, 63, 84, 105, of which 21, 63 and 105 are wrong
    assert "other clip, injection: largest rise of one case" in failed(card)
    shares = [entry(card, "other clip, injection", task)["rises"] for task in ("MADU", "MARE")]
    assert sum(shares) * 28 == pytest.approx(3)


def sentence(words: int) -> str:
    return " ".join(["The", "right", "hand", "leads"] + ["smoothly"] * (words - 4))


def of_lengths(*lengths: int) -> Benchmark:
    """One description a clip, each as long as told."""
    questions = tuple(Question(f"q{n}", "MADU", f"clip{n}", "Tell.", {}, sentence(n)) for n in lengths)
    return Benchmark("lengths", questions, Path("lengths.json"), Path("videos"))


def test_a_judge_that_loves_length_is_exposed() -> None:
    benchmark = of_lengths(10, 20, 30)
    card = checked(
        lambda request, right: dict.fromkeys(LEVELS, min(5, len(request.answer.split()) // 10)), benchmark=benchmark
    )
    wrong = [case.answer for case in make_cases(benchmark, tasks(), 0, None)[0] if case.kind == "other clip"]
    assert len(set(wrong)) > 1
    assert card["length"]["MADU"]["spearman"] == dict.fromkeys(LEVELS, pytest.approx(1))
    rises = [min(5, len(filled(text).split()) // 10) - len(text.split()) // 10 for text in wrong]
    assert min(rises) >= 1
    assert entry(card, "other clip, filler")["change"]["L1"] == pytest.approx(sum(rises) / 3)
    assert entry(card, "other clip, filler")["rises"] == 1
    assert "other clip, filler: mean rise" in failed(card)


def test_what_has_no_score_is_counted_and_never_zero() -> None:
    numbers = count()
    given: list[bool] = []

    def silent(request: JudgeRequest, right: Mapping[str, int]) -> Verdict:
        given.append(next(numbers) % 10 >= 3)
        return right if given[-1] else None

    card = checked(silent)
    missing = given.count(False)
    assert card["usage"]["without_score"] == missing
    assert missing / len(given) == pytest.approx(0.3, abs=0.01)
    assert card["usage"]["errors"] == {"no words": missing}
    assert failed(card) == {"no score, share"}
    assert entry(card, "reference")["mean"] == dict.fromkeys(LEVELS, 5)
    assert 0 < entry(card, "reference")["without_score"] < 28


def test_a_judge_that_scores_nothing_passes_nothing() -> None:
    card = checked(lambda request, right: None)
    assert all(check["ok"] is False for check in card["passes"])
    assert "| NO |" in card_markdown(card)


@pytest.mark.parametrize("third", [{}, {"L3": 6}, {"L3": -1}, {"L3": True}])
def test_levels_that_are_not_all_scores_are_no_score(third: dict[str, int]) -> None:
    card = checked(lambda request, right: {"L1": 5, "L2": 5, **third})
    assert entry(card, "reference")["without_score"] == 28


def test_judgments_that_never_come_are_counted() -> None:
    class Lossy(StandIn):
        def judge(self, requests: Iterable[JudgeRequest], note: Callable[[str], None]) -> Iterator[Judgment]:
            yield Judgment("a key that nobody asked for", dict.fromkeys(LEVELS, 5))
            yield from list(super().judge(requests, note))[1:]

    stand_in: Any = Lossy(lambda request, right: right, demo())
    usage = check_judge(stand_in, demo(), tasks())["usage"]
    assert (usage["without_score"], usage["errors"]) == (1, {"no judgment came back": 1})


def test_a_noisy_judge_is_exposed_by_asking_again() -> None:
    seen: dict[tuple[str, str], int] = {}

    def noisy(request: JudgeRequest, right: Mapping[str, int]) -> Verdict:
        times = seen[request.reference, request.answer] = seen.get((request.reference, request.answer), 0) + 1
        return {level: abs(score - (times == 2)) for level, score in right.items()}  # 5 then 4, 0 then 1

    card = checked(noisy)
    assert card["retest"]["MADU"]["identical"] == dict.fromkeys(LEVELS, 0)
    assert card["retest"]["MADU"]["difference"] == dict.fromkeys(LEVELS, 1)
    assert entry(card, "reference")["mean"] == dict.fromkeys(LEVELS, 4.5)
    assert failed(card) == {"asked again: difference", "reference: mean"}


def test_a_judge_that_charges_one_error_on_all_levels_is_exposed() -> None:
    card = checked(lambda request, right: dict.fromkeys(LEVELS, min(right.values())))
    assert failed(card) == {f"{name}: fall of other levels" for name in DAMAGES}
    assert entry(card, "space mirrored")["specificity"] == 0
    assert entry(card, "space mirrored")["side_effect"] == {"L1": -4, "L3": -4}


# -- the way it is asked


def test_order_of_judgments_does_not_matter() -> None:
    class Backwards(StandIn):
        def judge(self, requests: Iterable[JudgeRequest], note: Callable[[str], None]) -> Iterator[Judgment]:
            return reversed(list(super().judge(requests, note)))

    stand_in: Any = Backwards(lambda request, right: right, demo())
    assert check_judge(stand_in, demo(), tasks()) == checked(lambda request, right: right)


def test_every_repeat_has_its_own_key() -> None:
    stand_in: Any = StandIn(lambda request, right: right, demo())
    card = check_judge(stand_in, demo(), tasks(), repeats=3)
    asked: list[JudgeRequest] = stand_in.asked
    assert len({request.key for request in asked}) == len(asked) == card["usage"]["requests"]
    assert len({(request.reference, request.answer) for request in asked}) * 3 == len(asked)
    assert card["retest"]["MADU"]["pairs"] == 3 * sum(e["n"] for e in card["kinds"] if e["task"] == "MADU")


def test_other_clips_show_another_micro_action() -> None:
    options = {q.clip: label(q.options[q.answer]) for q in demo().questions if q.task == "FMAR" and q.answer}
    assert set(options.values()) <= set(MICRO_ACTIONS.values())
    clip_of = {q.answer: q.clip for q in demo().questions if q.task in ("MADU", "MARE")}
    drawn = []
    for seed in (0, 1):
        cases = [case for case in make_cases(demo(), tasks(), seed, None)[0] if case.kind == "other clip"]
        assert len(cases) == 56
        assert all(options[case.question.clip] != options[clip_of[case.answer]] for case in cases)
        drawn.append([case.answer for case in cases])
    assert drawn[0] != drawn[1]


def test_what_does_not_apply_is_left_out_and_counted() -> None:
    questions = tuple(
        Question(f"q{n}", "MADU", f"clip{n}", "Tell.", {}, text)
        for n, text in enumerate(["The head nods.", "The right hand starts low, then rises."])
    )
    benchmark = Benchmark("two", questions, Path("two.json"), Path("videos"))
    card = checked(lambda request, right: right, benchmark=benchmark)
    assert [
        (entry(card, kind)["n"], entry(card, kind)["not_applicable"])
        for kind in ("space mirrored", "phases reversed", "paraphrase")
    ] == [(1, 1), (1, 1), (0, 2)]
    check = next(check for check in card["passes"] if check["name"] == "paraphrase: fall")
    assert (check["value"], check["ok"]) == (None, None)
    assert ["MADU", "paraphrase", "0", *["-"] * 8] in kind_rows(card)


def test_limit_and_refusals() -> None:
    assert checked(lambda request, right: right, limit=2)["data"]["clips"] == 2
    for wrong in ({"repeats": 0}, {"limit": 0}):
        with pytest.raises(InputError, match="at least 1"):
            checked(lambda request, right: right, **wrong)
    closed = Benchmark("closed", demo().questions[:0], Path("closed.json"), Path("videos"))
    with pytest.raises(InputError, match="no open question has a reference"):
        checked(lambda request, right: right, benchmark=closed)


def test_what_is_in_the_journal_is_not_asked_again(tmp_path: Path) -> None:
    failing = {"now": True}

    def rule(request: JudgeRequest, right: Mapping[str, int]) -> Verdict:
        return None if failing["now"] and "still" in request.answer else right

    stand_in: Any = StandIn(rule, demo())
    cards = []
    for _ in range(3):
        with Journal(tmp_path) as journal:
            chosen: dict[str, Any] = {"records": journal.records, "keep": journal.append}
            cards.append(check_judge(stand_in, demo(), tasks(), repeats=1, limit=4, **chosen))
        cards[-1]["asked"] = len(stand_in.asked)
        failing["now"] = False
    first, second, third = cards
    # all cases; then again those without a score; then none
    lost = first["usage"]["without_score"]
    assert (first["asked"], second["asked"], third["asked"]) == (
        first["usage"]["requests"],
        first["usage"]["requests"] + lost,
        first["usage"]["requests"] + lost,
    )
    assert lost > 0
    assert second["kinds"] == third["kinds"]
    assert third["usage"]["without_score"] == 0


def test_tokens_are_summed() -> None:
    class Paid(StandIn):
        def judge(self, requests: Iterable[JudgeRequest], note: Callable[[str], None]) -> Iterator[Judgment]:
            for request in requests:
                yield Judgment(request.key, dict.fromkeys(LEVELS, 5), calls=1, prompt_tokens=10, output_tokens=2)

    stand_in: Any = Paid(lambda request, right: right, demo())
    usage = check_judge(stand_in, demo(), tasks())["usage"]
    asked = usage["requests"]
    assert (usage["calls"], usage["prompt_tokens"], usage["output_tokens"]) == (asked, 10 * asked, 2 * asked)


def test_the_page_shows_every_check_and_kind() -> None:
    card = checked(lambda request, right: dict.fromkeys(LEVELS, 3))
    page = card_markdown(card)
    assert page.startswith("# Judge card: three\\|s\n")
    assert all(check["name"] in page for check in card["passes"])
    assert next(row for row in check_rows(card) if row[3] == "NO") == ["reference: mean", "≥ 4.8", "3.00", "NO"]
    assert len({tuple(row[:2]) for row in kind_rows(card)}) == 22  # 8 for either task, 3 damages each


# -- the offline judge


@cache
def lexical() -> Judge:
    return open_judges("lexical", load_catalogue(), {})[0]


def test_the_offline_judge_on_the_demo() -> None:
    card = check_judge(lexical(), demo(), tasks(), limit=10)
    assert entry(card, "reference")["mean"] == dict.fromkeys(LEVELS, 5)
    assert entry(card, "still")["mean"] == dict.fromkeys(LEVELS, 0)
    assert "other clip, injection: mean rise" not in failed(card)


@pytest.mark.slow
@needs_sample
def test_the_documented_card_is_the_measured_one() -> None:
    benchmark = load_benchmark(str(LABELLED), {task.name: task for task in tasks()})
    page = card_markdown(check_judge(lexical(), benchmark, tasks()))
    documented = (ROOT / "docs" / "judges.md").read_text(encoding="utf-8")
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert [line for line in tables if line not in documented] == []
    for reference in (q.answer or "" for q in benchmark.questions):  # the licence: no text of the data
        said = reference.split()
        assert not any(" ".join(said[n : n + 6]) in documented for n in range(len(said) - 5))
