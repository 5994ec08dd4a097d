"""Run files: the same command, from a file; and several models in one command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mabench_eval.cli import main
from mabench_eval.cli.parser import parse
from mabench_eval.cli.run_file import BY_NAME, PATHS
from mabench_eval.cli.run_file_schema import run_file_schema
from mabench_eval.cli.run_options import sweep_of
from mabench_eval.cli.run_record import ELSEWHERE
from mabench_eval.parsing import read_json, yaml_document
from mabench_eval.planning import RunConfig

DOCS = Path(__file__).parents[2] / "docs"
EVERYTHING = [
    *("--model", "motion", "--tasks", "sad,mad", "--data", "demo", "--clips", "c", "--limit", "3", "--shard", "1/2"),
    *("--repeats", "2", "--circular", "--allow-trained", "--prompts", "p.yaml", "--instructions", "system"),
    *("--frames", "4,8", "--sampling", "endpoints", "--input", "reversed", "--decoder", "decord"),
    *("--engine", "python", "--base-url", "http://h/v1", "--api-key-env", "KEY", "--concurrency", "3"),
    *("--set", "temperature=0.5", "--set", 'extra_body={"a": [1, "no"]}', "--max-cost", "1.5"),
    *("--lora", "a=b", "--dtype", "float16", "--workers", "auto", "--judge", "lexical,random"),
    *(
        "--judge-set",
        "temperature=0.5",
        "--judge-engine",
        "vllm",
        "--judge-model",
        "j",
        "--name",
        "n",
        "--seed",
        "7",
        "--include",
        "a",
        "--include",
        "b",
        "--dry-run",
    ),
]


def configs(words: list[str]) -> list[RunConfig]:
    options = parse(words)
    return [config for each in options.commands for config in sweep_of(each).configs.values()]


def written(folder: Path, text: str) -> list[str]:
    (folder / "run.yaml").write_text(text, encoding="utf-8")
    return ["--config", str(folder / "run.yaml")]


def test_what_a_command_writes_is_the_same_command(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    assert main([*EVERYTHING, "--write-config", str(file)]) == 0
    assert configs(["--config", str(file)]) == configs(EVERYTHING)
    assert parse(["--config", str(file)]).dry_run


def test_every_option_may_stand_in_a_file() -> None:
    """All but the two that are about files themselves; and each choice of a run is one of them, or made of them."""
    assert {"model", "frames", "judge-base-url", "json", "fresh", "skip-missing-clips"} < BY_NAME.keys()
    assert "config" not in BY_NAME
    chosen = {option.attribute for option in BY_NAME.values()}
    assert set(RunConfig.__dataclass_fields__) - chosen == {"settings", "judge_settings"}


def test_every_path_may_name_a_variable() -> None:
    typed = {name for name, option in BY_NAME.items() if option.settings.get("type") is Path}
    assert typed | {"output"} <= PATHS <= BY_NAME.keys()


def test_what_stands_beside_the_file_wins(tmp_path: Path) -> None:
    words = written(tmp_path, "model: motion\nlimit: 3\nmax_side: 200\nset: {temperature: 1}\ninclude: [a]\n")
    (config,) = configs([*words, "--limit", "5", "--set", "temperature=2", "--include", "b"])
    assert (config.limit, config.settings) == (5, {"max_side": 200, "temperature": 2})
    assert config.include == (Path("a"), Path("b"))
    (config,) = configs([*words, "--model", "constant"])
    assert (config.model, config.limit) == ("constant", 3)


def test_the_forms_of_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "/clips of mine")
    text = "model: motion\ntasks: [sad, mad]\nclips: ${PLACE}/new\ncircular: false\nseed: null\nlora: {none: null}\n"
    (config,) = configs(written(tmp_path, text))
    assert (config.tasks, config.clips) == ("sad,mad", Path("/clips of mine/new"))
    assert (config.circular, config.seed, config.settings) == (False, 0, {"lora": None})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fraems: 8", "run.yaml:2: fraems: no such option; did you mean 'frames'?"),
        ("circular: maybe", "run.yaml:2: circular: expected true or false, found 'maybe'"),
        ("clips: ${NOT_SET_HERE}/x", "run.yaml:2: clips: the environment has no variable NOT_SET_HERE"),
        ("name: ${HOME}", "run.yaml:2: name: variables stand in paths alone, found '${HOME}'"),
        ("set: 3", "run.yaml:2: set: expected settings by their names"),
        ("limit: {a: 1}", "run.yaml:2: limit: expected a text or number, found {'a': 1}"),
        ("lora: {base: null}", "run.yaml:2: lora: base has no adapter"),
        ("limit: some", "run.yaml: argument --limit: invalid int value: 'some'"),
        ("config: other.yaml", "run.yaml:2: config: no such option"),
        ("limit: [", "run.yaml:3: not valid YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    assert main(written(tmp_path, f"model: motion\n{line}\n")) == 2
    assert told in capsys.readouterr().err


def test_a_file_that_is_no_run_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "none.yaml")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(written(tmp_path, "- motion\n")) == 2
    assert "expected options by their names" in capsys.readouterr().err
    assert main(written(tmp_path, "data: demo\n")) == 2
    assert "--model" in capsys.readouterr().err


@pytest.mark.slow
def test_several_models_are_a_run_each_and_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two that answer, and one whose process dies between them; its own options reach each."""
    (tmp_path / "dies.py").write_text(
        "import os\nfrom mabench_eval import register_model\n\n\n"
        '@register_model("dies", needs_frames=False)\ndef dies(frames, prompt):\n    os._exit(9)\n',
        encoding="utf-8",
    )
    text = "model:\n- constant\n- dies\n- {model: random, name: by chance, limit: 1}\n"
    words = written(tmp_path, f"{text}tasks: sad\nlimit: 2\noutput: {tmp_path}/o\ninclude: {tmp_path}/dies.py\n")
    assert main(words) == 9
    out, err = capsys.readouterr()
    rows = re.findall(r"^(constant|by chance|dies) ", out, re.MULTILINE)
    assert rows == ["constant", "by chance"]
    assert "dies has no results (exit code 9); the others go on" in err
    counts = {
        path.parent.parent.name: json.loads(path.read_text(encoding="utf-8"))["n"]
        for path in (tmp_path / "o").glob("*/*/scores.json")
    }
    assert counts == {"constant": 4, "random": 2}  # two questions a clip


def test_nothing_runs_before_all_models_can(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "constant,no-such", "--output", str(tmp_path / "o")]) == 2
    assert "no-such: no model named 'no-such'" in capsys.readouterr().err
    assert main(["--model", "constant,random", "--frames", "4,8"]) == 2
    assert "one table varies one of them" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_runs_that_would_have_one_name_get_their_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [config.name for config in configs(["--model", "constant,random", "--name", "v2"])]
    assert names == ["v2: constant", "v2: random"]
    assert main(written(tmp_path, "model: [motion, {model: motion, frames: 4}]\n")) == 2
    assert "two runs are called 'motion'" in capsys.readouterr().err


def test_a_record_gives_its_settings_and_nothing_that_says_where_things_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = {
        "repo": "evil/repo",
        "revision": "0" * 40,
        "trust_remote_code": True,
        "base_url": "http://evil/v1",
        "key_env": "OPENAI_API_KEY",
        "function": "os:system",
        "jpeg_quality": 80,
        "temperature": 0.5,
    }
    config = {
        "model": "motion",
        "tasks": "closed",
        "data": "demo",
        "limit": 3,
        "shard": [1, 2],
        "frames": 4,
        "include": ["evil.py"],
        "output": "/elsewhere",
        "ray": "evil:6379",
        "workers": 2,
        "ship_clips": True,
        "env": "evil",
        "settings": hostile,
        "judge": "lexical",
        "judge_settings": {"base_url": "http://evil/v1"},
    }
    file = tmp_path / "run.json"
    file.write_text(json.dumps({"run_id": "demo-1", "config": config, "command": "rm -rf /"}), encoding="utf-8")
    (taken,) = configs(["--config", str(file)])
    expected = RunConfig("motion", "closed", "demo", limit=3, shard=(1, 2), frames=4)
    assert {**taken.settings} == {"jpeg_quality": 80, "temperature": 0.5}
    for name in RunConfig.__dataclass_fields__.keys() - {"settings"}:
        assert getattr(taken, name) == getattr(expected, name), name
    told = capsys.readouterr().err
    left_out = [*ELSEWHERE, *(f"settings.{name}" for name in hostile.keys() - {"jpeg_quality", "temperature"})]
    assert all(name in told for name in [*left_out, "judge_settings.base_url"])


def test_the_record_of_a_run_makes_it_again(tmp_path: Path) -> None:
    words = ["--model", "motion", "--tasks", "sad", "--limit", "2", "--frames", "4", "--output", str(tmp_path)]
    assert main(words) == 0
    (record,) = tmp_path.glob("*/*/run.json")
    (config,) = configs(["--config", str(record), "--output", str(tmp_path)])
    (first,) = configs([*words, "--sampling", "uniform"])
    assert config == first


def test_the_page_and_the_schema() -> None:
    """Each YAML file of the page is one; the schema is that of the options."""
    page = (DOCS / "run-files.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    schema = run_file_schema()
    for block in blocks:
        assert yaml_document(block).value.keys() <= schema["properties"].keys()
    assert schema == read_json(DOCS / "run-file.schema.json")  # else write it anew: json.dumps(..., indent=2)
