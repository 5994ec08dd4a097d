"""Environments as data: cards, making them, and running a command in one. No network: uv is played by a script."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.catalogue import LOCAL_ENGINES, EnvironmentCard, load_catalogue
from mabench_eval.catalogue.schema import settings_of
from mabench_eval.cli import main
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.environments import locate_environment, make_environment, worker_environment
from mabench_eval.environments.create import install_commands
from mabench_eval.environments.location import own_requirements
from mabench_eval.errors import InputError
from mabench_eval.planning import preflight
from mabench_eval.planning.config import RunConfig

CATALOGUE = load_catalogue().check()
PINNED = ("torch==", "vllm==", "mediapipe==", "rtmlib==")
"""What an environment is made for."""
TINY = EnvironmentCard("tiny", "For tests.", (f"{sys.version_info.major}.{sys.version_info.minor}",), ("one==1.0",))
CARD = "name: {name}\ndescription: For tests.\npython: ['3.11', '3.12', '3.13']\npackages: [one==1.0]\n"

UV = """#!{python}
import os, pathlib, sys
log = pathlib.Path(os.environ["UV_COMMANDS"])
with log.open("a") as lines:
    lines.write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "venv":
    bin = pathlib.Path(sys.argv[-1]) / "bin"
    bin.mkdir(parents=True)
    (bin / "python").write_text("#!/bin/sh\\nexec {python} \\"$@\\"\\n")
    (bin / "python").chmod(0o755)
    print("Using CPython")
elif os.environ.get("UV_FAILS"):
    print("  x No solution found when resolving dependencies:")
    print("error: because there is no version of one==1.0 it cannot be had")
    sys.exit(1)
else:
    print("Resolved 9 packages in 1ms")
"""


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``uv`` whose environments are this one; returns the file of its command lines."""
    script = tmp_path / "bin" / "uv"
    script.parent.mkdir()
    script.write_text(UV.format(python=sys.executable))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MABENCH_EVAL_ENVIRONMENTS", str(tmp_path / "environments"))
    monkeypatch.setenv("UV_COMMANDS", str(tmp_path / "uv-commands"))
    monkeypatch.delenv("MABENCH_EVAL_ENVIRONMENT", raising=False)
    return tmp_path / "uv-commands"


def uv_commands(uv: Path) -> list[str]:
    return uv.read_text().splitlines() if uv.exists() else []


def test_every_local_model_names_environments_that_exist_for_each_of_its_engines() -> None:
    for card in CATALOGUE.models.values():
        if card.engine in LOCAL_ENGINES:
            settings = settings_of(LocalSettings, card.settings, card.name)
            assert card.engine in settings.environments, card.name
            assert set(settings.environments) <= set(LOCAL_ENGINES), card.name
            assert set(settings.environments.values()) <= CATALOGUE.environments.keys(), card.name


def test_every_environment_is_pinned_and_named_by_a_model_or_tracker() -> None:
    used = {
        name
        for card in CATALOGUE.models.values()
        if card.engine in LOCAL_ENGINES
        for name in settings_of(LocalSettings, card.settings, card.name).environments.values()
    }
    used |= {tracker.environment for tracker in CATALOGUE.trackers.values() if tracker.environment}
    assert used == CATALOGUE.environments.keys()
    for card in CATALOGUE.environments.values():
        assert card.source is not None
        assert card.source.stem == card.name
        assert any(package.startswith(PINNED) for package in (*card.packages, *card.alone)), card.name
        assert all(version in ("3.11", "3.12", "3.13", "3.14") for version in card.python)


def test_an_environment_has_what_this_library_needs() -> None:
    """The judges behind endpoints are asked from any environment; extras of other engines are no part of it."""
    own = own_requirements("openai")
    names = {line.split(">")[0].split(";")[0].strip() for line in own}
    assert {"numpy", "pyyaml", "rich", "aiohttp"} <= names
    assert not names & {"torch", "vllm", "pytest", "ray"}
    assert locate_environment(TINY).packages == ("one==1.0", *own)
    with_ray = locate_environment(TINY, ray=True)
    assert set(with_ray.packages) - set(locate_environment(TINY).packages) == {"ray>=2.40", "virtualenv>=20.25"}
    assert with_ray.folder != locate_environment(TINY).folder


def test_other_packages_are_another_folder(uv: Path) -> None:
    other = EnvironmentCard("tiny", "For tests.", TINY.python, ("one==1.1",))
    assert locate_environment(TINY).folder != locate_environment(other).folder
    assert locate_environment(TINY).folder.parent == uv.parent / "environments"


def test_it_is_made_once(uv: Path) -> None:
    lines: list[str] = []
    location = make_environment(TINY, lines.append)
    assert location.made
    assert make_environment(TINY, lines.append) == location
    assert [line.split()[0] for line in uv_commands(uv)] == ["venv", "pip"]
    assert "one==1.0" in uv_commands(uv)[1].split()
    assert any("Resolved 9 packages" in line for line in lines)


def test_one_that_was_cut_short_is_made_again(uv: Path) -> None:
    location = make_environment(TINY, print)
    location.marker.unlink()  # what is written last
    make_environment(TINY, print)
    assert [line.split()[0] for line in uv_commands(uv)] == ["venv", "pip"] * 2


def test_a_package_that_cannot_be_had_is_one_clear_error(uv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_FAILS", "1")
    with pytest.raises(
        InputError, match="environment tiny cannot be made: error: because there is no version"
    ) as caught:
        make_environment(TINY, print)
    assert str(locate_environment(TINY).log) in caught.value.hint
    assert "No solution found" in locate_environment(TINY).log.read_text()
    assert not locate_environment(TINY).made


def test_without_uv_venv_and_pip_do_it_and_what_comes_alone_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    card = EnvironmentCard("tiny", "For tests.", TINY.python, ("torch==2.2.2",), alone=("videollama2==1.0",))
    create, install, alone = install_commands(card, locate_environment(card))
    assert create == [sys.executable, "-m", "venv", str(locate_environment(card).folder)]
    assert install[1:4] == ["-m", "pip", "install"]
    assert "torch==2.2.2" in install
    assert alone[-2:] == ["--no-deps", "videollama2==1.0"]


def test_a_python_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    card = EnvironmentCard("old", "For tests.", ("3.7",), ("one==1.0",))
    with pytest.raises(InputError, match=r"needs Python 3\.7") as caught:
        install_commands(card, locate_environment(card))
    assert "uv" in caught.value.hint


def include(tmp_path: Path) -> Path:
    """A folder with an environment of its own."""
    folder = tmp_path / "mine" / "environments"
    folder.mkdir(parents=True)
    (folder / "other.yaml").write_text(CARD.format(name="other"))
    return folder.parent


@pytest.mark.slow
def test_the_same_command_runs_in_another_environment_as_if_in_place(uv: Path, tmp_path: Path) -> None:
    """Files, terminal and exit status are those of a run in this one; the record names the environment."""
    words = [
        "--model",
        "motion",
        "--data",
        "demo",
        "--limit",
        "2",
        "--tasks",
        "all",
        "--include",
        str(include(tmp_path)),
    ]
    command = [sys.executable, "-m", "mabench_eval", *words, "--output", str(tmp_path / "there"), "--json"]
    there = subprocess.run([*command, "--env", "other"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert there.returncode == 0, there.stderr
    document = json.loads(there.stdout)
    here = evaluate("motion", data="demo", limit=2, output=tmp_path / "here")
    folder = Path(document["folder"])
    for name in ("samples.jsonl", "scores.json", "submission.json"):
        assert (folder / name).read_bytes() == (here.folder / name).read_bytes()
    record = json.loads((folder / "run.json").read_text())
    assert record["environment"] == "other"
    assert "--env other" in record["command"]
    assert here.record.environment is None
    again = subprocess.run([*command, "--env", "other"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "is made" not in again.stderr  # it was there
    subprocess.run([*command, "--env", "other", "--workers", "1"], capture_output=True, check=False, cwd=tmp_path)
    assert "ray>=2.40" in uv_commands(uv)[-1].split()
    assert "ray>=2.40" not in uv_commands(uv)[1].split()
    assert [line.split()[0] for line in uv_commands(uv)] == ["venv", "pip"] * 2  # workers need another, with Ray


def test_bad_input_ends_there_as_it_would_here(uv: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mabench_eval",
        "--model",
        "motion",
        "--data",
        str(tmp_path / "none.json"),
        "--include",
        str(include(tmp_path)),
        "--env",
        "other",
    ]
    there = subprocess.run(command, capture_output=True, text=True, check=False)
    assert there.returncode == 2
    assert "none.json" in there.stderr


@pytest.mark.parametrize("env", ["auto", "transformers-4.46"])
def test_a_dry_run_installs_nothing(
    env: str, uv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on where it is; what is missing besides the environment's packages is told as for the run itself."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else object())
    words = ["--model", "internvl2-8b", "--engine", "adapter", "--dry-run", "--output", str(tmp_path / "results")]
    assert main([*words, "--env", env]) == 2
    err = capsys.readouterr().err
    assert "is not made yet: without --dry-run it is installed first" in err
    assert "brings code of its own" in err
    assert "torch" not in err

    assert main([*words, "--env", env, "--trust-remote-code"]) == 0
    assert "336 requests, 0 already answered, 336 to ask" in capsys.readouterr().out
    assert uv_commands(uv) == []
    assert sorted(path.name for path in tmp_path.iterdir() if path.name in ("results", "environments")) == []
    assert main([*words, "--trust-remote-code"]) == 2  # in place the packages are missing
    assert "engine adapter needs torch" in capsys.readouterr().err


def test_auto_leaves_a_model_where_it_is_that_needs_no_environment(
    uv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--model", "random", "--limit", "1", "--env", "auto", "--output", str(tmp_path)]) == 0
    assert uv_commands(uv) == []


def test_auto_takes_the_environment_of_the_card_and_of_the_engine(
    uv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, str]] = []

    def execve(path: str, words: list[str], variables: dict[str, str]) -> int:
        started.append((variables["MABENCH_EVAL_ENVIRONMENT"], words[words.index("--model") + 1]))
        return 0

    monkeypatch.setattr(os, "execve", execve)
    assert main(["--model", "internvl2-8b", "--env", "auto"]) == 0
    assert main(["--model", "internvl2-8b", "--env", "auto", "--engine", "adapter"]) == 0
    assert main(["--model", "hf:Qwen/Qwen3-VL-4B-Instruct", "--env", "auto"]) == 0
    assert [name for name, _ in started] == ["vllm-0.12", "transformers-4.46", "transformers-5"]


def test_workers_get_the_environment_of_the_card_where_ray_can_make_it() -> None:
    model = CATALOGUE.model("qwen3-vl-8b")
    assert worker_environment("current", model, CATALOGUE) is None
    assert worker_environment("auto", CATALOGUE.model("motion"), CATALOGUE) is None
    named = worker_environment("auto", replace(model, engine="transformers"), CATALOGUE)
    assert named is CATALOGUE.environments["transformers-5"]
    with pytest.raises(InputError, match="engine adapter runs qwen3-vl-8b"):
        worker_environment("auto", replace(model, engine="adapter"), CATALOGUE)

    def asked(**changes: Any) -> None:
        worker_environment("tiny", model, replace(CATALOGUE, environments={"tiny": replace(TINY, **changes)}))

    asked()
    with pytest.raises(InputError, match=r"tiny needs Python 2\.7, and workers have that of the run, 3\.\d+"):
        asked(python=("2.7",))
    with pytest.raises(InputError, match="installs two without its dependencies, which Ray cannot do"):
        asked(alone=("two @ git+https://example.org/two",))


@pytest.mark.parametrize("where", [{"env": "transformers-5"}, {"ray": "HOST:6379"}])
def test_what_workers_elsewhere_need_is_not_missing_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: dict[str, Any]
) -> None:
    there = {"ray": True, "torch": False, "transformers": False}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name not in there or there[name] or None)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "config.json").write_text("{}")
    choices: dict[str, Any] = {"output": tmp_path, "judge": "none", "settings": {"repo": str(tmp_path / "weights")}}
    here = RunConfig("qwen3-vl-8b", engine="transformers", workers=2, **choices)
    with pytest.raises(InputError) as caught:
        preflight.prepare(here)
    assert any("needs torch, transformers" in problem for problem in caught.value.problems)
    prepared = preflight.prepare(replace(here, **where))
    assert (prepared.environment and prepared.environment.name) == where.get("env")


def test_an_environment_that_does_not_exist_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "random", "--env", "vlm-0.12"]) == 2
    assert "did you mean 'vllm-0.12'" in capsys.readouterr().err
    with pytest.raises(InputError, match="cannot change its environment"):
        evaluate("random", env="vllm-0.12")


def test_the_command_env_lists_makes_and_finds(uv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = ["--include", str(include(tmp_path))]
    assert main(["env", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert "internvideo2-chat-8b" in rows["transformers-4.40"]["models"]
    assert main(["env", "path", "other", *mine]) == 2
    assert "env make other" in capsys.readouterr().err
    assert main(["env", "make", "other", *mine]) == 0
    assert main(["env", "path", "other", *mine]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("bin/python")
    assert main(["env", "make"]) == 2
