"""Answer reading: several hundred hand-made replies, and the rules that hold for any reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mabench_eval import taxonomy
from mabench_eval.answers import is_refusal, read, read_choice, read_yes_no, strip_reasoning
from mabench_eval.types import AnswerKind, Outcome
from tests.support.paths import DATA

_DATA = yaml.safe_load((DATA / "answers.yaml").read_text("utf-8"))
_OPTIONS: dict[str, dict[str, str]] = _DATA["option_sets"]
_FMAR, _CMAR = _OPTIONS["fmar"], _OPTIONS["cmar"]
_FORMS: dict[str, list[str]] = _DATA["forms"]

_RECASED = st.sampled_from((str, str.lower, str.upper, str.swapcase))
_REPLIES = st.text() | st.lists(st.sampled_from([*_FORMS["scraps"], "\ud800"]), max_size=30).map(" ".join)
_MOVES = ["moves", "his", "hand", "slowly", "then", "rests", "and", "looks", "at", "it", "for", "a", "while", "again"]


def _cases(section: str) -> list[Any]:
    """One parameter per case, named by its group and its text."""
    return [
        pytest.param(
            group.get("kind"),
            _OPTIONS.get(group.get("options"), {}),
            case["text"],
            case["expect"],
            id=f"{name}: {case['text'][:60].encode('unicode_escape').decode()}",
        )
        for name, group in _DATA[section].items()
        for case in group["cases"]
    ]


@pytest.mark.parametrize(("kind", "options", "text", "expect"), _cases("choice"))
def test_choice(kind: None, options: dict[str, str], text: str, expect: str | None) -> None:
    assert read_choice(text, options) == expect


@pytest.mark.parametrize(("kind", "options", "text", "expect"), _cases("yes_no"))
def test_yes_no(kind: None, options: dict[str, str], text: str, expect: str | None) -> None:
    assert read_yes_no(text) == expect


@pytest.mark.parametrize(("kind", "options", "text", "expect"), _cases("refusals"))
def test_refusal(kind: None, options: dict[str, str], text: str, expect: bool) -> None:
    assert is_refusal(text) is expect


@pytest.mark.parametrize(("kind", "options", "text", "expect"), _cases("outcomes"))
def test_outcome(kind: str, options: dict[str, str], text: str, expect: tuple[str, str | None]) -> None:
    assert read(AnswerKind(kind), text, options) == (Outcome(expect[0]), expect[1])


@settings(deadline=None)
@given(st.sampled_from(_FORMS["letter"]), st.sampled_from("ABCDE"))
def test_every_form_of_a_letter_is_the_letter(form: str, letter: str) -> None:
    assert read_choice(form.format(letter), _FMAR) == letter


@settings(deadline=None)
@given(st.sampled_from(_FORMS["text"]), st.sampled_from(["fmar", "cmar", "coded"]), st.data(), _RECASED)
def test_the_text_of_an_option_is_its_letter_in_any_case(
    form: str, name: str, data: st.DataObject, case: Callable[[str], str]
) -> None:
    letter, text = data.draw(st.sampled_from(sorted(_OPTIONS[name].items())))
    assert read_choice(form.format(case(text)), _OPTIONS[name]) == letter
    assert read_choice(form.format(case(taxonomy.label(text))), _OPTIONS[name]) == letter
    assert read_choice(form.format(f"{letter}. {case(text)}"), _OPTIONS[name]) == letter


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(taxonomy.MICRO_ACTIONS.values())), min_size=5, max_size=5, unique=True))
def test_every_micro_action_is_read_beside_any_others(labels: list[str]) -> None:
    options = dict(zip("ABCDE", labels, strict=True))
    for letter, text in options.items():
        assert read_choice(f"{letter}. {text}", options) == read_choice(f"The answer is {text}.", options) == letter
        for other in set("ABCDE") - {letter}:
            assert read_choice(f"{other}. {text}", options) is None
            assert read_choice(f"{text} or {options[other]}", options) is None


@settings(deadline=None)
@given(st.sampled_from(_FORMS["word"]), st.sampled_from(["Yes", "No"]), _RECASED)
def test_every_form_of_a_word_is_the_word(form: str, word: str, case: Callable[[str], str]) -> None:
    assert read_yes_no(form.format(case(word))) == word


@settings(deadline=None)
@given(
    st.permutations("ABCDE"), st.sampled_from(("{} or {}", "{}, {}", "{}/{}", "both {} and {}", "{}\n{}", "({}) ({})"))
)
def test_two_letters_are_no_answer(letters: list[str], form: str) -> None:
    assert read_choice(form.format(*letters[:2]), _FMAR) is None


@settings(deadline=None)
@given(_REPLIES, st.sampled_from([_FMAR, _CMAR, {}]))
def test_any_reply_is_read_without_error(text: str, options: dict[str, str]) -> None:
    outcome, prediction = read(AnswerKind.CHOICE, text, options)
    assert (prediction in options) if outcome is Outcome.ANSWERED else (prediction is None)
    outcome, prediction = read(AnswerKind.YES_NO, text, options)
    assert (prediction in ("Yes", "No")) if outcome is Outcome.ANSWERED else (prediction is None)
    outcome, prediction = read(AnswerKind.TEXT, text, options)
    assert bool(prediction) is (outcome is Outcome.ANSWERED)


@settings(deadline=None)
@given(
    _REPLIES,
    st.sampled_from(["", " ", "\n", "\t\n ", "<think>A. No.</think>", "<think>\nThe answer is C. Yes</think>\n\n"]),
)
def test_whitespace_and_reasoning_around_a_reply_change_nothing(text: str, around: str) -> None:
    reply = strip_reasoning(text)
    assert read_choice(around + reply + " \n", _FMAR) == read_choice(reply, _FMAR)
    assert read_yes_no(around + reply + " \n") == read_yes_no(reply)


@settings(deadline=None)
@given(st.lists(st.sampled_from(_MOVES)), st.sampled_from(["A man", "The person", "As a person", "No hand", "It"]))
def test_prose_without_letters_and_labels_is_no_answer(words: list[str], subject: str) -> None:
    prose = " ".join([subject, *words, "again."])
    assert read_choice(prose, _CMAR) is None
    assert read_yes_no(prose) is None


@pytest.mark.parametrize("junk", ["A ", "(", "<think>", "B\n", "x B. ", "answer is ", "not ", " ", "\n", "\u0301"])
def test_a_megabyte_of_junk_is_no_answer(junk: str) -> None:
    text = junk * (1_000_000 // len(junk))
    assert read(AnswerKind.YES_NO, text, {}) == (Outcome.UNPARSABLE, None)
    assert read_choice(text, _FMAR) in (None, "B")


def test_an_answer_behind_a_megabyte_of_reasoning_is_read() -> None:
    assert read_choice("hm, " * 250_000 + "</think>B", _FMAR) == "B"
    assert read_choice("The hand moves. " * 60_000 + "The answer is B.", _FMAR) == "B"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("<think>hm</think> B", "B"),
        ("hm</think> B", "B"),
        ("<think>hm", ""),
        ("B <think>hm", "B"),
        ("<think>a</think>B<think>c</think>", "B"),
        ("no tags, 1 < 2 > 0", "no tags, 1 < 2 > 0"),
        ("<thinker>B", "<thinker>B"),
    ],
)
def test_strip_reasoning(text: str, reply: str) -> None:
    assert strip_reasoning(text) == reply
