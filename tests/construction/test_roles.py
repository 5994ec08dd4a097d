"""The models of a build: chosen on the command line, kept in build.yaml without any key, opened from the catalogue."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli.shared_options import role_choice, role_options
from mabench_eval.construction import BuildSettings, choose_model, open_build, write_settings
from mabench_eval.construction.asking import check_models, role_model
from mabench_eval.errors import InputError
from mabench_eval.journal import Budget

BEGUN = BuildSettings(1, "/clips", "/labels.csv")


def given(*words: str) -> Namespace:
    """The options of a step with a writer."""
    parser = ArgumentParser()
    for option in role_options("writer", "writes the captions"):
        option.add_to(parser)
    return parser.parse_args(words)


def chosen(before: BuildSettings, *words: str) -> BuildSettings:
    return choose_model(before, "writer", *role_choice(given(*words), "writer"))


def test_a_model_is_kept_with_its_settings_until_another_is_named(tmp_path: Path) -> None:
    one = chosen(BEGUN, "--writer", "gpt-4o", "--writer-set", "temperature=1", "--writer-set", "concurrency=4")
    assert one.models == {"writer": {"name": "gpt-4o", "settings": {"temperature": 1, "concurrency": 4}}}
    assert chosen(one) == one
    assert chosen(one, "--writer-set", "temperature=0").models["writer"]["settings"]["concurrency"] == 4
    assert chosen(one, "--writer", "gemini-2.5-flash").models == {"writer": {"name": "gemini-2.5-flash"}}
    for word in ("none", "template"):
        assert chosen(one, "--writer", word).models == {}
    write_settings(tmp_path, one)
    assert open_build(tmp_path).settings.models == one.models
    assert BEGUN.models == {}


def test_any_model_of_an_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder keeps the variable's name, and never what is in it."""
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    words = ["--writer-base-url", "http://localhost:1/v1", "--writer-model", "org/m", "--writer-api-key-env", "MY_KEY"]
    settings = chosen(BEGUN, "--writer", "openai", *words)
    model = role_model(settings, "writer", load_catalogue())
    assert model is not None
    assert (model.name, model.identity["model_id"], model.role) == ("org/m", "org/m", "writer")
    assert model.problems(Budget(None)) == []
    write_settings(tmp_path, settings)
    text = (tmp_path / "build.yaml").read_text()
    assert "MY_KEY" in text
    assert "sk-very-secret" not in text

    with pytest.raises(InputError, match="not a key"):
        role_model(chosen(settings, "--writer-api-key-env", "sk-very-secret"), "writer", load_catalogue())
    with pytest.raises(InputError, match="--writer openai needs --writer-model ID"):
        role_model(chosen(BEGUN, "--writer", "openai"), "writer", load_catalogue())
    with pytest.raises(InputError, match="it holds a login"):
        role_model(chosen(settings, "--writer-base-url", "http://me:secret@host/v1"), "writer", load_catalogue())


def test_no_model_is_named_wrongly_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    catalogue = load_catalogue()
    assert role_model(BEGUN, "writer", catalogue) is None
    with pytest.raises(InputError, match="no model named 'gpt-4oo'; did you mean 'gpt-4o'"):
        role_model(chosen(BEGUN, "--writer", "gpt-4oo"), "writer", catalogue)
    with pytest.raises(InputError, match="settings of no model; name one: --writer NAME"):
        chosen(BEGUN, "--writer-set", "temperature=1")
    with pytest.raises(InputError, match="--writer-set temperature: expected NAME=VALUE"):
        chosen(BEGUN, "--writer", "gpt-4o", "--writer-set", "temperature")
    with pytest.raises(InputError, match="settings do not fit"):
        role_model(chosen(BEGUN, "--writer", "gpt-4o", "--writer-set", "temprature=1"), "writer", catalogue)
    with pytest.raises(InputError, match="models: writer: name: missing"):
        role_model(replace(BEGUN, models={"writer": {"settings": {}}}), "writer", catalogue)

    model = role_model(chosen(BEGUN, "--writer", "gpt-4o"), "writer", catalogue)
    assert model is not None
    with pytest.raises(InputError) as raised:
        check_models([model], Budget(None))
    assert "OPENAI_API_KEY" in raised.value.problems[0]
