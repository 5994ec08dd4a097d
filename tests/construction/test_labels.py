"""Labels in all the forms that people keep them in, and what is said of those that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mabench_eval.construction.intake.actions import ma52_actions, read_actions
from mabench_eval.construction.intake.labels import LABEL_NAMES, read_labels
from mabench_eval.errors import InputError

ROWS = [("0030_01", "Shaking body"), ("0031_02", "Nodding")]
NAMES = "0\tNodding\n5\tShaking body\n"
FORMS = {
    "csv": "clip,label\n0030_01,Shaking body\n0031_02,Nodding\n",
    "csv with more columns": (
        "id,Video Name,Micro-Action,note\n1,0030_01.mp4,Shaking body,x\n2,0031_02.mp4,Nodding,\n"
    ),
    "semicolons": "File;Action\n0030_01.mp4;Shaking body\n0031_02.mp4;Nodding\n",
    "tabs, byte order mark, empty lines": "\ufefffile\tfine\n0030_01.mp4\tShaking body\n\n0031_02.mp4\tNodding\n\n",
    "JSON list": json.dumps(
        [{"clip": "0030_01", "label": "Shaking body"}, {"video": "0031_02.mp4", "fine": "Nodding"}]
    ),
    "JSON mapping": json.dumps({"0030_01.mp4": "Shaking body", "0031_02": "Nodding"}),
    "JSON mapping to objects": json.dumps({"0030_01": {"action": "Shaking body"}, "0031_02": {"label": "Nodding"}}),
    "JSON lines": '{"clip": "0030_01", "label": "Shaking body"}\n{"clip": "0031_02", "label": "Nodding"}\n',
    "MA-52 list": "0030_01.mp4 5\n0031_02.mp4 0\n",
    "numbers in a CSV": "clip,label\n0030_01,5\n0031_02,0\n",
    "numbers in JSON": json.dumps({"0030_01": 5, "0031_02": 0}),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_every_form_says_the_same(tmp_path: Path, text: str) -> None:
    (tmp_path / LABEL_NAMES).write_text(NAMES)
    (tmp_path / "labels").write_text(text, encoding="utf-8")
    rows, problems = read_labels(tmp_path / "labels")
    assert [(row.clip, row.label) for row in rows] == ROWS
    assert problems == []


def test_body_part_and_subject_come_along(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("clip,coarse,fine,person\na,Head,Nodding,7\nb,,Waving,\n")
    rows, _ = read_labels(file)
    assert [(row.body_part, row.subject) for row in rows] == [("Head", "7"), (None, None)]
    assert [row.where for row in rows] == [f"{file}:2", f"{file}:3"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("clip,label\na,\nb,Nodding\n", "labels:2: clip a has no label"),
        ("clip,label\n,Waving\nb,Nodding\n", "labels:2: no clip"),
        ("a.mp4 7\nb.mp4 0\n", f"labels:1: label 7 is not in {LABEL_NAMES}"),
        ('[3, {"clip": "b", "label": "Nodding"}]', "labels[0]: expected an object with a clip and a label, got 3"),
        ('[{"clip": "a"}, {"clip": "b", "label": "Nodding"}]', "labels[0]: clip a has no label"),
    ],
)
def test_a_row_that_cannot_be_used_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / LABEL_NAMES).write_text(NAMES)
    (tmp_path / "labels").write_text(text)
    rows, problems = read_labels(tmp_path / "labels")
    assert [each.problem.replace(f"{tmp_path}/", "") for each in problems] == [problem]
    assert [row.clip for row in rows] == ["b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no labels"),
        ("clip,label\n", "has no labels"),
        ("who,what\na,b\n", "labels:1: no column for the clip; its name would be one of clip, "),
        ("clip,what\na,b\n", "labels:1: no column for the label; its name would be one of label, "),
        ('{"a": "Nodding"', "not valid JSON"),
        ('{"clip": "a", "label": "Nodding"}\n{"clip"\n', "not valid JSON"),
        ("\xff\xfe", "labels:1: no column"),
    ],
)
def test_a_file_of_no_labels_is_one_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "labels").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / "labels")


def test_a_single_line_of_json_lines_is_one_row(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text('{"clip": "a", "label": "Nodding"}\n')
    assert [(row.clip, row.label) for row in read_labels(tmp_path / "labels")[0]] == [("a", "Nodding")]


def test_numbers_without_names_are_told(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.mp4 3\n")
    _, problems = read_labels(tmp_path / "list.txt")
    assert len(problems) == 1
    assert "label 3 is a number, and there is no" in problems[0].problem
    (tmp_path / "names").write_text("3\tNodding\n")
    assert [row.label for row in read_labels(tmp_path / "list.txt", tmp_path / "names")[0]] == ["Nodding"]
    (tmp_path / "names").write_text("three Nodding\n")
    with pytest.raises(InputError, match="names:1: expected a number, a tab and an action"):
        read_labels(tmp_path / "list.txt", tmp_path / "names")


@pytest.mark.parametrize("label", ["Nodding", "nodding", "B1", "b1", "Nodding - B1", " NODDING "])
def test_an_action_is_found_by_name_and_code(label: str) -> None:
    action = ma52_actions().find(label)
    assert (action.code, action.name, action.body_part) == ("B1", "Nodding", "Head")


def test_an_unknown_action_gets_a_suggestion() -> None:
    with pytest.raises(InputError, match="no action 'Noding' among the 52 of the taxonomy; did you mean 'Nodding'"):
        ma52_actions().find("Noding")


def test_a_taxonomy_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "actions.csv"
    file.write_text("code,action,body_part\nX1,Blinking,Face\nX2,Frowning,Face\n")
    actions = read_actions(file)
    assert actions.find("x2").name == "Frowning"
    assert actions.table() == file.read_text()
    assert read_actions(None).table().splitlines()[1] == "A1,Shaking body,Body"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no table of actions"),
        ("code,name\nA1,Shaking\n", "actions.csv:2: no action"),
        ("code,action,body_part\nA1,Shaking,\n", "actions.csv:2: no body_part"),
        ("code,action,body_part\nA1,Shaking,Body\nA1,Nodding,Head\n", "two actions are named 'A1'"),
        ("code,action,body_part\nA1,Shaking,Body\nA2,shaking,Head\n", "two actions are named 'shaking'"),
    ],
)
def test_a_table_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "actions.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        read_actions(file)
