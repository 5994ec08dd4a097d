"""Question files of others: each form is read as the official one, and what has two readings, or none, is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mabench_eval.benchmark import Benchmark, check_rows, load_benchmark, question_row
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from tests.support.benchmarks import CMAR_TEXT, FMAR_TEXT, Row, rows_of_clip, write_rows

TASKS = load_catalogue().tasks
CMAR = ["Body", "Head", "Upper limb", "Lower limb", "Body-hand", "Head-hand", "Leg-hand"]
DEMO = "4784e7d2f3d3571a"


def read(tmp_path: Path, rows: list[Any]) -> Benchmark:
    return load_benchmark(str(write_rows(tmp_path / "questions.json", rows)), TASKS)


def problems_of(rows: list[Any]) -> list[str]:
    return check_rows(rows, TASKS).problems


def choice(answer: Any, qid: str = "Q", task: str = "CMAR", **fields: Any) -> Row:
    """A choice of the seven body parts, or of five actions, in the official form but for what is given."""
    text = CMAR_TEXT if task == "CMAR" else FMAR_TEXT
    return {"video": "a.mp4", "task": task, "qid": qid, "question": text, "answer": answer, **fields}


def yes_no(answer: Any, qid: str = "Q") -> Row:
    return {"video": "a.mp4", "task": "SAD", "qid": qid, "question": "Up?", "answer": answer}


@pytest.mark.parametrize(
    "answer",
    [
        *("G", "g", " G ", "(G)", "G.", "g)", "[g]", "G:", "\tG\n"),
        *("G. Leg-hand", "g. leg-hand", "(G) Leg-hand", "G: Leg-hand.", "G) leg hand"),
        *("Leg-hand", "leg-hand", " LEG-HAND. ", "leg hand", "leg_hand"),
        *(7, "7", 7.0),  # of seven options the seventh is one where they count from 1 alone
    ],
)
def test_an_answer_with_one_reading_is_its_letter(answer: Any) -> None:
    checked = check_rows([choice(answer)], TASKS)
    assert (checked.problems, [question.answer for question in checked.questions]) == ([], ["G"])
    assert bool(checked.note) is (answer != "G")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("H", "'H' is none of A, B, C, D, E, F, G"),
        ("GG", "none of"),
        ("A or G", "none of"),
        ("A, G", "none of"),
        ("G. Head", "none of"),  # the letter of one, the text of another
        ("Head - A1", "none of"),
        ("limb", "none of"),
        ("hand", "none of"),
        ("Body, Head", "none of"),
        ("-1", "none of"),
        ("", "must be a text, found ''"),
        (" ", "must be a text"),
        (True, "must be a text, found True"),
        (["G"], "must be a text, found ['G']"),
        ({"A": 1}, "must be a text"),
        (6.5, "must be a text, found 6.5"),
        (8, "answer 8 is the number of none of 7"),
        (-1, "answer -1 is the number of none of 7"),
        (3, "answer 3: no row of the file tells whether options are counted from 0 or from 1; write the letter"),
        ("3", "no row of the file tells"),
    ],
)
def test_an_answer_with_no_reading_or_two_is_refused(answer: Any, what: str) -> None:
    (problem,) = problems_of([choice(answer)])
    assert problem.startswith("row 1 (Q): ") and what in problem


@pytest.mark.parametrize("answer", ["yes", "YES", " Yes ", "Yes.", "y", "true", "True", True])
def test_yes(answer: Any) -> None:
    assert [question.answer for question in check_rows([yes_no(answer)], TASKS).questions] == ["Yes"]


@pytest.mark.parametrize("answer", ["no", "No.", "N", "false", "FALSE", False])
def test_no(answer: Any) -> None:
    assert [question.answer for question in check_rows([yes_no(answer)], TASKS).questions] == ["No"]


@pytest.mark.parametrize("answer", ["maybe", "yes or no", "A", "not", "yes/no", "", 1, 0, "1", "0", [True], "T", "ja"])
def test_neither_yes_nor_no(answer: Any) -> None:
    assert len(problems_of([yes_no(answer)])) == 1


def test_numbers_are_settled_by_the_file() -> None:
    def answers(*numbers: int | str) -> list[str | None]:
        checked = check_rows([choice(number, f"Q{place}") for place, number in enumerate(numbers)], TASKS)
        assert checked.problems == []
        return [question.answer for question in checked.questions]

    assert answers(6, 0, 3) == ["G", "A", "D"]  # a 0: counted from 0
    assert answers(6, 7, 3) == ["F", "G", "C"]  # a 7 of seven: counted from 1
    assert answers("6", 0, "Head", "b") == ["G", "A", "B", "B"]


def test_numbers_that_contradict_each_other_name_both_rows() -> None:
    five = choice(5, "Q3", "FMAR")  # of five options: counted from 1
    problems = problems_of([choice("G", "Q1"), choice(0, "Q2"), five])
    why = "options are counted from 0 in row 2, and from 1 in row 3; write the letter"
    assert problems == [f"row 2 (Q2): answer 0: {why}", f"row 3 (Q3): answer 5: {why}"]


def test_problems_stand_in_the_order_of_rows() -> None:
    problems = problems_of([choice(3, "Q1"), yes_no("maybe", "Q2"), choice(2, "Q3"), choice("A", "Q1")])
    assert [problem.split(":")[0] for problem in problems] == ["row 1 (Q1)", "row 2 (Q2)", "row 3 (Q3)", "row 4 (Q1)"]


def test_an_option_that_is_a_number_has_two_readings() -> None:
    text = "How often?\nA. 1\nB. 2\nC. 3\nD. 4\nE. 5"
    assert "answer '2' is B and 2" in problems_of([choice("2", question=text)])[0]


def test_a_label_without_its_code_is_the_option_printed_so() -> None:
    text = "Which?\nA. Shaking body - A1\nB. Shaking body\nC. Nodding - B1\nD. Waving\nE. Waving"
    rows = [choice(answer, answer, question=text) for answer in ("Shaking body", "nodding", "shaking body - a1")]
    assert [q.answer for q in check_rows(rows, TASKS).questions] == ["B", "C", "A"]
    assert "is D and E" in problems_of([choice("Waving", question=text)])[0]


STEM = "Which body part?"


@pytest.mark.parametrize(
    "fields",
    [
        {"options": CMAR},
        {"choices": CMAR},
        {"candidates": CMAR},
        {"options": dict(zip("ABCDEFG", CMAR, strict=True))},
        {"options": dict(reversed(list(zip("ABCDEFG", CMAR, strict=True))))},
        {"options": dict(zip("abcdefg", CMAR, strict=True))},
        {"options": {f"({letter})": text for letter, text in zip("ABCDEFG", CMAR, strict=True)}},
        {"options": [f"{letter}. {text}" for letter, text in zip("ABCDEFG", CMAR, strict=True)]},
        {"options": [f"({letter}) {text} " for letter, text in zip("ABCDEFG", CMAR, strict=True)]},
        {"options": [f" {text}" for text in CMAR], "choices": None},
        {"question": CMAR_TEXT, "options": CMAR},
        {"question": STEM + "\n", "options": CMAR},
    ],
)
def test_options_beside_the_question_are_put_under_it(fields: Row, tmp_path: Path) -> None:
    official = read(tmp_path, [choice("B")])
    others = read(tmp_path, [{**choice("B", question=STEM), **fields}])
    assert (others.questions, others.sha256) == (official.questions, official.sha256)
    assert bool(others.note) is ("question" not in fields or fields["question"] != CMAR_TEXT)


@pytest.mark.parametrize("form", ["({}) {}", "[{}] {}", "{}) {}", "{}: {}", "{}. {}", "  {}.{}"])
def test_option_lines_in_the_text_stay_as_printed(form: str, tmp_path: Path) -> None:
    lines = [form.format(letter, text) for letter, text in zip("ABCDEFG", CMAR, strict=True)]
    (question,) = read(tmp_path, [choice("leg-hand", question="\n".join([STEM, *lines]))]).questions
    assert (question.answer, list(question.options.values())) == ("G", CMAR)
    assert question.text == "\n".join([STEM, *lines])


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"options": CMAR, "choices": CMAR}, "options stand under 'options' and 'choices'"),
        ({"question": CMAR_TEXT, "options": CMAR[::-1]}, "in the question's text are not those under 'options'"),
        ({"question": f"{STEM}\n(A) Body\n(B) Head", "options": CMAR}, "are not those under"),
        ({"options": "Body, Head"}, "must be a list of texts, or texts by letter, found str"),
        ({"options": 7}, "found int"),
        ({"options": [*CMAR[:6], 7]}, "'options' must be texts of one line each"),
        ({"options": [*CMAR[:6], "Leg\nhand"]}, "of one line each"),
        ({"options": [*CMAR[:6], " "]}, "of one line each"),
        ({"options": {"A": "Body", "B": None}}, "of one line each"),
        ({"options": {"0": "Body", "1": "Head"}}, "are called '0', '1'; expected A, B, C"),
        ({"options": {"A": "Body", "C": "Head"}}, "options are lettered A, C"),
        ({"options": {"A": "Body", "a": "Head"}}, "options are lettered A, A"),
        ({"options": ["Body"]}, "no options found"),
        ({"options": []}, "no options found"),
        ({"options": [*CMAR, "Foot"]}, "options are lettered A, B, C, D, E, F, G, H"),
        ({"options": ["A. Body", "Head"]}, "the letters before the 'options' are not A, B, C, ... in this order"),
        ({"options": ["B. Body", "A. Head"]}, "not A, B, C, ... in this order"),
        ({"options": [{"A": "Body"}, {"B": "Head"}]}, "of one line each"),
    ],
)
def test_options_without_one_reading_are_refused(fields: Row, what: str) -> None:
    (problem,) = problems_of([{**choice("B", question=STEM), **fields}])
    assert what in problem


def test_blank_lines_in_json_lines(tmp_path: Path) -> None:
    rows = rows_of_clip("a")
    official = read(tmp_path, rows)
    lines = [json.dumps(row) for row in rows]
    for number, text in enumerate(
        ("\n\n" + "\n\n".join(lines) + "\n\n \t\n", "\r\n\r\n".join(lines), "\ufeff" + "\n   \n".join(lines))
    ):
        file = tmp_path / f"lines{number}.jsonl"
        file.write_bytes(text.encode())
        assert load_benchmark(str(file), TASKS).sha256 == official.sha256


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "around",
    [
        lambda rows: {"data": rows},
        lambda rows: {"questions": rows},
        lambda rows: {"version": 2, "info": {"by": "us"}, "data": rows, "licences": ["x"]},
        lambda rows: {"clips": [{"name": "a"}], "questions": rows},
    ],
)
def test_questions_under_a_key_of_one_object(around: Any, indent: int | None, tmp_path: Path) -> None:
    rows = rows_of_clip("a")
    file = tmp_path / "questions.json"
    file.write_text(json.dumps(around(rows), indent=indent), encoding="utf-8")
    assert load_benchmark(str(file), TASKS).sha256 == read(tmp_path, rows).sha256


def test_one_row_alone_is_a_row_and_no_wrapper(tmp_path: Path) -> None:
    row = choice("B", question=STEM, options=CMAR, seen=[{"by": "me"}])
    for indent in (None, 2):
        file = tmp_path / "one.json"
        file.write_text(json.dumps(row, indent=indent), encoding="utf-8")
        assert len(load_benchmark(str(file), TASKS).questions) == 1


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ({"train": [choice("B")], "test": [choice("B")]}, "lists of questions under 'train', 'test'"),
        ({"a": [1]}, "row 1: 'video_name' is missing"),
        ({"data": []}, "row 1: 'video_name' is missing"),
        ({"data": [{"q": 1}]}, "row 1: 'video_name' is missing"),
    ],
)
def test_an_object_without_one_list_of_questions_is_refused(document: Any, what: str, tmp_path: Path) -> None:
    file = tmp_path / "questions.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_benchmark(str(file), TASKS)
    assert what in str(caught.value)


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
@pytest.mark.parametrize(
    ("encoding", "what"),
    [
        ("utf-16", "the file is UTF-16, not UTF-8: save it as UTF-8"),
        ("utf-16-le", "the file is UTF-16, not UTF-8"),
        ("utf-16-be", "the file is UTF-16, not UTF-8"),
        ("utf-32", "the file is UTF-32, not UTF-8"),
        ("utf-32-le", "the file is UTF-32, not UTF-8"),
        ("latin-1", "byte 0xe9, not UTF-8: save it as UTF-8; it looks like Latin-1 or Windows-1252"),
        ("cp1252", "byte 0xe9, not UTF-8: save it as UTF-8; it looks like Latin-1 or Windows-1252"),
    ],
)
def test_other_encodings_are_named(encoding: str, what: str, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"questions{suffix}"
    row = json.dumps({**yes_no("Yes"), "question": "La tête monte, à gauche\u00a0?"}, ensure_ascii=False)
    row = row.replace("ê", "é")
    file.write_bytes((row + "\n" if suffix == ".jsonl" else f"[\n{row}\n]").encode(encoding))
    with pytest.raises(InputError) as caught:
        load_benchmark(str(file), TASKS)
    assert what in str(caught.value)


def test_chinese_in_another_encoding_is_not_called_latin(tmp_path: Path) -> None:
    file = tmp_path / "questions.json"
    file.write_bytes('[{"question": "头部是否向上移动"}]'.encode("gb18030"))
    with pytest.raises(InputError, match=r"not UTF-8: save it as UTF-8$"):
        load_benchmark(str(file), TASKS)


def test_one_line_tells_how_many_were_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = rows_of_clip("a")  # CMAR is answered B, FMAR A; eight questions by Yes or No
    rows[0] |= {"answer": 1}
    rows[1] |= {"answer": 0}
    for row in rows[2:6]:
        row["answer"] = row["answer"].lower()
    rows[1] |= {"question": "Which micro-action?", "options": [line[3:] for line in FMAR_TEXT.split("\n")[1:]]}
    others = read(tmp_path, rows)
    assert others.sha256 == read(tmp_path, rows_of_clip("a")).sha256
    assert others.note == (
        f"{tmp_path / 'questions.json'}: answers read: 4 as yes or no in other words, 2 as an option's number "
        "(counted from 0); options put under 1 question"
    )
    file = str(write_rows(tmp_path / "questions.json", rows))
    for words in (
        ["--model", "random", "--data", file, "--output", str(tmp_path / "results"), "--judge", "lexical"],
        ["--model", "random", "--data", file, "--output", str(tmp_path / "results"), "--dry-run"],
        ["show", "CMAR", "--data", file],
        ["audit", "--data", file, "--no-probe", "--flags", str(tmp_path / "flags.json")],
    ):
        assert main(words) == 0
        assert capfd.readouterr().err.count("answers read: 4 as yes or no in other words") == 1, words


def test_the_demo_is_official_to_the_byte() -> None:
    demo = load_benchmark("demo", TASKS)
    assert (demo.note, demo.sha256[:16]) == ("", DEMO)


ANSWERS: list[Any] = [*"ABCDEFGg", "(b)", *CMAR, *"0123", 0, 3, 7, True, None, "B. Head", "Yes", "no", [], 1e308]
OPTIONS: list[Any] = [None, CMAR, CMAR[:2], {"A": "Body", "B": "0"}, {"b": 1}, [[]], "x", ["A. x", "B. y"]]


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "task": st.sampled_from(["CMAR", "SAD", "MARE"]),
                "question": st.sampled_from([STEM, CMAR_TEXT, "?\n(A) x"]),
            },
            optional={
                "answer": st.sampled_from(ANSWERS) | st.text(max_size=9),
                "options": st.sampled_from(OPTIONS),
                "choices": st.sampled_from(OPTIONS),
            },
        ),
        max_size=6,
    )
)
def test_any_rows_are_questions_or_problems_and_what_is_written_back_is_official(rows: list[Row]) -> None:
    rows = [{"video": "a.mp4", "qid": f"Q{number}", **row} for number, row in enumerate(rows)]
    checked = check_rows(rows, TASKS)
    assert len(checked.problems) + len(checked.questions) >= len(rows)
    if checked.problems:
        return
    again = check_rows([question_row(question) for question in checked.questions], TASKS)
    assert (again.questions, again.problems, again.note) == (checked.questions, [], "")
