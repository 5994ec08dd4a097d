"""What a row says of how its run was made: every choice of a run is classified, and none is passed over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines import open_engine
from mabench_eval.engines.local.settings import IDENTITY as LOCAL
from mabench_eval.engines.openai.settings import IDENTITY as OPENAI
from mabench_eval.leaderboard import csv_text, leaderboard_document, leaderboard_json
from mabench_eval.leaderboard.known import known
from mabench_eval.leaderboard.settings import MODEL_RULES, RULES, SAMPLING_RULES, said_of
from mabench_eval.pages import leaderboard_page
from mabench_eval.planning import RunConfig, prepare
from tests.support.leaderboard import COMMITTED, identity_of, render, run_folder, scores_of
from tests.support.pages import check_page

PROMPTS = "CMAR: {system_prompt: Look.}\nFMAR: {system_prompt: Look.}\n"


class Case(NamedTuple):
    """A choice other than the paper's."""

    choices: Mapping[str, Any]
    words: str
    """Among those of its row."""


FREE = {
    "model": "it is what is evaluated",
    "data": "runs on the same benchmark share a table",
    "clips": "a place; the clips themselves are in the answers' keys",
    "decoder": "plain clips decode to the same frames; of others it is in the answers' keys",
    "max_cost": "an answer that was not paid for is missing, and lowers coverage",
    "judge": "said as the judge of the row, and open columns compete under the paper's alone",
    "judge_settings": "part of the judge's identity",
    "flags": "in figures of their own",
    "shots_data": "said by the number of shots",
    "name": "what the row is called; the model stands beside it",
    "output": "a place",
    "include": "where the model's code is; the code itself is in the model's identity",
    "workers": "where the model runs",
    "ray": "where the model runs",
    "ship_clips": "where the model runs",
    "env": "where the model runs",
    "fresh": "what is asked again",
    "batch": "how the same requests are sent",
    "skip_missing_clips": "an entry is refused where clips were left out",
    "allow_trained": "clips that were trained on are said by their number, trained_clips of the identity",
}
"""Choice -> why it is no setting that a row must say."""
SAID: Mapping[str, Case] = {
    "tasks": Case({"tasks": "closed"}, "closed-ended tasks alone"),
    "prompts": Case({"prompts": "PROMPTS"}, "own prompts (CMAR, FMAR)"),
    "instructions": Case({"instructions": "system"}, "instructions in the system message"),
    "shots": Case({"shots": 2, "shots_data": "demo"}, "2-shot"),
    "shots_frames": Case({"shots": 1, "shots_data": "demo", "shots_frames": True}, "1-shot with frames"),
    "frames": Case({"frames": 16}, "16 frames"),
    "sampling": Case({"sampling": "endpoints"}, "endpoints sampling"),
    "input": Case({"input": "shuffled"}, "input: shuffled"),
    "engine": Case({"model": "gpt-4o", "engine": "vllm", "settings": {"repo": "a/b"}}, "engine vllm"),
    "settings": Case({"model": "gpt-4o", "settings": {"temperature": 0.7}}, "temperature 0.7"),
    "seed": Case({"seed": 5}, "seed 5"),
    "repeats": Case({"model": "random", "repeats": 3}, "mean of 3 answers to each question"),
    "circular": Case({"circular": True}, "options rotated too, in figures of their own"),
    "limit": Case({"limit": 1}, "first 1 clip"),
    "shard": Case({"shard": (2, 7)}, "part 2 of 7 of the clips"),
}
"""Choice -> how it differs, and what its row says then."""


@pytest.fixture(scope="module")
def looking() -> str:
    """A model that looks, takes examples, and is asked nothing here."""

    @register_model("looking", needs_frames=True)
    class Looking:
        shows_examples = True

    return "looking"


def test_every_choice_of_a_run_is_classified() -> None:
    """A new one goes into SAID with the words of its row, and its field of the identity gets a rule; or into FREE."""
    choices = {field.name for field in fields(RunConfig)}
    assert choices == FREE.keys() | SAID.keys() and not FREE.keys() & SAID.keys()


@pytest.mark.parametrize("name", [name for name in SAID if name not in ("tasks", "engine", "settings", "shots_frames")])
def test_a_choice_is_said(name: str, looking: str, tmp_path: Path) -> None:
    choices = dict(SAID[name].choices)
    if "prompts" in choices:
        (tmp_path / "prompts.yaml").write_text(PROMPTS)
        choices["prompts"] = tmp_path / "prompts.yaml"
    config = RunConfig(**{"model": looking, "output": tmp_path / "results", **choices})
    said = [each.text for each in said_of(prepare(config, asks=False).identity)]
    assert said == [SAID[name].words]
    plain = prepare(RunConfig(config.model, output=config.output), asks=False).identity
    assert said_of(plain) == []


def test_examples_with_frames_are_said() -> None:
    """The engines that show them are not here; the field is made of the two choices alone."""
    identity = identity_of(scores_of(), shots="f" * 64, examples=[1, True])
    assert [each.text for each in said_of(identity)] == [SAID["shots_frames"].words]
    assert [each.text for each in said_of(identity_of(scores_of(), shots="f" * 64))] == ["few-shot"]  # early runs


@pytest.mark.parametrize(
    ("changed", "words", "differs"),
    [
        ({"temperature": 0.7}, "temperature 0.7", True),
        ({"temperature": None}, "temperature not sent", True),
        ({"extra_body": {"reasoning_effort": "high", "top_p": 0.9}}, "reasoning_effort=high, top_p=0.9", True),
        ({"jpeg_quality": 80}, "JPEG quality 80", True),
        ({"max_side": 448}, "frames of at most 448 px", True),
        ({"send": "frames", "frame_times": True}, "clips sent as frames", True),  # its card sends images
        ({"frame_times": True}, "frames with their times as text", True),
        ({"model_id": "gpt-5"}, "model id gpt-5", False),
        ({"engine": "vllm"}, "engine vllm", False),
        ({"new_knob": {"a": 1}}, 'new_knob={"a": 1}', True),  # what no rule knows
        ({"temperature": [1]}, "temperature=[1]", True),  # what a rule cannot read
        ({"extra_body": "x"}, "extra_body=x", True),
    ],
)
def test_a_setting_of_an_endpoint_is_said(changed: dict[str, Any], words: str, differs: bool) -> None:
    model = dict(open_engine(load_catalogue().models["gpt-4o"], 0).identity)
    assert said_of(identity_of(scores_of(), model=model)) == []
    (said,) = said_of(identity_of(scores_of(), model={**model, **changed}))
    assert (said.text, said.differs) == (words, differs)


@pytest.mark.parametrize(
    ("changed", "words", "differs"),
    [
        ({"dtype": "float16"}, "float16", True),
        ({"answers": "logprob"}, "answers: logprob", True),
        ({"processor": {"fps": 2}}, "processor: fps=2", True),
        ({"input": "images"}, "frames as images", True),
        ({"vllm": {"quantization": "fp8"}}, "vllm: quantization=fp8", True),
        ({"lora": "sha256:" + "a" * 64}, "LoRA adapter sha256:" + "a" * 12, False),
        ({"repo": "my/own"}, "weights my/own", False),
    ],
)
def test_a_setting_of_a_checkpoint_is_said(changed: dict[str, Any], words: str, differs: bool) -> None:
    model = dict(open_engine(load_catalogue().models["qwen3-vl-8b"], 0).identity)
    assert said_of(identity_of(scores_of(), model=model)) == []
    (said,) = said_of(identity_of(scores_of(), model={**model, **changed}))
    assert (said.text, said.differs) == (words, differs)
    own = said_of(identity_of(scores_of(), model={**model, "name": "hf:my/own", **changed}))
    assert [each.text for each in own] == ([] if {"repo", "processor", "input", "vllm"} & changed.keys() else [words])


def test_a_video_sent_as_a_video_is_the_papers_protocol() -> None:
    """Of a server of one's own, as frames as a video are of a checkpoint; not whole clips, or a video without times."""

    def said(sampling: Any = None, **sending: Any) -> list[str]:
        given = {"sampling": sampling} if sampling else {}
        model = {"name": "mine", "engine": "openai", **sending}
        return [each.text for each in said_of(identity_of(scores_of(), model=model, **given))]

    assert said(send="frames", frame_times=True) == []
    assert said(send="frames", frame_times=False) == ["video without times"]
    assert said({"rule": "whole-clip"}, send="clip") == ["clips sent whole"]


def test_a_setting_of_a_built_in_python_model_is_said() -> None:
    cards = load_catalogue().models
    settings = {**cards["constant"].settings, "coarse": ["Head"]}
    model = {"name": "constant", "engine": "python", "version": 1, "adapter": "a" * 64}
    plain = identity_of(scores_of(), model={**model, "settings": cards["constant"].settings})
    assert said_of(plain) == []
    (said,) = said_of(identity_of(scores_of(), model={**model, "settings": settings}))
    assert said.text == 'settings: coarse=["Head"]' and said.differs
    probe = {**model, "name": "text-probe", "settings": {"train_data": "b" * 64}}  # what its card leaves to the user
    assert said_of(identity_of(scores_of(), model=probe)) == []


def test_turning_thoughts_off_is_the_papers_protocol() -> None:
    model = {"name": "mine", "engine": "openai", "extra_body": {"reasoning_effort": "none"}}
    assert said_of(identity_of(scores_of(), model=model)) == []
    gemini = dict(open_engine(load_catalogue().models["gemini-2.5-flash"], 0).identity)
    (said,) = said_of(identity_of(scores_of(), model={**gemini, "extra_body": {}}))  # it thinks by default
    assert said.text == "reasoning_effort=null"


def test_every_field_of_an_identity_has_a_rule(looking: str, tmp_path: Path) -> None:
    """A new one: give it a rule in mabench_eval/leaderboard/settings.py."""
    config = RunConfig("random", output=tmp_path, repeats=2, circular=True, shots=1, shots_data="demo")
    identities = [prepare(config, asks=False).identity]
    identities.append(prepare(RunConfig(looking, output=tmp_path, input="shuffled"), asks=False).identity)
    for identity in identities:
        assert identity.keys() <= RULES.keys()
        assert (identity["sampling"] or {}).keys() <= SAMPLING_RULES.keys()
    models = [identity["model"] for identity in identities]
    cards = load_catalogue().models
    models += [open_engine(card, 0).identity for name, card in cards.items() if "train_data" not in card.settings]
    assert {name for model in models for name in model} <= MODEL_RULES.keys()
    assert {*OPENAI, *LOCAL} <= MODEL_RULES.keys()


# -- in every printer --------------------------------------------------------------------------------------

SIX: Mapping[str, dict[str, Any]] = {
    "plain": {},
    "own prompts": {"tasks": "OWN"},
    "endpoints": {"sampling": {"rule": "endpoints", "frames": 8}},
    "two shots": {"shots": "f" * 64, "examples": [2, False]},
    "system": {"tasks": "SYSTEM"},
    "seed 5": {"seed": 5},
}
WORDS = {
    "own prompts": "own prompts (CMAR, FMAR)",
    "endpoints": "endpoints sampling",
    "two shots": "2-shot",
    "system": "instructions in the system message",
    "seed 5": "seed 5",
}


def six_runs(folder: Path) -> list[Path]:
    """Runs on the whole benchmark that look alike but for how they were made, the plain one worst."""
    runs = []
    for place, (name, changed) in enumerate(SIX.items()):
        scores = scores_of(60.0 + place, model=name)
        identity = dict(changed)
        tasks = identity_of(scores)["tasks"]
        if identity.get("tasks") == "OWN":
            tasks |= {task: {"version": tasks[task]["version"], "prompt": "e" * 64} for task in ("CMAR", "FMAR")}
            identity["tasks"] = tasks
        elif identity.get("tasks") == "SYSTEM":
            for task, of_task in tasks.items():
                of_task["prompt"] = known().prompts[task][str(of_task["version"])][1]
            identity["tasks"] = tasks
        if name == "endpoints":
            scores["frames"] = {"count": 8, "sampling": "endpoints"}
        runs.append(run_folder(folder / name.replace(" ", "-"), scores, **identity))
    return runs


def test_six_runs_do_not_look_alike(tmp_path: Path) -> None:
    board = leaderboard_document(COMMITTED, six_runs(tmp_path))
    assert [row.name for row in board.table2 if row.source == "run"] == ["plain"]
    assert {row.name: ", ".join(row.settings) for row in board.others} == WORDS
    for row in board.others:
        assert not any(cell.is_best or cell.rank for cell in row.cells.values())
    (plain,) = (row for row in board.table2 if row.name == "plain")
    assert plain.cells["closed_avg"].is_best and plain.settings == ()  # though each of the others has more


def test_all_that_differs_is_said_in_one_row(tmp_path: Path) -> None:
    tasks = identity_of(scores_of())["tasks"]
    tasks |= {task: {"version": 2, "prompt": "e" * 64} for task in ("CMAR", "FMAR")}
    scores = scores_of(frames={"count": 8, "sampling": "endpoints"})
    run = run_folder(tmp_path / "r", scores, shots="f" * 64, examples=[2, False], seed=5, tasks=tasks)
    (row,) = leaderboard_document(COMMITTED, [run]).others
    assert ", ".join(row.settings) == "2-shot, own prompts (CMAR, FMAR), endpoints sampling, seed 5"


def test_every_printer_says_it(tmp_path: Path) -> None:
    runs = six_runs(tmp_path)
    board = leaderboard_document(COMMITTED, runs)
    page = render(COMMITTED, runs)
    table2, others = page.split("### Other settings\n")[0], page.split("### Other settings\n")[1].split("\n## ")[0]
    root = check_page(leaderboard_page(board))
    lines = {line.children[0].text: line for line in root.get("section", id="others").all("tr")}
    rows = {run["name"]: run for run in json.loads(json.dumps(leaderboard_json(board)))["runs"]}
    csv = csv_text(board)
    assert "| plain " in table2 and "| plain " not in others and "**" not in others
    for name, words in WORDS.items():
        (line,) = [line for line in others.splitlines() if line.startswith(f"| {name} ") and "not verified" in line]
        assert f"| {words} " in line and f"| {name} " not in table2
        assert lines[name].children[1].text == words and "not verified" in lines[name].text
        assert not lines[name].all("strong")
        assert rows[name]["settings"] == [words] and rows[name]["verified"] == "not verified" and not rows[name]["best"]
        (line,) = [line for line in csv.splitlines() if line.startswith(f"{name},")]
        assert words.split(",")[0] in line and "not verified" in line
    assert rows["plain"]["settings"] == []


def test_other_settings_on_other_data_stand_apart_too(tmp_path: Path) -> None:
    runs = [evaluate("constant", output=tmp_path, seed=5).folder, evaluate("constant", output=tmp_path, limit=2).folder]
    board = leaderboard_document(COMMITTED, runs)
    (table,) = board.own
    assert [row.name for row in table.rows] == ["motion", "constant", "random"]
    assert {", ".join(row.settings) for row in table.others} == {"seed 5", "first 2 clips"}
    others = render(COMMITTED, runs).split("#### Other settings: demo")[1].split("\n## ")[0]
    assert "seed 5" in others and "first 2 clips" in others and "**" not in others
    page = check_page(leaderboard_page(board)).get("section", id="own")
    assert "seed 5" in page.text and [heading.text for heading in page.all("h4")] == ["Other settings"]


def test_an_entry_of_an_early_version_is_read_and_competes_for_nothing(tmp_path: Path) -> None:
    board = Path(shutil.copytree(COMMITTED, tmp_path / "board"))
    path = next((board / "entries").glob("motion-*.json"))
    entry = json.loads(path.read_text())
    early = {name: value for name, value in entry.items() if name not in ("identity", "seal")}
    path.write_text(json.dumps({**early, "frames": {"count": 16, "sampling": "uniform"}, "repeats": 1}))
    (table,) = leaderboard_document(board, ()).own
    (row,) = table.others
    assert row.name == "motion" and row.settings == ("settings not recorded", "16 frames")
