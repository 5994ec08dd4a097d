"""Where a key may come from, and what never takes one into a run's files."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.planning import RunConfig, prepare
from tests.support.benchmarks import write_benchmark

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_model import answer, run
from tests.support.scripted_server import ScriptedServer

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"https://me:{SECRET}@api.example.com/v1", "it holds a login"),
        (f"https://{SECRET}@api.example.com/v1", "it holds a login"),
        (f"https://api.example.com/v1?key={SECRET}", "it holds a query"),
        (f"https://api.example.com/v1#{SECRET}", "it holds a query"),
        (f"api.example.com/{SECRET}", "expected an address such as http"),
        (
            f"localhost:8000/{SECRET}",
            "expected an address such as http://localhost:8000/v1, with http:// or",
        ),
        (f"https://api.example.com/{SECRET}/v1/chat/completions", "it ends in /chat/completions, which is added"),
        (f"ftp://api.example.com/{SECRET}", "expected an address such as http"),
        (f"http:///{SECRET}", "expected an address such as http"),
        (f"http://host:{SECRET}/v1", "it is no address"),
        (f"http://[{SECRET}/v1", "it is no address"),
        ("", "expected an address such as http"),
    ],
)
@pytest.mark.parametrize("option", ["--base-url", "--judge-base-url"])
def test_an_address_with_a_secret_is_refused_and_not_repeated(
    url: str, said: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_benchmark(tmp_path / "data", clips=1)
    words = ["--data", str(data), "--output", str(tmp_path / "results"), option, url]
    model = ["--model", "m", "--engine", "openai", "--input", "text-only", "--judge", "none"]
    judge = ["--model", "constant", "--judge", "openai", "--judge-model", "j"]
    assert main([*words, *(model if option == "--base-url" else judge)]) == 2
    error = capsys.readouterr().err
    assert f"base_url: {said}" in error
    assert SECRET not in error
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("variable", [f"sk-{SECRET}", f"{SECRET} ", "A=B", "1A", ""])
def test_a_key_in_place_of_its_variable_is_refused_and_not_repeated(
    variable: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "m", "--engine", "openai", "--api-key-env", variable, "--output", str(tmp_path / "results")]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert "key_env: expected the name of an environment variable" in error
    assert SECRET not in error


def test_the_line_end_of_a_file_is_no_part_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f" {SECRET}\r\n")
    assert sent(tmp_path) == f"Bearer {SECRET}"


def test_a_login_is_sent_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    login = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()
    monkeypatch.setenv("MY_LOGIN", login)
    assert sent(tmp_path, key_env="MY_LOGIN") == login


@pytest.mark.parametrize("key", ["two\nlines", "schl\u00fcssel", "tab\tkey", "\x1b[2Jkey"])
def test_keys_that_no_header_can_hold(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    data = write_benchmark(tmp_path / "data", clips=1)
    config = RunConfig("m", data=str(data), engine="openai", input="text-only", output=tmp_path)
    with pytest.raises(InputError, match="OPENAI_API_KEY holds characters that no key has") as caught:
        prepare(config)
    assert key not in str(caught.value)


def sent(tmp_path: Path, **settings: Any) -> str:
    data = write_benchmark(tmp_path / "data", clips=1)
    with ScriptedServer(answer) as server:
        result = run(server, data, tmp_path / "results", settings=settings, input="text-only")
    assert result.complete
    assert all(SECRET.encode() not in file.read_bytes() for file in result.folder.iterdir())
    return server.headers[-1]["authorization"]
