"""Review without our server: one HTML file and Label Studio, and the ways back; and the command that does all that."""

from __future__ import annotations

import base64
import html
import json
import re
import xml.etree.ElementTree as ElementTree
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.construction import BuildFolder
from mabench_eval.construction.decisions import final_questions, read_reviews
from mabench_eval.errors import InputError
from mabench_eval.reviewing import (
    CONFIGURATION,
    ReviewMaterial,
    ReviewSession,
    label_studio_tasks,
    one_file,
    one_file_page,
)
from tests.support.reviews import review_build


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    return review_build(tmp_path_factory.mktemp("source") / "mine", clips=2)


@pytest.fixture
def build(source: BuildFolder, tmp_path: Path) -> BuildFolder:
    """A copy that may be reviewed."""
    for file in ("build.yaml", "clips.jsonl", "questions.jsonl"):
        (tmp_path / file).write_bytes((source.path / file).read_bytes())
    return BuildFolder(tmp_path, source.settings)


@pytest.fixture
def material(build: BuildFolder) -> ReviewMaterial:
    return ReviewMaterial(build, load_catalogue().check().tasks)


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


# -- one file ----------------------------------------------------------------------------------------------


def test_all_is_in_the_file(material: ReviewMaterial, source: BuildFolder, tmp_path: Path) -> None:
    page = one_file_page(ReviewMaterial(source, {}), tmp_path / "page.html")
    data = data_of(page)
    clip = source.file_of(source.clips()[1]).read_bytes()
    assert data["clips"]["1"] == f"data:video/mp4;base64,{base64.b64encode(clip).decode()}"
    assert len(data["questions"]) == 8 and data["questions"][0]["shown"]["answer"]
    assert data["name"] is None and data["tracks"]["0"]["sources"][0]["name"] == "pose"
    assert "media-src data: file: 'self'" in html.unescape(page) and "connect-src" not in page
    assert "the answers of the questions among it" in page  # it is said


def test_clips_are_linked_from_where_the_page_is(
    material: ReviewMaterial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = data_of(one_file_page(material, tmp_path / "page.html", reviewer="anna", clips="link"))
    assert data["name"] == "anna"
    assert (tmp_path / data["clips"]["0"]).resolve() == material.clips[0].resolve()
    monkeypatch.setattr(one_file, "MOST_EMBEDDED", 10)
    with pytest.raises(InputError, match="a page holds"):
        one_file_page(material, tmp_path / "page.html")


def review_file(material: ReviewMaterial, **more: Any) -> dict[str, Any]:
    """What the page downloads after one accepted and one dropped question."""
    first, second = material.checked.questions[:2]
    blind = {"digest": first.digest, "qid": first.qid, "answer": "Yes", "seconds": 3.5, "at": 1000.5}
    accepted = {"digest": first.digest, "qid": first.qid, "round": 1, "blind": "Yes", "act": "accept", "at": 1001}
    dropped = {"digest": second.digest, "qid": second.qid, "round": 1, "act": "drop", "reason": "not visible"}
    whole = {"schema": 1, "form": "mabench-eval review", "reviewer": "anna", "build": "b"}
    return {**whole, "blinds": [blind], "decisions": [accepted, dropped], **more}


def test_the_way_back(
    build: BuildFolder, material: ReviewMaterial, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "review-anna.json"
    file.write_text(json.dumps(review_file(material)))
    assert main(["review", str(build.path), "--merge", str(file)]) == 0
    assert "anna: 1 blind answer and 2 decisions are new" in capsys.readouterr().out
    assert final_questions(build).dropped == {"not visible": 1}
    assert main(["review", str(build.path), "--merge", str(file), str(file), "--json"]) == 0
    assert [each["known"] for each in json.loads(capsys.readouterr().out.split("\n[", 1)[1].join(["[", ""]))] == [3, 3]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"reviewer": "../anna"}, "no name of a reviewer"),
        ({"reviewer": "x" * 300}, "reviewer"),
        ({"form": "other"}, "form"),
        ({"schema": 2}, "later version"),
        ({"decisions": [{"digest": "d"}]}, "keys do not fit"),
        ({"decisions": [{"digest": "d", "qid": "q", "round": 9, "act": "drop"}]}, "round"),
        ({"blinds": [{"digest": "d", "qid": "q", "answer": "x" * 20_001}]}, "answer"),
    ],
)
def test_files_of_others_are_checked(
    build: BuildFolder,
    material: ReviewMaterial,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    more: dict[str, Any],
    problem: str,
) -> None:
    file = tmp_path / "review.json"
    file.write_text(json.dumps(review_file(material, **more)))
    assert main(["review", str(build.path), "--merge", str(file)]) == 2
    assert problem in capsys.readouterr().err
    assert read_reviews(build.path).decisions == ()


def test_decisions_that_nobody_can_take_are_told(
    build: BuildFolder, material: ReviewMaterial, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    question = material.checked.questions[0]
    wrong = {"digest": question.digest, "qid": "\x1b[31mqid", "round": 1, "act": "drop"}
    file = tmp_path / "review.json"
    file.write_text(json.dumps(review_file(material, decisions=[wrong])))
    assert main(["review", str(build.path), "--merge", str(file)]) == 3
    told = capsys.readouterr().err
    assert f"question {question.qid}: to drop it takes a reason" in told and "\x1b" not in told


# -- Label Studio ------------------------------------------------------------------------------------------


def annotated(task: Any, by: Any, said: dict[str, str]) -> Any:
    """The task as Label Studio exports it (https://labelstud.io/guide/task_format)."""
    forms = {"words": "text", "note": "text"}
    results = [
        {
            "id": f"r{place}",
            "from_name": name,
            "to_name": "video",
            "type": "textarea" if name in forms else "choices",
            "value": {forms.get(name, "choices"): [value]},
            "origin": "manual",
        }
        for place, (name, value) in enumerate(said.items())
    ]
    annotation = {
        "id": 7,
        "completed_by": by,
        "result": results,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2021-03-09T22:16:08.728353Z",
        "updated_at": "2021-03-09T22:17:08.728378Z",
        "lead_time": 4.288,
    }
    return {"id": 1, **task, "annotations": [annotation], "predictions": []}


def test_tasks_and_configuration(material: ReviewMaterial) -> None:
    tasks = {each["data"]["qid"]: each["data"] for each in label_studio_tasks(material)}
    cmar, madu = tasks["CMAR_0000"], tasks["MADU_0000"]
    assert cmar["video"] == "/data/local-files/?d=demo_01.mp4" and cmar["fps"] == 30
    assert [each["value"] for each in cmar["answers"]] == ["A", "B", "C", "D", "cannot tell"]
    assert [each["value"] for each in madu["answers"]] == ["I have looked"]
    # Every control and variable of the configuration is there.
    root = ElementTree.fromstring(CONFIGURATION)
    assert {each.get("toName") for each in root.iter() if each.get("toName")} == {"video"}
    assert set(re.findall(r"\$(\w+)", CONFIGURATION)) <= set(cmar)
    hidden = next(each for each in root.iter("View") if each.get("whenTagName") == "blind")
    assert any("$answer" in str(each.get("value")) for each in hidden)  # only once a blind answer is chosen


def test_back_from_label_studio(
    build: BuildFolder, material: ReviewMaterial, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tasks = label_studio_tasks(material)
    closed = next(each for each in tasks if each["data"]["task"] == "SAD")
    other = closed["data"]["right"][0]["value"]
    madu = next(each for each in tasks if each["data"]["task"] == "MADU")
    text = "The left hand leads."
    export = [
        annotated(
            closed, 3, {"blind": other, "act": "correct", "right": other, "reason": "wrong answer", "note": "see"}
        ),
        annotated(
            madu,
            {"id": 3, "email": "a@b"},
            {"blind": "I have looked", "act": "correct", "words": text, "reason": "other"},
        ),
        annotated(tasks[-1], 4, {"blind": "I have looked", "act": "accept"}),
        {**tasks[0], "annotations": []},
    ]
    file = tmp_path / "export.json"
    file.write_text(json.dumps(export))
    assert main(["review", str(build.path), "--import", "label-studio", str(file), "--reviewer", "anna"]) == 2
    assert "ls-3, ls-4" in capsys.readouterr().err
    assert main(["review", str(build.path), "--import", "label-studio", str(file)]) == 0
    said = read_reviews(build.path)
    assert said.reviewers == ("ls-3", "ls-4")
    assert [(each.act, each.answer, each.blind) for each in said.decisions] == [
        ("correct", other, other),
        ("correct", text, None),
        ("accept", None, None),
    ]
    (blind,) = said.blinds  # an open question has none
    assert (blind.answer, blind.seconds, round(blind.at, 3)) == (other, 4.288, 1615328228.728)


@pytest.mark.parametrize(
    "content", ["{}", "[1]", '[{"data": {}, "annotations": [{"result": [{"from_name": 1}]}]}]', "no"]
)
def test_exports_of_other_forms(
    build: BuildFolder, capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str
) -> None:
    file = tmp_path / "export.json"
    file.write_text(content)
    assert main(["review", str(build.path), "--import", "label-studio", str(file)]) == 2
    assert "export.json" in capsys.readouterr().err


# -- the command -------------------------------------------------------------------------------------------


def test_files_are_written(build: BuildFolder, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["review", str(build.path), "--html", str(tmp_path / "page.html"), "--reviewer", "anna"]) == 0
    assert data_of((tmp_path / "page.html").read_text())["name"] == "anna"
    assert main(["review", str(build.path), "--export", "label-studio", str(tmp_path / "tasks.json")]) == 0
    assert (tmp_path / "tasks.xml").read_text() == CONFIGURATION
    assert len(json.loads((tmp_path / "tasks.json").read_text())) == 8
    assert "MB); answers and clips are in it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--html", "a.html", "--merge", "b.json"], "one at a time"),
        (["--export", "csv", "tasks.json"], "label-studio"),
        (["--reviewer", "../x", "--no-browser"], "no name of a reviewer"),
        (["--reviewer", "anna", "--round", "4", "--no-browser"], "--round 4"),
        (["--merge", "none.json"], "none.json cannot be read"),
        (["--reviewer", " , ", "--no-browser"], "--reviewer"),
    ],
)
def test_what_makes_no_sense(
    build: BuildFolder, capsys: pytest.CaptureFixture[str], options: list[str], problem: str
) -> None:
    assert main(["review", str(build.path), *options]) == 2
    assert problem in capsys.readouterr().err


def test_how_far_it_is(build: BuildFolder, material: ReviewMaterial, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", str(build.path)]) == 0
    assert "0 of 8 questions reviewed" in capsys.readouterr().out
    for name, answer in (("anna", "Yes"), ("ben", "No")):
        with closing(ReviewSession(material, name)) as session:
            from mabench_eval.reviewing.sessions import GivenBlind, GivenDecision

            qid = next(place for place, row in enumerate(session.state()["questions"]) if row[0] == "SAD_0000")
            session.answer(qid, GivenBlind(answer))
            reason = None if name == "anna" else "ambiguous"
            session.decide(qid, GivenDecision("accept" if name == "anna" else "drop", reason=reason))
    assert main(["review", str(build.path)]) == 0
    told = capsys.readouterr()
    assert "1 of 8 questions reviewed" in told.out and "1 disputed" in told.out
    assert "anna: 1 accept" in told.out and "--round 2" in told.err
    assert main(["review", str(build.path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["disputed"] == 1 and report["agreement"][0]["blind"]["exact"]["value"] == 0.0


def test_without_questions(tmp_path: Path, source: BuildFolder, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "build.yaml").write_bytes((source.path / "build.yaml").read_bytes())
    assert main(["review", str(tmp_path)]) == 2
    assert "no questions have been made" in capsys.readouterr().err
