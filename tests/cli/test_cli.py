"""The command line as a user meets it: exit codes, one-screen errors, JSON on stdout alone, no heavy import."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.cli import main, verbs
from mabench_eval.cli.shared_options import Option
from mabench_eval.cli.verbs import VERBS
from mabench_eval.cli.verbs.build.whole import STEPS
from mabench_eval.packages import install_command
from tests.support.benchmarks import rows_of_clip, write_benchmark, write_clip, write_rows
from tests.test_floor_plan import FLOORS

TEN_LINES = """\
from mabench_eval import register_model

@register_model("brightest")
def brightest(frames, prompt):
    '''Answers from the brightest frame.'''
    place = int(frames.mean(axis=(1, 2, 3)).argmax())
    if "Yes or No" in prompt:
        return "Yes" if place > 3 else "No"
    return "ABCDE"[place % 5]
"""


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_benchmark(tmp_path / "data", clips=2)


def run(capsys: pytest.CaptureFixture[str], data: Path, *more: object) -> dict[str, Any]:
    """The JSON document of a run of `random`."""
    words = ["--model", "random", "--data", data, "--output", data.parent / "results", "--judge", "none", "--json"]
    code, out, _ = call(capsys, *words, *more)
    assert code == 0
    document: dict[str, Any] = json.loads(out)
    return document


def test_a_bare_command_and_help_teach(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--help"], ["run", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "exit codes:" in out
    assert "mabench-eval --model motion --data demo --tasks all" in out
    assert "--sampling RULE" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lst"], "did you mean 'list'?"),
        (["--model", "random", "--tsks", "all"], "did you mean '--tasks'?"),
        (["--model", "randm"], "no model named 'randm'; did you mean 'random'?"),
        (["--model", "random", "--tasks", "cmra"], "did you mean 'cmar'?"),
        (["--model", "random", "--data", "nowhere.json"], "no such file or folder"),
        (["--model", "random", "--limit", "0"], "--limit must be at least 1"),
        (["--model", "random", "--shard", "4/3"], "--shard 4/3: expected i/n"),
        (["--model", "random", "--judge", "lexicl"], "did you mean 'lexical'?"),
        (["run"], "required: --model"),
        (["show", "cmarr"], "did you mean 'CMAR'?"),
        (["leaderboard", "--check", "x"], "--check looks at the committed table"),
    ],
)
def test_bad_input_is_one_clear_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err
    assert len(err.splitlines()) <= 24


def test_only_an_option_that_the_command_has_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    """``list`` has no ``--tasks``: to suggest that one leads from one error to the next."""
    code, _, err = call(capsys, "list", "models", "--tasks", "cmar")
    assert (code, err) == (
        2,
        "error: unrecognized arguments: --tasks cmar\nSee: mabench-eval list --help\n",
    )
    assert "did you mean '--json'?" in call(capsys, "list", "models", "--jsn")[2]


def test_a_long_list_of_problems_fits_one_screen(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [{**row, "task": "NONE"} for row in rows_of_clip("a")] * 10
    code, _, err = call(capsys, "--model", "random", "--data", write_rows(tmp_path / "bad.json", rows))
    assert code == 2
    assert "120 problem(s)" in err
    assert "... and 100 more" in err


def test_json_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    document = run(capsys, data)
    assert document["tasks"]["CMAR"]["n"] == 2
    assert Path(document["folder"]).is_dir()


def test_the_table_has_the_papers_fourteen_columns(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, err = call(capsys, "--model", "random", "--data", data, "--output", data.parent / "results")
    assert code == 0
    header = next(line for line in out.splitlines() if "CMAR" in line)
    levels = ["L1", "MADU", "L2", "MADU", "L3", "MARE", "L1", "MARE", "L2", "MARE", "L3", "AVG"]
    assert header.split() == ["Method", "CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR", "AVG", "MADU", *levels]
    row = next(line for line in out.splitlines() if line.strip().startswith("random"))
    assert "-" not in row.split()
    assert "is not the paper's judge" in out
    assert "answering: 24/24" in err


def test_an_incomplete_run_says_so_and_has_its_own_status(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=2)
    file = tmp_path / "half.py"
    file.write_text(
        "from mabench_eval import register_model\n@register_model('half', needs_frames=False)\n"
        "def half(frames, prompt):\n    assert 'clip1' not in prompt\n    return 'B'\n"
    )
    words = [
        "--model",
        "half",
        "--include",
        file,
        "--data",
        data,
        "--tasks",
        "closed",
        "--output",
        tmp_path / "results",
    ]
    code, out, err = call(capsys, *words)
    assert code == 3
    # the four binary tasks name the clip in each of their two questions: 8 of 20 have no answer
    assert "INCOMPLETE: 8 of 20 questions have no answer (coverage 60.0 %)" in out
    assert "error: AssertionError" in err
    assert f"Ask again what is missing: python -m mabench_eval --model half --tasks closed --data {data}" in err


def test_a_ten_line_model_by_include(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    file = tmp_path / "brightest.py"
    file.write_text(TEN_LINES)
    assert len(TEN_LINES.splitlines()) <= 10
    words = ["--model", "brightest", "--include", file, "--data", data, "--output", tmp_path / "results"]
    code, out, _ = call(capsys, *words)
    assert code == 0
    assert "brightest" in out


def test_dry_run_asks_and_writes_nothing(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    words = ["--model", "random", "--data", data, "--output", data.parent / "results", "--judge", "none", "--dry-run"]
    code, out, _ = call(capsys, *words)
    assert code == 0
    assert "24 requests, 0 already answered, 24 to ask" in out
    assert not (data.parent / "results").exists()
    run(capsys, data, "--limit", 1)
    _, out, _ = call(capsys, *words, "--json")
    forecast = json.loads(out)
    assert (forecast["requests"], forecast["answered"]) == (24, 12)


@pytest.mark.parametrize("what", ["models", "tasks", "judges"])
def test_list(capsys: pytest.CaptureFixture[str], what: str) -> None:
    names = {"models": ["constant", "motion", "random"], "tasks": ["CMAR", "MARE"], "judges": ["lexical"]}[what]
    code, out, _ = call(capsys, "list", what)
    assert code == 0
    assert all(name in out for name in names)
    _, out, _ = call(capsys, "list", what, "--json")
    assert set(names) <= {row["name"] for row in json.loads(out)}


def test_list_outlives_a_broken_plugin(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("import no_such_package\n")
    code, out, err = call(capsys, "list", "models", "--include", file)
    assert (code, "random" in out) == (0, True)
    assert f"warning: {file}:1: ModuleNotFoundError" in err


def test_show_prints_the_real_prompt_of_a_real_question(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, _ = call(capsys, "show", "cmar", "--data", data)
    assert code == 0
    assert "tier: perceptual recognition" in out
    assert "Reply with its letter alone" in out
    assert out.index("<the frames of the clip>") < out.index("Which body part?\nA. Body\nB. Head")
    qid = json.loads(data.read_text())[5]["qid"]
    _, out, _ = call(capsys, "show", "random", "--data", data, "--question", qid, "--json")
    assert json.loads(out)["prompt"]["qid"] == qid


def test_show_tells_how_far_a_model_is_proven_and_what_its_code_loads(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    _, out, _ = call(capsys, "show", "videollama2.1-7b", "--data", data)
    assert (
        "\nproven: stand-in; the package videollama2 ran as videollama2-7b; its parts for Qwen2 and SigLIP were" in out
    )
    assert "\n  also_loads: {'repo': 'google/siglip-so400m-patch14-384', 'revision': '9fdffc58" in out
    _, out, _ = call(capsys, "show", "gpt-4o", "--data", data)
    assert "\n  state_note: shut down on 2027-01-14 at the earliest;" in out
    assert "\n  state_source: developers.openai.com/api/docs/deprecations, as others quoted it" in out


def test_show_names_the_package_that_what_a_model_sees_needs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.delitem(sys.modules, "mabench_eval.engines.transformers.preview", raising=False)
    code, _, err = call(capsys, "show", "qwen3-vl-8b", "--question", "CMAR_0002")
    assert (code, "needs transformers" in err, install_command("hf") in err) == (2, True, True)


def test_submit_validate_and_score_an_official_file(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    document = run(capsys, data)
    file = tmp_path / "submission.json"
    assert call(capsys, "submit", document["folder"], "-o", file)[0] == 0
    code, _, err = call(capsys, "submit", document["folder"], "-o", tmp_path / "nowhere" / "submission.json")
    assert (code, err.startswith(f"error: cannot write {tmp_path / 'nowhere' / 'submission.json'}: ")) == (2, True)
    code, out, _ = call(capsys, "validate", file, "--data", data)
    assert (code, "valid, 24 answers to 24 questions" in out) == (0, True)
    code, out, _ = call(capsys, "score", file, "--data", data, "--judge", "none", "--json")
    scores = json.loads(out)
    assert code == 0
    same = ("closed_avg", "n", "coverage", "hierarchy_consistency", "all_correct_per_clip", "benchmark")
    assert {key: scores[key] for key in same} == {key: document[key] for key in same}


def test_scores_of_an_incomplete_file(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    document = run(capsys, data)
    file = tmp_path / "part.json"
    submission = json.loads((Path(document["folder"]) / "submission.json").read_text())
    submission["answers"] = submission["answers"][6:]
    submission["answers"][0]["pred_answer"] = ""  # what the official runner stores for a failed call
    file.write_text(json.dumps(submission))
    code, out, _ = call(capsys, "score", file, "--data", data, "--judge", "none", "--json")
    scores = json.loads(out)
    assert (code, scores["n"], scores["total"]) == (3, 24 - 6 - 1, 24)


def test_every_problem_of_a_prediction_file(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    document = run(capsys, data)
    submission = json.loads((Path(document["folder"]) / "submission.json").read_text())
    by_task = {row["qid"].split("_")[0]: row for row in reversed(submission["answers"])}
    by_task["CMAR"]["pred_answer"] = "H"
    by_task["SAD"]["pred_answer"] = "yes"
    by_task["MADU"]["pred_answer"] = " "
    by_task["MARE"]["pred_answer"] = "<think>hm</think>The head."
    gone = submission["answers"].pop()
    submission["answers"] += [submission["answers"][0], {"qid": "SAD_none", "pred_answer": "Yes"}]
    submission["prompts"] = [row for row in submission["prompts"] if row["task"] != "PPR"]
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(submission))
    code, out, _ = call(capsys, "validate", file, "--data", data, "--json")
    problems = "\n".join(json.loads(out)["problems"])
    assert code == 2
    for message in (
        "'H' is none of A, B, C, D, E, F, G",
        "'yes' is none of Yes, No",
        "empty pred_answer",
        "holds a <think> block",
        f"{gone['qid']}: no answer",
        "answered 2 times",
        "SAD_none: no such question",
        "no system prompt for task PPR",
    ):
        assert message in problems, message
    code, _, err = call(capsys, "validate", file, "--data", data)
    assert (code, "would not be accepted" in err) == (2, True)


@pytest.mark.parametrize("text", ["", "[]", '{"prompts": [], "answers": [{"qid": 1}]}', '{"answers": []}'])
def test_no_prediction_file(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    code, _, err = call(capsys, "validate", file, "--data", data)
    assert (code, err.startswith("error: ")) == (2, True)


def test_submit_refuses_gaps_unless_they_are_filled_on_purpose(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = write_benchmark(tmp_path / "data", clips=1)
    file = tmp_path / "mute.py"
    file.write_text(
        "from mabench_eval import register_model\n@register_model('mute', needs_frames=False)\n"
        "def mute(frames, prompt):\n    return 'Cannot determine.' if 'Yes or No' in prompt else 'B'\n"
    )
    words = ["--model", "mute", "--include", file, "--data", data, "--output", tmp_path / "results", "--json"]
    _, out, _ = call(capsys, *words, "--judge", "none")
    folder, target = json.loads(out)["folder"], tmp_path / "out.json"
    code, _, err = call(capsys, "submit", folder, "-o", target)
    assert (code, target.exists()) == (2, False)
    assert "8 problem(s); nothing was written" in err
    assert "--fill" in err
    code, _, err = call(capsys, "submit", folder, "-o", target, "--fill")
    assert (code, "4 answers of the model, 8 filled in" in err) == (0, True)
    assert call(capsys, "validate", target, "--data", data)[0] == 0


def test_submit_says_how_a_run_becomes_whole(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    """Its own command again would ask no more of a run that was to ask a part."""
    target = tmp_path / "out.json"
    part = run(capsys, data, "--limit", 1)["folder"]
    _, _, err = call(capsys, "submit", part, "-o", target)
    assert "The run asked 12 of 24 questions. A run of all takes over what it has: python -m mabench_eval" in err
    (whole,) = re.findall(r"python -m mabench_eval (.*)", err)
    assert "--limit" not in whole

    # the command does what it says: 12 are taken over, and the file is then accepted
    code, out, _ = call(capsys, *shlex.split(whole), "--json")
    assert code == 0
    assert call(capsys, "submit", json.loads(out)["folder"], "-o", target)[0] == 0

    shard = run(capsys, data, "--shard", "1/2")["folder"]
    _, _, err = call(capsys, "submit", shard, "-o", target)
    assert "It is one shard, which asked 12 of 24 questions: join them all first: mabench-eval merge" in err
    assert "python -m mabench_eval" not in err


def test_submit_sends_nobody_back_to_replies_without_an_answer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Of 12 questions 2 are not asked, 1 fails, which is asked again, and 9 have replies, which are not."""
    data = write_benchmark(tmp_path / "data", clips=1)
    file = tmp_path / "mixed.py"
    file.write_text(
        "from mabench_eval import register_model\n@register_model('mixed', needs_frames=False)\n"
        "def mixed(frames, prompt):\n    assert 'Which body part' not in prompt\n    return 'Cannot determine.'\n"
    )
    words = ["--model", "mixed", "--include", file, "--data", data, "--output", tmp_path / "results", "--json"]
    _, out, _ = call(capsys, *words, "--judge", "none", "--tasks", "closed")
    _, _, err = call(capsys, "submit", json.loads(out)["folder"], "-o", tmp_path / "out.json")
    assert "The run asked 10 of 12 questions." in err
    assert "1 failed, and are asked again by: python -m mabench_eval --model mixed --tasks closed" in err
    assert "9 replies hold no answer, and are not asked again." in err
    assert "--fill" in err


def test_leaderboard_writes_adds_and_checks(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    document = run(capsys, data)
    board = tmp_path / "board"
    assert call(capsys, "leaderboard", document["folder"], "--add", "--dir", board)[0] == 0
    page = (board / "README.md").read_text()
    assert "| GPT-4o " in page
    assert "| random " in page
    assert call(capsys, "leaderboard", "--check", "--dir", board)[0] == 0
    (board / "README.md").write_text(page + "edited")
    code, _, err = call(capsys, "leaderboard", "--check", "--dir", board)
    assert (code, "is not what its entries give" in err) == (2, True)


def test_a_read_pipe_that_closes_is_no_crash(tmp_path: Path) -> None:
    command = f"{sys.executable} -m mabench_eval list models --json | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


HEAVY = {"torch", "transformers", "vllm", "openai", "decord", "av", "datasets", "numpy", "rich", "yaml"}


def imported_by(words: list[str]) -> set[str]:
    """Names of the modules that a fresh interpreter holds after a command; after ``import mabench_eval`` for none."""
    code = "import sys, mabench_eval\n"
    if words:
        code += f"from mabench_eval.cli import main\ntry:\n    main({words})\nexcept SystemExit:\n    pass\n"
    code += "print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "mabench_eval" in loaded
    return loaded


def rooms_of(modules: set[str]) -> set[str]:
    """The package's own rooms among them."""
    return {name.split(".")[1] for name in modules if name.startswith("mabench_eval.")}


@pytest.mark.parametrize("words", [[], ["--version"], ["--help"], *([verb, "--help"] for verb in VERBS)], ids=" ".join)
def test_help_imports_neither_packages_nor_the_rooms_that_a_command_works_in(words: list[str]) -> None:
    loaded = imported_by(words)
    assert not HEAVY & loaded
    assert rooms_of(loaded) <= {"cli", *FLOORS[0], *FLOORS[1]}


TO_LIST = {"yaml", "_yaml", "rich", "mabench_eval"}
"""What a list of cards needs from outside of Python's own library: YAML, and of rich how wide a character is."""


@pytest.mark.parametrize("what", ["models", "tasks", "judges", "trackers"])
def test_a_list_of_cards_imports_the_catalogue_alone(what: str) -> None:
    own_interpreter = imported_by([])  # a development environment may put packages of its own there
    loaded = imported_by(["list", what]) - own_interpreter
    packages = {name.partition(".")[0] for name in loaded if "cython" not in name}  # what PyYAML is compiled by
    assert packages - set(sys.stdlib_module_names) <= TO_LIST
    assert rooms_of(loaded) <= {"cli", "catalogue", "parsing", *FLOORS[0], *FLOORS[1]}


@pytest.mark.parametrize(
    "words", [(), *((verb,) for verb in VERBS), *(("build", "mine", step) for step in STEPS)], ids=" ".join
)
def test_help_fits_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_every_command_has_a_file_and_every_file_a_line_of_help() -> None:
    folder = Path(verbs.__file__).parent
    folders = {face.parent.name for face in folder.glob("*/__init__.py")}
    assert {verb.replace("-", "_") for verb in VERBS} == {file.stem for file in folder.glob("[a-z]*.py")} | folders


def test_matplotlib_is_imported_when_a_picture_is_made() -> None:
    code = "import sys, mabench_eval.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("usage", "words", "value"),
    [
        ("-o --output FILE", ["-o", "page"], "page"),
        ("--output FILE", [], None),
        ("--add", ["--add"], True),  # nothing in capitals: a switch
        ("--add", [], False),
        ("run RUN", ["folder"], "folder"),
    ],
)
def test_an_option_is_spelled_as_help_shows_it(usage: str, words: list[str], value: object) -> None:
    parser = argparse.ArgumentParser()
    Option(usage, "what it is").add_to(parser)
    assert list(vars(parser.parse_args(words)).values()) == [value]
    assert all(word in parser.format_help() for word in usage.split()[-1:])


def test_python_m_runs_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mabench_eval", "--version"], capture_output=True, text=True, check=True
    )
    from mabench_eval import __version__

    assert done.stdout == f"mabench_eval {__version__}\n"


def test_a_clip_name_never_leaves_the_clip_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_clip(tmp_path / "secret.mp4")
    rows = [{**row, "video": "../secret.mp4"} for row in rows_of_clip("a")]
    (tmp_path / "data" / "videos").mkdir(parents=True)
    data = write_rows(tmp_path / "data" / "questions.json", rows)
    code, _, err = call(capsys, "--model", "motion", "--data", data, "--output", tmp_path / "results")
    assert (code, "is no path inside the clip folder" in err) == (2, True)


def test_several_numbers_of_frames_are_a_table_like_the_papers(
    data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["--model", "constant", "--data", data, "--output", tmp_path / "results", "--frames", "4,8"]
    code, out, err = call(capsys, *words)
    rows = [line.split() for line in out.splitlines() if line.strip()]
    assert code == 0
    # the table, whose last row is 4 - 8; then the gain in each of three averages
    assert [row[0] for row in rows if row[0] in ("4", "8")] == ["4", "8", "4", "4", "4", "4"]
    difference = next(row for row in rows if row[:3] == ["4", "-", "8"])
    assert set(difference[3:]) == {"0.00"}  # a model that does not look
    assert [row[3:5] for row in rows[-3:]] == [["closed", "AVG"], ["open", "AVG"], ["final", "0.00"]]
    assert "--- Frames: 4" in err
    assert "--- Frames: 8" in err
    code, _, err = call(capsys, *words[:-1], "4,none")
    assert (code, "invalid number of frames value: '4,none'" in err) == (2, True)


def test_a_run_opens_with_what_will_be_done_and_has_no_line_about_nothing(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    words = ["--model", "random", "--data", data, "--output", data.parent / "results", "--judge", "none"]
    code, out, err = call(capsys, *words, "--tasks", "FMAR")
    opening = next(line for line in err.replace("\n", " ").split("random on ") if "judge:" in line)
    assert code == 0
    assert "2 clips, 2 questions; judge: none folder:" in opening  # one FMAR question a clip
    assert "of 0" not in out  # FMAR alone: no coarse answer to be consistent with


WORDLESS = """\
from mabench_eval import register_model

@register_model("wordless")
def wordless(frames, prompt):
    return "hm"

CLIPS = []

@register_model("broken")
def broken(frames, prompt):
    CLIPS.append(prompt)
    error = ValueError("no weights")
    error.add_note(f"Printed before, the last of it:\\nclip {len(CLIPS)}")
    raise error
"""


def test_answers_mostly_unread_and_errors_all_alike_are_told(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "wordless.py"
    file.write_text(WORDLESS)
    words = ["--data", data, "--output", tmp_path / "results", "--judge", "none", "--tasks", "FMAR", "--include", file]
    words += ["--input", "text-only"]
    _, out, err = call(capsys, "--model", "wordless", *words)
    assert "UNREAD: 2 of 2 answers to FMAR could not be read" in out  # one FMAR question on each of two clips
    assert "failed alike" not in err

    code, out, err = call(capsys, "--model", "broken", *words)
    assert code == 3
    assert "UNREAD" not in out
    assert "2 of 2 questions failed alike: " in err
    assert "no weights" in err.partition("failed alike")[2]
    assert "clip " not in err.partition("failed alike")[2].partition("\n")[0]  # which each of them had printed
