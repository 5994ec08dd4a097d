"""What a shell and a reader at the terminal are given: completion, documentation, the citation, one list of all."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mabench_eval.cli import main
from mabench_eval.cli.parser import verb_parser
from mabench_eval.cli.verbs import VERBS
from mabench_eval.cli.verbs.docs import doc_files

ROOT = Path(__file__).parents[2]


def out(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_verbs_options_and_models(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    script = out(capsys, "completion", shell)
    assert all(verb in script for verb in VERBS)
    assert all(word in script for word in ("skip-missing-clips", "qwen3-vl-8b", "starter-kit"))


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("leader", {"leaderboard"}),
        ("run --model qwen3", {"qwen3-vl-8b", "qwen3-vl-8b-ma-bench-train"}),
        ("run --decoder d", {"decord"}),
        ("run --skip", {"--skip-missing-clips"}),
        ("build DIR expo", {"export"}),
    ],
)
def test_bash_completes(capsys: pytest.CaptureFixture[str], tmp_path: Path, typed: str, offered: set[str]) -> None:
    (tmp_path / "script").write_text(out(capsys, "completion", "bash"), encoding="utf-8")
    words = ["mabench-eval", *typed.split()]
    ask = f"source ./script; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _shtab_mabench_eval"
    command = ["bash", "-c", f"{ask}; printf '%s\\n' ${{COMPREPLY[@]}}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered


def test_without_its_package_completion_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "[shell]" in capsys.readouterr().err


def test_every_page_of_the_documentation_is_a_topic(capsys: pytest.CaptureFixture[str]) -> None:
    assert doc_files().keys() == {file.stem for file in (ROOT / "docs").glob("*.md")}
    assert all(topic in out(capsys, "docs") for topic in ("tour", "scores", "run-files"))
    assert out(capsys, "docs", "clips") == (ROOT / "docs" / "clips.md").read_text(encoding="utf-8") + "\n"
    assert main(["docs", "scors"]) == 2
    assert "did you mean 'scores'?" in capsys.readouterr().err


def test_a_page_in_a_terminal_fits_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out(capsys, "docs", "clips")).splitlines()
    assert "Clips and their frames" in lines[0]
    assert max(map(len, lines)) <= 80


def test_the_citation(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--cite"])
    assert ended.value.code == 0
    cited = capsys.readouterr().out
    assert "@inproceedings{li2026mabench," in cited
    assert "author = {Li, Kun and Gu, Jihao and " in cited
    assert "@software{mabench_eval," in cited


def test_list_alone_lists_all_cards(capsys: pytest.CaptureFixture[str]) -> None:
    said = out(capsys, "list")
    assert all(name in said for name in ("qwen3-vl-8b", "CMAR", "lexical", "pose-flow"))
    kinds = json.loads(out(capsys, "list", "--json"))
    assert list(kinds) == ["models", "tasks", "judges", "trackers"]
    assert kinds["judges"] == json.loads(out(capsys, "list", "judges", "--json"))


def test_each_command_is_parsed_without_the_files_of_the_others() -> None:
    """The whole parser is made for completion alone."""
    _, chosen = verb_parser("docs")
    assert set(chosen._option_string_actions) == {"-h", "--help"}
