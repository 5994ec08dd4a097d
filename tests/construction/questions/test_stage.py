"""The stage ``ask``: files, keys, the model that words the statements, and the command."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.benchmark.questions import check_rows
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.construction import (
    AskReport,
    BuildFolder,
    BuiltQuestion,
    ask_questions,
    choose_model,
    forecast_asking,
    open_build,
    read_question,
    statement_of,
    truth,
)
from mabench_eval.construction.captions.rows import SCHEMA, Caption, Sentence, Structure
from mabench_eval.construction.folder import CAPTIONS, QUESTIONS, write_rows
from mabench_eval.construction.questions.rewording import Wording
from mabench_eval.construction.questions.stage import WORDINGS
from mabench_eval.construction.questions.wording import fill, stems, template_text, templates
from mabench_eval.errors import InputError
from mabench_eval.journal import Silent, read_journal
from mabench_eval.runfiles import read_lines
from tests.support.construction import demo_build

NOTHING = Sentence("")
CLOSED = {"SAD": 1, "MAD": 1, "MAS": 1, "PPR": 1}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    """The demo, described and captioned by hand; not to be changed."""
    build = demo_build(tmp_path_factory.mktemp("made") / "mine")
    structure = Structure(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)
    captions = [
        Caption(
            SCHEMA,
            row.clip,
            row.coarse,
            row.fine,
            {},
            structure,
            (Sentence(f"Motion of {row.clip}."),),
            (Sentence(f"{row.clip} is"), Sentence(f"{row.fine}.")),
            "template",
        )
        for row in build.clips()
    ]
    write_rows(build.path / CAPTIONS, captions)
    return build


@pytest.fixture
def build(made: BuildFolder, tmp_path: Path) -> BuildFolder:
    return open_build(Path(shutil.copytree(made.path, tmp_path / "mine")))


def asking(build: BuildFolder, questions: Mapping[str, int] | None = None, **changes: Any) -> BuildFolder:
    settings = replace(build.settings, **changes)
    return BuildFolder(build.path, replace(settings, questions=questions) if questions else settings)


def ask(build: BuildFolder, max_cost: float | None = None) -> AskReport:
    return ask_questions(build, load_catalogue(), max_cost, Silent())


def questions(build: BuildFolder) -> list[BuiltQuestion]:
    return read_lines(BuiltQuestion, build.path / QUESTIONS)


def test_all_eight_tasks_in_the_form_of_the_benchmark(build: BuildFolder) -> None:
    report = ask(build)
    asked = questions(build)
    assert {task: each.wanted for task, each in report.tasks.items()} == {
        **dict.fromkeys(("CMAR", "FMAR", "MADU", "MARE"), 28),
        **dict.fromkeys(("SAD", "MAD", "MAS", "PPR"), 56),
    }
    assert Counter(each.task for each in asked) == {task: each.asked for task, each in report.tasks.items()}
    for task in ("CMAR", "FMAR", "MADU", "MARE"):
        assert report.tasks[task].asked == 28
        assert {each.text.splitlines()[0] for each in asked if each.task == task} == set(stems(task))
    rows = [
        {"video": f"{each.clip}.mp4", "task": each.task, "qid": each.qid, "question": each.text, "answer": each.answer}
        for each in asked
    ]
    checked = check_rows(rows, load_catalogue().tasks)
    assert (checked.problems, checked.note) == ([], "")


def test_answers_are_right_and_evidence_says_why(build: BuildFolder) -> None:
    ask(build)
    descriptors = {each.clip: each for each in build.descriptors()}
    clips = {row.clip: row for row in build.clips()}
    for each in questions(build):
        if each.statement:
            statement = statement_of(each.statement)
            assert truth(statement, descriptors[each.clip]) is (each.answer == "Yes")
            assert each.text == template_text(statement)
            assert read_question(each.text) == statement
            assert set(each.evidence) == {"pose", "flow"}
            assert set(each.evidence["pose"]) == set(statement.parts)
        elif each.task in ("CMAR", "FMAR"):
            options = dict(line.split(". ", 1) for line in each.text.splitlines()[1:])
            row = clips[each.clip]
            assert options[each.answer] == (row.coarse if each.task == "CMAR" else row.fine) == each.evidence["label"]
        elif each.task == "MADU":
            assert each.answer == f"Motion of {each.clip}."
        else:
            assert each.answer == f"{each.clip} is {clips[each.clip].fine}."


def test_numbers_and_order_say_nothing(build: BuildFolder) -> None:
    ask(asking(build, {"SAD": 2, "CMAR": 1}))
    asked = questions(build)
    numbers = [int(each.qid.removeprefix("SAD_")) for each in asked if each.task == "SAD"]
    assert sorted(numbers) == list(range(len(numbers)))
    assert numbers != sorted(numbers)
    odd = Counter((int(each.qid[-4:]) % 2, each.answer) for each in asked if each.task == "SAD")
    assert min(odd[number, answer] for number in (0, 1) for answer in ("Yes", "No")) > 0
    assert [each.clip for each in asked] != sorted(each.clip for each in asked)


def test_unchanged_inputs_change_nothing_and_changed_ones_the_file(build: BuildFolder) -> None:
    first = ask(asking(build, CLOSED))
    before, records = (build.path / QUESTIONS).read_bytes(), len(read_journal(build.path).units)
    assert ask(asking(build, CLOSED)) == first
    assert len(read_journal(build.path).units) == records == 1

    (build.path / QUESTIONS).unlink()
    assert not forecast_asking(asking(build, CLOSED), load_catalogue()).complete
    ask(asking(build, CLOSED))
    assert (build.path / QUESTIONS).read_bytes() == before

    ask(asking(build, CLOSED, seed=5))
    assert (build.path / QUESTIONS).read_bytes() != before
    with (build.path / "descriptors.jsonl").open("a") as file:
        file.write("\n")
    assert not forecast_asking(asking(build, CLOSED, seed=5), load_catalogue()).complete


def test_a_forecast_says_what_there_will_be_and_writes_nothing(build: BuildFolder) -> None:
    before = sorted(build.path.rglob("*"))
    forecast = forecast_asking(build, load_catalogue())
    assert sorted(build.path.rglob("*")) == before
    report = ask(build)
    assert {task: each.asked for task, each in forecast.tasks.items()} == {
        task: each.asked for task, each in report.tasks.items()
    }
    assert forecast.statements == report.statements
    assert (forecast.complete, report.complete) == (False, True)
    assert forecast_asking(build, load_catalogue()) == report


@pytest.mark.parametrize(
    ("lost", "asked", "message", "hint"),
    [
        (CAPTIONS, {"MADU": 1}, "captions.jsonl is missing", "caption, or ask no MADU and MARE"),
        ("descriptors.jsonl", CLOSED, "descriptors.jsonl is missing", "track"),
        ("clips.jsonl", CLOSED, "clips.jsonl is missing", "init"),
        (None, {"SAD": 2, "XYZ": 1}, "XYZ: 1: no such task", "--questions SAD=2"),
    ],
)
def test_what_is_missing_is_told_with_the_command(
    build: BuildFolder, lost: str | None, asked: dict[str, int], message: str, hint: str
) -> None:
    if lost:
        (build.path / lost).unlink()
    with pytest.raises(InputError, match=message) as error:
        ask(asking(build, asked))
    assert hint in error.value.hint
    assert not (build.path / QUESTIONS).exists()


def test_captions_are_needed_for_texts_alone_and_of_every_clip(build: BuildFolder) -> None:
    captions = read_lines(Caption, build.path / CAPTIONS)
    write_rows(build.path / CAPTIONS, captions[1:])
    with pytest.raises(InputError, match=r"1 clips have no caption, e\.g\. demo_01"):
        ask(build)
    (build.path / CAPTIONS).unlink()
    assert ask(asking(build, CLOSED)).complete


def test_the_command(build: BuildFolder, capsys: pytest.CaptureFixture[str]) -> None:
    where = str(build.path)
    assert main(["build", where, "ask", "--tasks", "SAD,FMAR", "--questions", "SAD=1", "--dry-run"]) == 0
    assert not (build.path / QUESTIONS).exists()
    assert main(["build", where, "ask", "--tasks", "SAD,FMAR", "--questions", "SAD=1", "--seed", "3", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out.split("\n{", 1)[-1].join(["{", ""]))
    assert set(shown["tasks"]) == {"SAD", "FMAR"}
    settings = open_build(build.path).settings
    assert (settings.questions["SAD"], settings.questions["FMAR"], settings.questions["MAD"]) == (1, 1, 0)
    assert settings.seed == 3
    assert main(["build", where, "ask", "--questions", "SAD=x"]) == 2
    assert "expected TASK=N" in capsys.readouterr().err


class Reworder:
    """A script: other words of the same statement; some first replies, and some of both, are of no use."""

    def __init__(self, useless: float = 0.0, stubborn: float = 0.0) -> None:
        self.useless, self.stubborn = useless, stubborn
        self.asked: dict[str, int] = defaultdict(int)

    def __call__(self, body: dict[str, Any], before: int) -> Any:
        from tests.support.scripted_server import Reply

        words = [message["content"] for message in body["messages"] if message["role"] == "user"]
        text = words[0] if isinstance(words[0], str) else words[0][-1]["text"]
        self.asked[text] += 1
        statement = read_question(text)
        assert statement is not None, text
        lot = sum(map(ord, text)) % 100 / 100
        if lot < self.stubborn:
            return Reply("Yes, the head is nodding.")
        if lot < self.useless and len(words) == 1:
            return Reply(text.replace("?", " while nodding?"))
        other = next(form for form in templates()[statement.family] if fill(form, statement) != text)
        return Reply(f'"{fill(other, statement).lower()}"', prompt_tokens=100)


@pytest.fixture
def served() -> Any:
    pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")
    from tests.support.scripted_server import ScriptedServer

    return ScriptedServer


def reworded(build: BuildFolder, server: Any) -> BuildFolder:
    given = {"base_url": server.base_url, "model_id": "m", "max_retries": 0}
    return asking(build, CLOSED, models=choose_model(build.settings, "reworder", "openai", given).models)


def test_a_model_words_each_statement_once_without_the_answer(build: BuildFolder, served: Any) -> None:
    plain = asking(build, CLOSED)
    ask(plain)
    by_template = {each.qid: each for each in questions(build)}
    script = Reworder(useless=0.3, stubborn=0.1)
    with served(script) as server:
        forecast = forecast_asking(reworded(build, server), load_catalogue())
        report = ask(reworded(build, server))
        calls = sum(script.asked.values())
        assert ask(reworded(build, server)) == report
        assert sum(script.asked.values()) == calls  # nothing is asked again
    used = {each.statement for each in questions(build)}
    assert forecast.reworder is not None
    assert report.reworder is not None
    assert forecast.reworder.left == len(used) == len(script.asked)
    assert set(script.asked.values()) == {1, 2}
    assert report.reworder.left == 0
    wordings = {each.statement: each for each in read_lines(Wording, build.path / WORDINGS)}
    assert set(wordings) == used
    fell = [each for each in wordings.values() if each.fell_back]
    assert report.reworder.fell_back == len(fell) > 0
    assert all("may name an action: 'nodding'" in str(each.fell_back) for each in fell)

    for each in questions(build):
        before = by_template[each.qid]
        assert (each.statement, each.clip, each.answer) == (before.statement, before.clip, before.answer)
        assert each.text == wordings[str(each.statement)].text
        assert read_question(each.text) == statement_of(str(each.statement))
        assert (each.text == before.text) is (each.wording == "template")
        if each.task == "PPR":
            assert statement_of(str(each.statement)).parts[0].title() in each.text


def test_replies_that_fail_are_asked_for_by_the_next_run(build: BuildFolder, served: Any) -> None:
    from tests.support.scripted_server import Fault

    script, broken = Reworder(), [True]

    def sometimes(body: dict[str, Any], before: int) -> Any:
        text = str(body["messages"][-1]["content"])
        return Fault("server_error") if broken[0] and "head" in text else script(body, before)

    with served(sometimes) as server:
        first = ask(reworded(build, server))
        assert first.reworder is not None
        assert first.reworder.left > 0
        assert not first.complete
        broken[0] = False
        again = ask(reworded(build, server))
        assert again.complete
        assert set(script.asked.values()) == {1}
    assert {each.wording for each in questions(build)} != {"template"}
